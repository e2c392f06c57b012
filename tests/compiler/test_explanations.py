"""What check and explain-types say beside the answer: the missing condition, why an element may be None."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from amber_sql.compiler.contract import contract
from amber_sql.compiler.pipeline import compile_queries
from amber_sql.compiler.rules import check

if TYPE_CHECKING:
    from pathlib import Path

    import psycopg

SCHEMA = """
CREATE TABLE patients (id int, mrn text NOT NULL, s text, gone bool NOT NULL, allergies text[] NOT NULL);
CREATE UNIQUE INDEX ON patients (mrn) WHERE NOT gone;
CREATE UNIQUE INDEX ON patients (lower(s), id);
"""


@pytest.fixture
def patients(compiling: psycopg.Connection[Any]) -> psycopg.Connection[Any]:
    """Connect to a database with a partial key and one of an expression."""
    compiling.execute(SCHEMA)
    return compiling


def findings(conn: psycopg.Connection[Any], folder: Path, sql: str, name: str = "q(v)^") -> list[str]:  # fmt: skip
    """Return the messages of a query's findings."""
    (folder / "q.sql").write_text(f"-- name: {name}\n-- Doc.\n{sql};\n")
    build = compile_queries(conn, folder)
    assert not build.errors
    return [f.message for one in build.described for f in check(one)]


def test_a_partial_keys_condition_is_said(patients: psycopg.Connection[Any], tmp_path: Path) -> None:  # fmt: skip
    """The candidates say which rows a key holds for, and what an expression is."""
    (message,) = findings(patients, tmp_path, "SELECT id FROM patients WHERE mrn = :v")
    assert "patients (mrn) WHERE (NOT gone)" in message
    assert "patients (lower(s), id)" in message


def test_the_condition_makes_it_a_key(patients: psycopg.Connection[Any], tmp_path: Path) -> None:
    """With what the candidate says, the query is accepted."""
    sql = "SELECT id, mrn FROM patients WHERE mrn = :v AND NOT gone"
    assert findings(patients, tmp_path, sql) == []


def test_why_elements_may_be_none(patients: psycopg.Connection[Any], tmp_path: Path) -> None:
    """Under `list[str | None]` stands what would keep NULL out."""
    (tmp_path / "q.sql").write_text(
        "-- name: q()\n-- D.\nSELECT allergies FROM patients LIMIT 1;\n"
    )
    (query,) = contract(compile_queries(patients, tmp_path))["queries"]
    assert query["columns"][0]["py_type"] == "list[str | None]"
    assert query["columns"][0]["why"] == (
        "patients.allergies is NOT NULL; its elements may be NULL: "
        "no CHECK (array_position(allergies, NULL) IS NULL) keeps it out"
    )


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT id, s FROM patients AS s WHERE s.id = :v LIMIT 1",
        "SELECT id, to_jsonb(s) AS x FROM patients AS s WHERE s.id = :v LIMIT 1",
        'SELECT id, "s" AS x FROM patients AS s WHERE s.id = :v LIMIT 1',
        "SELECT 1 AS a, ARRAY(SELECT s FROM patients AS s WHERE s.id = :v) AS x",
    ],
)
def test_a_column_that_looks_like_a_row(
    patients: psycopg.Connection[Any], tmp_path: Path, sql: str
) -> None:
    """An alias that is also a column means the column, and that is said."""
    assert findings(patients, tmp_path, sql) == ["s is the column s.s, not the row"]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT id, s.s FROM patients AS s WHERE s.id = :v LIMIT 1",
        "SELECT id, s FROM patients AS p WHERE p.id = :v LIMIT 1",
        "SELECT :v::int AS a, s FROM unnest(ARRAY['a']) AS s LIMIT 1",
        "SELECT id, gone FROM patients AS s WHERE s = :v AND id = 1 LIMIT 1",
    ],
)
def test_a_column_that_is_meant(
    patients: psycopg.Connection[Any], tmp_path: Path, sql: str
) -> None:
    """A column that says its table, or that no alias could be, is nothing to speak of."""
    assert findings(patients, tmp_path, sql) == []
