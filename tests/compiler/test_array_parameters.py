"""The elements of array parameters: None is refused, unless a nullable column or `@nullable xs[]` takes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from amber_sql.compiler.contract import contract
from amber_sql.compiler.pipeline import compile_queries
from amber_sql.errors import ParameterRefused
from amber_sql.runtime._prepared import Statement

if TYPE_CHECKING:
    from pathlib import Path

    import psycopg

SCHEMA = """
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TYPE pair AS (a int, b int);
CREATE TABLE notes (id int PRIMARY KEY, note text, title text NOT NULL, tags text[], mood mood);
INSERT INTO notes VALUES (1, NULL, 'a', '{x,NULL}', NULL);
"""
FULL, HOLEY = "list[str]", "list[str | None]"
PARAMETERS = {
    # the elements go to …
    "INSERT INTO notes (id, title) SELECT 2, unnest(:xs::text[])": FULL,
    "INSERT INTO notes (id, title, note) SELECT 2, 'a', unnest(:xs::text[])": HOLEY,
    "INSERT INTO notes (id, title, note) SELECT 2, 'a', u.x FROM unnest(:xs::text[]) AS u (x)": HOLEY,
    "INSERT INTO notes (id, title, note) SELECT * FROM unnest(ARRAY[2], ARRAY['a'], :xs::text[])": HOLEY,
    "INSERT INTO notes (id, note, title) SELECT * FROM unnest(ARRAY[2], ARRAY['a'], :xs::text[])": FULL,
    "INSERT INTO notes (id, note, title) SELECT 2, x, x FROM unnest(:xs::text[]) AS u (x)": FULL,
    "WITH v AS (SELECT unnest(:xs::text[]) AS x) INSERT INTO notes (id, title, note) SELECT 2, 'a', v.x FROM v": HOLEY,
    "WITH v AS (SELECT unnest(:xs::text[]) AS x), w AS (INSERT INTO notes (id, title, note) SELECT 2, 'a', v.x FROM v RETURNING id) SELECT id FROM w": HOLEY,
    "UPDATE notes SET note = v.x FROM (SELECT unnest(:xs::text[]) AS x) AS v": HOLEY,
    "MERGE INTO notes AS n USING unnest(:xs::text[]) AS u (x) ON n.title = u.x WHEN MATCHED THEN UPDATE SET note = u.x": HOLEY,
    # … nowhere
    "UPDATE notes SET tags = :xs": f"{FULL} | None",
    "UPDATE notes SET note = 'x' WHERE title = ANY (:xs)": FULL,
    "SELECT u.x FROM unnest(:xs::text[]) AS u (x)": FULL,
}  # fmt: skip
COLUMNS = {
    "SELECT u.x FROM unnest(:xs::text[]) AS u (x)": "str",
    "SELECT unnest(:xs::text[])": "str",
    "SELECT unnest(:xs::text[]), unnest(ARRAY[1, 2, 3])": "str | None",
    "SELECT title = ANY (:xs) FROM notes": "bool",
    "SELECT note = ANY (:xs) FROM notes": "bool | None",
    "SELECT :xs::text[]": "list[str]",
    "SELECT u.a FROM unnest(ARRAY[ROW(NULL, 1)::pair]) AS u": "int | None",
    "SELECT u.a FROM unnest(:xs::pair[]) AS u": "int | None",
    "SELECT unnest(tags) FROM notes": "str | None",
}


@pytest.fixture
def notes(compiling: psycopg.Connection[Any]) -> psycopg.Connection[Any]:
    """Connect to a database with a table that has columns with and without NULL."""
    compiling.execute(SCHEMA)
    return compiling


def described(conn: psycopg.Connection[Any], folder: Path, statements: list[str], tag: str = "") -> list[dict[str, Any]]:  # fmt: skip
    """Describe statements, each under a name of its own, in their order."""
    text = "".join(
        f"-- name: q{n}({'xs' if ':xs' in sql else ''})\n-- Doc.\n{tag}{sql};\n"
        for n, sql in enumerate(statements)
    )
    (folder / "q.sql").write_text(text)
    found = {q["name"]: q for q in contract(compile_queries(conn, folder))["queries"]}
    return [found[f"q{n}"] for n in range(len(statements))]


def test_what_elements_may_be(notes: psycopg.Connection[Any], tmp_path: Path) -> None:
    """An array parameter's annotation says whether None is an element, by where the elements go."""
    found = described(notes, tmp_path, list(PARAMETERS))
    assert {
        sql: one["params"][0]["py_type"] for sql, one in zip(PARAMETERS, found, strict=True)
    } == PARAMETERS


