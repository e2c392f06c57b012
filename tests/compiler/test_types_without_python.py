"""Types that Python has nothing for: a finding that names column and cast, and no struct with a hole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from amber_sql.compiler.pipeline import Build, compile_queries

if TYPE_CHECKING:
    from pathlib import Path

    import psycopg

SCHEMA = """
CREATE TABLE odd (id int NOT NULL, price money, place point, kind regclass, prices money[]);
"""


@pytest.fixture
def compiled(blank: psycopg.Connection[Any], tmp_path: Path) -> Any:
    """Return what compiles one query on the schema."""
    blank.execute(SCHEMA)

    def compile_one(header: str, sql: str) -> Build:
        (tmp_path / "q.sql").write_text(f"-- name: {header}\n-- Doc.\n{sql};\n")
        return compile_queries(blank, tmp_path)

    return compile_one


@pytest.mark.parametrize(
    ("column", "hint"),
    [
        ("price", "write o.price::numeric"),
        ("prices", "write o.prices::numeric[]"),
        ("place", "write o.place::text"),
        ("kind", "write o.kind::text"),
    ],
)
def test_a_column_says_its_cast(compiled: Any, column: str, hint: str) -> None:
    """Money's digits are the session's lc_monetary's, and a regclass arrives as a number."""
    (error,) = compiled("q()", f"SELECT o.id, o.{column} FROM odd AS o").errors
    assert error.message.startswith(f"{column}: the type ")
    assert error.hint == hint


@pytest.mark.parametrize(
    ("column", "hint"),
    [("price", "write :x::numeric::money"), ("place", "write :x::text::point")],
)
def test_a_parameter_says_its_cast(compiled: Any, column: str, hint: str) -> None:
    """As it is to be written."""
    (error,) = compiled("q(x)!", f"UPDATE odd SET {column} = :x WHERE id = 1").errors
    assert error.hint == hint


def test_the_name_of_an_object_is_a_parameter(compiled: Any) -> None:
    """It is a text on the way in."""
    build = compiled("q(x)!", "UPDATE odd SET kind = :x WHERE id = 1")
    assert build.errors == ()
    (function,) = build.package.modules[0].functions
    assert function.parameters[0].annotation.text == "str | None"


def test_a_table_with_such_a_column_is_left_out(compiled: Any) -> None:
    """Its row is named with the column, and no query has to suffer for it."""
    build = compiled("q()", "SELECT o.id FROM odd AS o")
    assert (build.errors, build.package.left_out) == (
        (),
        ("odd.price: the type money has no Python type",),
    )
