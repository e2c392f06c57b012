"""What values hold: elements of arrays and fields of stored rows, proven, or `| None`; on real data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from amber_sql.compiler.contract import contract
from amber_sql.compiler.pipeline import compile_queries

if TYPE_CHECKING:
    from pathlib import Path

    import psycopg

SCHEMA = """
CREATE TABLE people (
    id int PRIMARY KEY, name text NOT NULL, nick text, tags text[] NOT NULL,
    safe text[] NOT NULL CHECK (array_position(safe, NULL) IS NULL)
);
CREATE DOMAIN words AS text[];
CREATE TABLE shelves (id int PRIMARY KEY, lists words[] NOT NULL);
INSERT INTO shelves VALUES (1, ARRAY['{x,NULL}', NULL]::words[]);
CREATE TABLE saved (id int PRIMARY KEY, who people NOT NULL, team people[] NOT NULL);
CREATE VIEW seen AS SELECT p.safe, p.tags, p AS person FROM people AS p;
CREATE MATERIALIZED VIEW kept AS SELECT p AS person FROM people AS p;
INSERT INTO people VALUES (1, 'a', NULL, '{x,NULL}', '{x}'), (2, 'b', 'n', '{}', '{}');
INSERT INTO saved VALUES (1, ROW(NULL, NULL, NULL, NULL, NULL), ARRAY[NULL, ROW(1, NULL, NULL, NULL, NULL)::people]);
REFRESH MATERIALIZED VIEW kept;
"""
TYPES = {
    # elements
    "SELECT s.lists FROM shelves AS s": "list[list[str | None] | None]",
    "SELECT ARRAY(SELECT s.lists[1] FROM shelves AS s)": "list[list[str | None] | None]",
    "SELECT p.tags FROM people AS p": "list[str | None]",
    "SELECT p.safe FROM people AS p": "list[str]",
    "SELECT v.safe FROM seen AS v": "list[str]",
    "SELECT v.tags FROM seen AS v": "list[str | None]",
    "SELECT ARRAY(SELECT p.name FROM people AS p)": "list[str]",
    "SELECT ARRAY(SELECT p.nick FROM people AS p)": "list[str | None]",
    "SELECT ARRAY(SELECT p.nick FROM people AS p WHERE p.nick IS NOT NULL)": "list[str]",
    "SELECT ARRAY(SELECT p.name FROM people AS p UNION ALL SELECT p.nick FROM people AS p)": "list[str | None]",
    "SELECT ARRAY(SELECT p.name FROM people AS p UNION ALL SELECT 'x')": "list[str]",
    "SELECT array_agg(p.name) FROM people AS p": "list[str] | None",
    "SELECT COALESCE(array_agg(p.name), '{}') FROM people AS p": "list[str]",
    "SELECT COALESCE(array_agg(p.name), '{NULL}') FROM people AS p": "list[str | None]",
    "SELECT array_agg(p.nick) FROM people AS p GROUP BY p.id": "list[str | None]",
    "SELECT array_agg(p.nick) FILTER (WHERE p.nick IS NOT NULL) FROM people AS p": "list[str] | None",
    "SELECT array_agg(q.name) FROM people AS p LEFT JOIN people AS q ON q.id = p.id + 1 GROUP BY p.id": "list[str | None]",
    "SELECT array_agg(q.name) FILTER (WHERE q.id IS NOT NULL) FROM people AS p LEFT JOIN people AS q ON q.id = p.id + 1 GROUP BY p.id": "list[str] | None",
    "SELECT ARRAY[p.name, 'x'] FROM people AS p": "list[str]",
    "SELECT ARRAY[p.name, p.nick] FROM people AS p": "list[str | None]",
    "SELECT string_to_array(p.name, ',') FROM people AS p": "list[str]",
    "SELECT string_to_array(p.name, ',', 'a') FROM people AS p": "list[str | None]",
    "SELECT p.safe || 'x'::text FROM people AS p": "list[str]",
    "SELECT p.safe || p.nick FROM people AS p": "list[str | None]",
    "SELECT p.safe || p.tags FROM people AS p": "list[str | None]",
    "SELECT (p.safe)[1:2] FROM people AS p": "list[str]",
    "SELECT CASE WHEN p.id = 1 THEN p.safe ELSE '{}' END FROM people AS p": "list[str]",
    "SELECT CASE WHEN p.id = 1 THEN p.safe ELSE p.tags END FROM people AS p": "list[str | None]",
    "WITH c AS (SELECT safe FROM people) SELECT c.safe FROM c": "list[str]",
    "WITH RECURSIVE c AS (SELECT safe FROM people UNION ALL SELECT safe || NULL::text FROM c WHERE cardinality(safe) < 3) SELECT c.safe FROM c": "list[str | None]",
    "SELECT s.safe FROM (SELECT safe FROM people UNION ALL SELECT tags FROM people) AS s": "list[str | None]",
    "SELECT p.safe FROM people AS p UNION ALL SELECT tags FROM people": "list[str | None]",
    "SELECT p.safe, count(*) AS n FROM people AS p GROUP BY p.safe": "list[str]",
    "SELECT v.a FROM (VALUES (ARRAY['x']), (ARRAY['y', NULL])) AS v (a)": "list[str | None]",
    "UPDATE people SET safe = safe || 'x'::text RETURNING safe": "list[str]",
    "UPDATE people SET tags = tags || 'x'::text RETURNING tags": "list[str | None]",
    # arrays of arrays
    "SELECT array_agg(p.safe) FROM people AS p WHERE p.id = 1": "list[list[str]] | None",
    "SELECT array_agg(p.tags) FROM people AS p WHERE p.id = 1": "list[list[str | None]] | None",
    "SELECT ARRAY(SELECT p.tags FROM people AS p WHERE p.id = 1)": "list[list[str | None]]",
    "SELECT ARRAY(SELECT ARRAY(SELECT p.safe FROM people AS p WHERE p.id = 1))": "list[list[list[str]]]",
    "SELECT ARRAY[p.safe, p.safe] FROM people AS p WHERE p.id = 1": "list[list[str]]",
    "SELECT ARRAY[ARRAY[1, 2], ARRAY[3, NULL]]": "list[list[int | None]]",
    "SELECT COALESCE(array_agg(p.safe), '{}') FROM people AS p WHERE p.id = 1": "list[list[str]]",
    "SELECT x.a FROM (SELECT array_agg(p.safe) AS a FROM people AS p WHERE p.id = 1) AS x": "list[list[str]] | None",
    "SELECT (array_agg(p.safe))[1:1] FROM people AS p WHERE p.id = 1": "list[list[str]] | None",
    "SELECT (array_agg(p.safe))[1][1] FROM people AS p WHERE p.id = 1": "str | None",
    "SELECT ARRAY(SELECT unnest(p.safe) FROM people AS p)": "list[str]",
    # rows
    "SELECT p FROM people AS p": "Person",
    "SELECT q FROM people AS p LEFT JOIN people AS q ON q.id = p.id + 1": "Person | None",
    "SELECT s.who FROM saved AS s": "StoredPerson",
    "SELECT s.team FROM saved AS s": "list[StoredPerson | None]",
    "SELECT s.team[2] FROM saved AS s": "StoredPerson | None",
    "SELECT v.person FROM seen AS v": "Person",
    "SELECT k.person FROM kept AS k": "StoredPerson | None",
    "SELECT s FROM saved AS s": "Saved",
    "SELECT ARRAY(SELECT p FROM people AS p)": "list[Person]",
    "SELECT ARRAY(SELECT s.who FROM saved AS s)": "list[StoredPerson]",
    "SELECT ARRAY(SELECT p FROM people AS p UNION ALL SELECT s.who FROM saved AS s)": "list[StoredPerson]",
    "SELECT array_agg(p ORDER BY p.id) FROM people AS p": "list[Person] | None",
    "SELECT COALESCE(array_agg(p), '{}') FROM people AS p": "list[Person]",
    "SELECT COALESCE(q, s.who) FROM saved AS s LEFT JOIN people AS q ON q.id = s.id": "StoredPerson",
    "SELECT ROW(NULL, NULL, NULL, NULL, NULL)::people": "StoredPerson",
    "SELECT u.u FROM (SELECT x FROM people AS x) AS u (u)": "Person",
}


def depth(value: Any) -> int:
    """Return the dimensions of a value."""
    return 1 + depth(value[0]) if isinstance(value, list) else 0


@pytest.fixture
def shop(compiling: psycopg.Connection[Any]) -> psycopg.Connection[Any]:
    """Connect to a database with rows that hold NULL wherever that is possible."""
    compiling.execute(SCHEMA)
    return compiling


def test_what_values_hold(shop: psycopg.Connection[Any], tmp_path: Path) -> None:
    """Each expression's elements and rows have the type that is proven, and the data agrees."""
    text = "".join(f"-- name: q{n}()\n-- Doc.\n{sql};\n" for n, sql in enumerate(TYPES))
    (tmp_path / "q.sql").write_text(text)
    found = {q["name"]: q["columns"][0]["py_type"] for q in contract(compile_queries(shop, tmp_path))["queries"]}  # fmt: skip
    assert {sql: found.get(f"q{n}") for n, sql in enumerate(TYPES)} == TYPES
    for sql, shown in TYPES.items():
        with shop.transaction(force_rollback=True):
            values = [row[0] for row in shop.execute(sql.encode())]
        lists = [value for value in values if isinstance(value, list)]
        assert "| None]" in shown or not any(None in value for value in lists), sql
        assert [depth(value) for value in lists if value] == [shown.count("list[")] * len(
            [value for value in lists if value]
        ), sql


def test_a_stored_row_has_a_struct_of_its_own(
    shop: psycopg.Connection[Any], tmp_path: Path
) -> None:
    """Its fields are the table's, each of them or None; the table's own struct stays strict."""
    (tmp_path / "q.sql").write_text("-- name: q()\n-- D.\nSELECT s.who FROM saved AS s;\n")
    structs = {s.name: s for s in compile_queries(shop, tmp_path).package.structs}
    assert [f.annotation.text for f in structs["StoredPerson"].fields] == [
        "int | None",
        "str | None",
        "str | None",
        "list[str | None] | None",
        "list[str] | None",
    ]
    assert [f.annotation.text for f in structs["Person"].fields] == [
        "int",
        "str",
        "str | None",
        "list[str | None]",
        "list[str]",
    ]
    assert structs["Saved"].fields[1].annotation.text == "StoredPerson"