def test_what_follows_from_elements(notes: psycopg.Connection[Any], tmp_path: Path) -> None:
    """Unnest of a parameter, and = ANY, are as sure as its elements are."""
    found = described(notes, tmp_path, list(COLUMNS))
    assert {
        sql: one["columns"][0]["py_type"] for sql, one in zip(COLUMNS, found, strict=True)
    } == COLUMNS


def test_a_tag_opens_the_elements(notes: psycopg.Connection[Any], tmp_path: Path) -> None:
    """`@nullable xs[]` makes them `| None`, and what follows from them, and says why."""
    tag = "-- @nullable xs[]\n"
    (one,) = described(notes, tmp_path, ["SELECT unnest(:xs::text[])"], tag)
    assert one["params"][0]["py_type"] == "list[str | None]"
    assert "@nullable xs[]" in one["params"][0]["why"]
    assert one["columns"][0]["py_type"] == "str | None"


def test_a_tag_of_no_array_is_refused(notes: psycopg.Connection[Any], tmp_path: Path) -> None:
    """`@nullable xs[]` of a parameter that is no array is a finding."""
    sql = "-- name: q(xs)\n-- D.\n-- @nullable xs[]\nSELECT :xs::text"
    (tmp_path / "q.sql").write_text(f"{sql};\n")
    errors = [f.message for f in compile_queries(notes, tmp_path).errors]
    assert errors == ["@nullable xs[]: no such parameter"]


@pytest.mark.parametrize("pg_type", ["text[]", "int4[]", "jsonb[]", "enum[]", "", "inet[]"])
def test_none_is_refused_as_an_element(pg_type: str) -> None:
    """By name and place, in each way of sending; and taken where the statement takes it."""
    value = [[], [None]] if pg_type != "jsonb[]" else [None]
    strict = Statement("q.q", "SELECT $1", params={"xs": pg_type})
    with pytest.raises(ParameterRefused, match="does not accept None"):
        strict.encode([value])
    with pytest.raises(Exception, match="does not accept None"):
        strict.wire.encode([value])
    open_one = Statement("q.q", "SELECT $1", params={"xs": pg_type}, nullable=("xs[]",))
    assert b"NULL" in (open_one.encode([value])[0] or b"")


def test_is_not_distinct_from_takes_none(notes: psycopg.Connection[Any], tmp_path: Path) -> None:
    """Who writes IS [NOT] DISTINCT FROM a parameter means NULL, too."""
    statements = [
        "SELECT id FROM notes WHERE note IS NOT DISTINCT FROM :xs",
        "SELECT id FROM notes WHERE :xs IS DISTINCT FROM note",
        "UPDATE notes SET note = 'x' WHERE note IS DISTINCT FROM :xs::text",
        "UPDATE notes SET title = :xs WHERE title IS DISTINCT FROM :xs",
    ]
    found = described(notes, tmp_path, statements)
    assert [one["params"][0]["py_type"] for one in found] == ["str | None"] * 3 + ["str"]


@pytest.mark.parametrize(
    ("value", "refused"),
    [(":xs", 0), (":xs::varchar(3)[]", 1), (":xs::varchar[]::varchar(3)[]", 1)],
)
def test_copy_of_bounded_arrays(
    notes: psycopg.Connection[Any], tmp_path: Path, value: str, refused: int
) -> None:
    """A column's own length is COPY's, too; a cast that cuts elements off is not."""
    notes.execute("CREATE TABLE bounded (names varchar(3)[] NOT NULL)")
    sql = f"-- name: q(xs)*!\n-- D.\n-- @copy\nINSERT INTO bounded (names) VALUES ({value});\n"
    (tmp_path / "q.sql").write_text(sql)
    assert len(compile_queries(notes, tmp_path).errors) == refused
