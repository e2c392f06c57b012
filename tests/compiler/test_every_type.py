"""Every type that a server knows, in every place: a Python type, or a finding that says the cast."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg import sql

from amber_sql.compiler.pipeline import compile_queries

if TYPE_CHECKING:
    from pathlib import Path

    import psycopg

_TYPES = """
SELECT t.typname, format_type(t.oid, NULL)
FROM pg_type AS t LEFT JOIN pg_type AS e ON e.oid = t.typelem
WHERE coalesce(e.typtype, 'b') NOT IN ('p', 'c') AND t.typtype IN ('b', 'r', 'm') AND t.typnamespace = 'pg_catalog'::regnamespace
ORDER BY t.typname
"""


def test_no_type_is_a_traceback(blank: psycopg.Connection[Any], tmp_path: Path) -> None:
    """As a column, a parameter, a field of a whole row and of the table that is named."""
    folder = tmp_path / "queries"
    folder.mkdir()
    lines: list[str] = []
    known = blank.execute(_TYPES).fetchall()
    for number, (name, shown) in enumerate(known):
        table = sql.Identifier(f"t{number}")
        blank.execute(sql.SQL("CREATE TABLE {} (id int, x {})").format(table, sql.SQL(shown)))
        lines += [
            f"-- name: column{number}()^\n-- {name}.\nSELECT x FROM t{number} LIMIT 1;",
            f"-- name: parameter{number}(x)!\n-- {name}.\nINSERT INTO t{number} (x) VALUES (:x);",
            f"-- name: whole{number}()^\n-- {name}.\nSELECT t.id, t AS x FROM t{number} AS t LIMIT 1;",
            f"-- name: named{number}()^\n-- {name}.\n-- @returns T{number}\nSELECT t.id, t.x FROM t{number} AS t LIMIT 1;",
        ]
    (folder / "q.sql").write_text("\n".join(lines))
    build = compile_queries(blank, folder)
    (module,) = build.package.modules
    made = {function.label for function in module.functions}
    refused = {error.query for error in build.errors}
    assert made | refused == {f"q.{what}{n}" for what in ("column", "parameter", "whole", "named") for n in range(len(known))}  # fmt: skip
    assert all("no Python type" in one.message and "::" in one.hint for one in build.errors)
    assert {one.line for one in build.errors if "-- name" in one.text} == set()
