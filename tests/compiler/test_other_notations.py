"""Parameters as other tools write them: each is told at its place, and nothing else is taken for one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from together import built

from amber_sql.compiler.files.load import load_data

if TYPE_CHECKING:
    from pathlib import Path

    import psycopg

SCHEMA = "CREATE TABLE t (id int PRIMARY KEY, note text, data jsonb, tags text[], s int)"

# (header, statement): [(column, message, hint)]
FOREIGN = {
    ("a()^", "SELECT id FROM t WHERE id = ? AND note=?"): [
        (29, "JDBC", "declare it in the header"), (40, "JDBC", "operator of jsonb"),
    ],
    ("a(id, note)!", "INSERT INTO t (id, note) VALUES (?, ?)"): [
        (34, "JDBC", "write :id"), (37, "JDBC", "write :note"),
    ],
    ("a()", "SELECT id FROM t WHERE id IN (?) LIMIT ?"): [(31, "`?`", ":name"), (40, "`?`", ":name")],
    ("a()^", "SELECT id FROM t WHERE id = %s AND note LIKE %(note)s"): [
        (29, "`%s`", ":name"), (46, "`%(note)s`", "write :note, and declare it"),
    ],
    ("a(id)^", "SELECT id FROM t WHERE id=%(id)s"): [(27, "psycopg", "write :id")],
    ("a(id)^", "SELECT id FROM t WHERE id = $1 AND note = $2"): [
        (29, "$1 is a position", "write :id"), (43, "$2 is a position", "write a parameter as :name"),
    ],
    ("a()^", "SELECT id FROM t WHERE id = sqlc.arg(id)"): [(29, "sqlc.arg", "write :id")],
    ("a()^", "SELECT id FROM t WHERE id = SQLC.narg('id')"): [(29, "sqlc.narg", "@nullable id")],
    ("a()", "SELECT id FROM t WHERE id IN (sqlc.slice(ids))"): [(31, "sqlc.slice", "= ANY (:ids)")],
    ("a()^", "SELECT sqlc.embed(t) FROM t LIMIT 1"): [(8, "sqlc.embed", "write t alone")],
}  # fmt: skip
HEADERS = {
    "one": "(…)^`", "many": "(…)`", "exec": "(…)!`", "execrows": "(…)!`", "execresult": "(…)!`",
    "copyfrom": "@copy", "batchexec": "(…)*!`", "batchmany": "(…)*!`", "batchone": "(…)*!`",
}  # fmt: skip
SQL = """SELECT data ? 'k' AS a, data ?| ARRAY['a'] AS b, data ?& ARRAY['a'] AS c, data @> '{}' AS d,
  data @@ '$.a == 1' AS e, data @? '$.a' AS f, '{}' <@ data AS g, 5 % id AS h, @ id AS i, tags[1:2] AS k,
  '@x $1 %s %(x)s ? sqlc.arg(x) :one' AS j, id::text AS l, tags @> ARRAY['a'] AS m, id %s AS n, id % s AS o,
  (data) ? 'k' AS p, (data -> 'x')::jsonb ? 'y' AS q, tags[1] LIKE '%s' AS r, $$?$$ AS t,
  point(1, 2) ?- point(2, 2) AS u, 1.5 % 1.0 AS v, lseg '((1,1),(2,2))' ?# lseg '((1,1),(2,2))' AS w
FROM t WHERE data ? :k AND tags[:i] = :k -- ? @x $1 %s sqlc.arg(id)
  AND /* ? = ? */ NULL::jsonb ? 'x' AND CASE WHEN true THEN data END ? 'x' LIMIT 2"""


@pytest.mark.parametrize(("header", "sql"), FOREIGN)
def test_another_tool_s_parameter_is_told(header: str, sql: str) -> None:
    """Each at its place, with what is written here; and nothing else is found."""
    text = f"-- name: {header}\n-- D.\n{sql};\n"
    found = load_data(text.encode(), "queries/a.sql", "a").findings
    assert [(one.line, one.column) for one in found] == [(3, at) for at, *_ in FOREIGN[header, sql]]
    for one, (_, message, hint) in zip(found, FOREIGN[header, sql], strict=True):
        assert message in one.message
        assert hint in one.hint


@pytest.mark.parametrize("command", HEADERS)
def test_a_command_of_sqlc_s_is_told(command: str) -> None:
    """With the suffix that says the same."""
    text = f"-- name: GetIt :{command}\n-- D.\nSELECT 1;\n"
    (found,) = load_data(text.encode(), "queries/a.sql", "a").findings
    assert (found.line, found.column, found.message) == (1, 16, f"`:{command}` is sqlc's notation")
    assert HEADERS[command] in found.hint


def test_operators_and_texts_are_none(blank: psycopg.Connection[Any], tmp_path: Path) -> None:
    """Those of jsonb, arrays, numbers and geometry, casts, slices, quoted text and comments."""
    blank.execute(SCHEMA)
    text = f"-- name: a(k, i)\n-- D.\n{SQL};\n"
    assert load_data(text.encode(), "queries/a.sql", "a").findings == ()
    assert [str(one) for one in built(blank, tmp_path, {"a.sql": text}).errors] == []


@pytest.mark.parametrize("header", ["a()^", "a(other)^"])
def test_an_at_before_no_column_is_told(
    blank: psycopg.Connection[Any], tmp_path: Path, header: str
) -> None:
    """Where the server knows no such column; before a column it is the absolute value."""
    blank.execute(SCHEMA)
    text = f"-- name: {header}\n-- D.\nSELECT id FROM t WHERE note = @who;\n"
    hints = [one.hint for one in built(blank, tmp_path, {"a.sql": text}).errors]
    assert any("a parameter is :who" in hint for hint in hints), hints
