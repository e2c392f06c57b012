"""How many rows an equality leaves: one by a key's own equality, several by a coarser one; on real rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from amber_sql.compiler.contract import contract
from amber_sql.compiler.pipeline import compile_queries

if TYPE_CHECKING:
    from pathlib import Path

    import psycopg

# In Berlin 02:30 of that night was 03:30; Samoa had no 30th of December 2011.
SCHEMA = """
SET TimeZone = 'Europe/Berlin';
CREATE TYPE pair AS (a numeric, b int);
CREATE TABLE keys (
    at timestamp PRIMARY KEY, day date NOT NULL UNIQUE, moment timestamptz NOT NULL UNIQUE,
    n bigint NOT NULL UNIQUE, f real NOT NULL UNIQUE, label name NOT NULL UNIQUE, pair pair NOT NULL,
    code char(5) NOT NULL UNIQUE, title varchar(9) NOT NULL UNIQUE, ids int[] NOT NULL UNIQUE
);
CREATE UNIQUE INDEX ON keys (pair record_image_ops);
INSERT INTO keys VALUES
    ('2024-03-31 02:30', '2011-12-30', '2024-01-01 00:00+00', 1, 0.1, 'a', '(1.0,1)', 'a', 'a', '{1}'),
    ('2024-03-31 03:30', '2011-12-31', '2024-01-01 01:00+00', 2, 0.2, 'b', '(1.00,1)', 'b', 'b', '{2}');
CREATE FUNCTION same_parity(int4, int8) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT $1 % 2 = $2 % 2';
CREATE OPERATOR =% (LEFTARG = int4, RIGHTARG = int8, FUNCTION = same_parity);
CREATE OPERATOR FAMILY parity USING btree;
CREATE OPERATOR CLASS parity FOR TYPE int4 USING btree FAMILY parity AS
    OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 btint4cmp(int4, int4);
ALTER OPERATOR FAMILY parity USING btree ADD OPERATOR 3 =% (int4, int8);
CREATE TABLE odd (n int);
CREATE UNIQUE INDEX ON odd (n parity);
INSERT INTO odd VALUES (1), (2), (3);
"""
ONE, MANY = "zero_or_one", "many"
ROWS = {
    # the key's own equality, and between types of which one holds the other's values exactly
    "SELECT n FROM keys WHERE at = :v::timestamp": ONE,
    "SELECT n FROM keys WHERE at = :v::date": ONE,
    "SELECT n FROM keys WHERE day = :v::timestamp": ONE,
    "SELECT n FROM keys WHERE moment = :v::timestamptz": ONE,
    "SELECT n FROM keys WHERE moment = :v::timestamp": ONE,
    "SELECT n FROM keys WHERE n = :v::int2": ONE,
    "SELECT n FROM keys WHERE :v::int4 = n": ONE,
    "SELECT n FROM keys WHERE f = :v::float8": ONE,
    "SELECT n FROM keys WHERE label = :v::text": ONE,
    "SELECT n FROM keys WHERE code = :v::char(5)": ONE,
    "SELECT n FROM keys WHERE title = :v::text": ONE,
    "SELECT n FROM keys WHERE ids = :v::int[]": ONE,
    "SELECT n FROM odd WHERE n = :v::int4": ONE,
    "SELECT k.n FROM (SELECT n FROM keys) AS k WHERE k.n = :v::int4": ONE,
    "SELECT k.n FROM keys AS k JOIN keys AS o ON o.n = k.n WHERE k.n = :v::int4": ONE,
    # one value that several keys equal
    "SELECT n FROM keys WHERE at = '2024-03-31 01:30+00'::timestamptz": MANY,
    "SELECT n FROM keys WHERE '2024-03-31 01:30+00'::timestamptz = at": MANY,
    "SELECT n FROM keys WHERE day = :v::timestamptz": MANY,
    "SELECT k.n FROM (SELECT at, n FROM keys) AS k WHERE k.at = '2024-03-31 01:30+00'::timestamptz": MANY,
    "SELECT o.n FROM keys AS k JOIN keys AS o ON o.at = k.at WHERE k.at = '2024-03-31 01:30+00'::timestamptz": MANY,
    "SELECT n FROM keys GROUP BY at, n HAVING at = '2024-03-31 01:30+00'::timestamptz": MANY,
    "SELECT n FROM odd WHERE n =% 1::int8": MANY,
    "SELECT k.n FROM (SELECT pair, n FROM keys) AS k WHERE k.pair = '(1,1)'::pair": MANY,
    "SELECT n FROM keys WHERE pair = '(1,1)'::pair": MANY,
    # casts that lose what tells two keys apart
    "SELECT n FROM keys WHERE f::int = :v::int": MANY,
    "SELECT n FROM keys WHERE at::date = :v::date": MANY,
    "SELECT n FROM keys WHERE title::bpchar = :v::bpchar": MANY,
    "SELECT n FROM keys WHERE n::numeric = :v::numeric": MANY,
}  # fmt: skip


@pytest.fixture
def keys(compiling: psycopg.Connection[Any]) -> psycopg.Connection[Any]:
    """Connect to a database with one table that has a key of each kind, in a zone with a gap."""
    compiling.execute(SCHEMA)
    return compiling


def test_rows_that_an_equality_leaves(keys: psycopg.Connection[Any], tmp_path: Path) -> None:
    """At most one row is said where the equality is the key's own, and only there."""
    text = "".join(
        f"-- name: q{n}({'v' if ':v' in sql else ''})\n-- Doc.\n{sql};\n"
        for n, sql in enumerate(ROWS)
    )
    (tmp_path / "q.sql").write_text(text)
    found = {q["name"]: q["cardinality"] for q in contract(compile_queries(keys, tmp_path))["queries"]}  # fmt: skip
    assert {sql: found.get(f"q{n}") for n, sql in enumerate(ROWS)} == ROWS


def test_the_rows_are_there(keys: psycopg.Connection[Any]) -> None:
    """A statement that is said to give at most one row gives no more; most others do give more."""
    given = {sql: len(keys.execute(sql.encode()).fetchall()) for sql in ROWS if ":v" not in sql}
    assert [sql for sql, count in given.items() if count > 1 and ROWS[sql] == ONE] == []
    assert sum(count > 1 for count in given.values()) >= 6
