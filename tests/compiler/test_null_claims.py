"""What is said of NULL, a line an expression, held against a call with every argument NULL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from amber_sql.compiler.contract import contract
from amber_sql.compiler.pipeline import compile_queries

if TYPE_CHECKING:
    from pathlib import Path

    import psycopg

SCHEMA = """
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE rows (
    id int PRIMARY KEY, name text NOT NULL, mood mood NOT NULL, tags text[] NOT NULL, at timestamptz NOT NULL,
    note text, low int, high int, flag bool, spell tsrange NOT NULL, nums int[]
);
INSERT INTO rows VALUES (1, 'a', 'ok', '{x,NULL}', 'infinity', NULL, NULL, NULL, NULL, 'empty', NULL);
"""
NEVER, MAYBE = False, True
CLAIMS = {
    # overloads of one name
    "SELECT random() FROM rows": NEVER,
    "SELECT random(low, high) FROM rows": MAYBE,
    "SELECT random(1, id) FROM rows": NEVER,
    "SELECT uuidv7(note::interval) FROM rows": MAYBE,
    "SELECT uuidv7() FROM rows": NEVER,
    "SELECT current_schemas(flag) FROM rows": MAYBE,
    "SELECT current_schemas(true) FROM rows": NEVER,
    "SELECT lower(name) FROM rows": NEVER,
    "SELECT lower(spell) FROM rows": MAYBE,
    "SELECT substring(name, 2) FROM rows": NEVER,
    "SELECT substring(name FROM 'x') FROM rows": MAYBE,
    "SELECT at::time FROM rows": MAYBE,
    "SELECT extract(year FROM at) FROM rows": NEVER,
    "SELECT extract(day FROM at) FROM rows": MAYBE,
    # negators of equalities
    "SELECT name <> 'b' FROM rows": NEVER,
    "SELECT name != 'b' FROM rows": NEVER,
    "SELECT name NOT IN ('b', 'c') FROM rows": NEVER,
    "SELECT id NOT IN (1, low) FROM rows": MAYBE,
    "SELECT note <> 'b' FROM rows": MAYBE,
    "SELECT mood <> 'sad' FROM rows": NEVER,
    "SELECT tags <> '{}' FROM rows": NEVER,
    "SELECT spell <> 'empty' FROM rows": NEVER,
    "SELECT at <> current_date FROM rows": NEVER,
    "SELECT name <> ALL (ARRAY['a', 'b']) FROM rows": NEVER,
    "SELECT name <> ALL (tags) FROM rows": MAYBE,
    "SELECT xmax = 0 FROM rows": NEVER,
    "SELECT xmin <> xmax FROM rows": NEVER,
    "INSERT INTO rows SELECT 2, 'b', 'ok', '{}', now(), NULL, 1, 1, true, 'empty' RETURNING (xmax = 0)": NEVER,
    # what SEARCH and CYCLE add
    "WITH RECURSIVE c AS (SELECT 1 AS n UNION ALL SELECT n FROM c) CYCLE n SET m TO text 'y' DEFAULT NULL USING p SELECT m FROM c": MAYBE,
    "WITH RECURSIVE c AS (SELECT 1 AS n UNION ALL SELECT n FROM c) CYCLE n SET m TO text 'y' DEFAULT 'n' USING p SELECT m FROM c": NEVER,
    "WITH RECURSIVE c AS (SELECT 1 AS n UNION ALL SELECT n FROM c) SEARCH DEPTH FIRST BY n SET o CYCLE n SET m TO text 'y' DEFAULT NULL USING p SELECT m FROM c": MAYBE,
    "WITH RECURSIVE c AS (SELECT 1 AS n UNION ALL SELECT n FROM c) SEARCH DEPTH FIRST BY n SET o CYCLE n SET m USING p SELECT ROW(o, m, p) IS NULL FROM c": NEVER,
    "WITH RECURSIVE c AS (SELECT 1 AS n UNION ALL SELECT n FROM c) SEARCH DEPTH FIRST BY n SET o CYCLE n SET m USING p SELECT m FROM c": NEVER,
    # aggregates and window functions
    "SELECT count(*) FILTER (WHERE flag) OVER () FROM rows": NEVER,
    "SELECT sum(low) OVER () FROM rows": MAYBE,
    "SELECT sum(id) OVER (ROWS BETWEEN CURRENT ROW AND 1 FOLLOWING) FROM rows": NEVER,
    "SELECT sum(id) OVER (ROWS BETWEEN 1 FOLLOWING AND 2 FOLLOWING) FROM rows": MAYBE,
    "SELECT lag(id, 1, 0) OVER () FROM rows": NEVER,
    "SELECT lag(id, low, 0) OVER () FROM rows": MAYBE,
    "SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY id) FROM rows GROUP BY name": NEVER,
    "SELECT percentile_disc(low) WITHIN GROUP (ORDER BY id) FROM rows GROUP BY low": MAYBE,
    "SELECT stddev_samp(id) FROM rows GROUP BY name": MAYBE,
    "SELECT JSON_ARRAYAGG(note) FROM rows": MAYBE,
    "SELECT JSON_OBJECT('a': note) FROM rows": NEVER,
    "SELECT COALESCE(l.id, r.id) FROM rows AS l FULL JOIN rows AS r USING (id)": NEVER,
    "SELECT id FROM rows AS l FULL JOIN (SELECT low AS id FROM rows) AS r USING (id)": MAYBE,
    "SELECT name FROM rows GROUP BY GROUPING SETS ((name), ())": MAYBE,
}  # fmt: skip


@pytest.fixture
def rows(compiling: psycopg.Connection[Any]) -> psycopg.Connection[Any]:
    """Connect to a database with one row, NULL wherever that is possible."""
    compiling.execute(SCHEMA)
    return compiling


def test_what_is_said_of_null(rows: psycopg.Connection[Any], tmp_path: Path) -> None:
    """Each expression is called not NULL where PostgreSQL is sure, and only there."""
    text = "".join(f"-- name: q{n}()\n-- Doc.\n{sql};\n" for n, sql in enumerate(CLAIMS))
    (tmp_path / "q.sql").write_text(text)
    found = {q["name"]: q["columns"][0]["nullable"] for q in contract(compile_queries(rows, tmp_path))["queries"]}  # fmt: skip
    assert {sql: found.get(f"q{n}") for n, sql in enumerate(CLAIMS)} == CLAIMS


def test_no_row_says_otherwise(rows: psycopg.Connection[Any]) -> None:
    """What is called not NULL is not NULL in the rows that are there."""
    wrong = []
    for sql in (sql for sql, said in CLAIMS.items() if said is NEVER):
        with rows.transaction(force_rollback=True):
            wrong += [sql for row in rows.execute(f"{sql}".encode()) if row[0] is None]
    assert wrong == []
