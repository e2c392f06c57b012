"""The page on nested rows: its query gives the structs that stand below it, and what it advises works."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from amber_sql.compiler.pipeline import compile_queries

if TYPE_CHECKING:
    import psycopg

PAGE = (Path(__file__).parents[1] / "docs" / "queries.md").read_text(encoding="utf-8")
SECTION = PAGE.partition("## Nested rows\n")[2].partition("\n## ")[0]
(SQL,) = re.findall(r"```sql\n(.*?)```", SECTION, re.DOTALL)
(STRUCTS,) = re.findall(r"```text\n(.*?)```", SECTION, re.DOTALL)
SCHEMA = """
CREATE TABLE authors (id int PRIMARY KEY, name text NOT NULL);
CREATE TABLE books (id int PRIMARY KEY, author_id int NOT NULL, title text NOT NULL, tags text[]);
CREATE FUNCTION f() RETURNS record LANGUAGE sql AS $$SELECT 1, 'x'::text$$;
"""


def structs(conn: psycopg.Connection[Any], folder: Path, sql: str) -> dict[str, str]:
    """Compile a file, and return its structs as the page shows them."""
    (folder / "q.sql").write_text(sql, encoding="utf-8")
    build = compile_queries(conn, folder)
    assert (build.errors, build.advice) == ((), ())
    fields = {
        one.name: ", ".join(f"{field.name}: {field.annotation.text}" for field in one.fields)
        for one in build.package.structs
    }
    return {name: f"{name}({listed})" for name, listed in fields.items()}


def test_the_structs_of_the_page_are_generated(
    compiling: psycopg.Connection[Any], tmp_path: Path
) -> None:
    """Both, to the letter; and the tag that it tells of names one."""
    compiling.execute(SCHEMA)
    found = structs(compiling, tmp_path, SQL)
    assert [found[line.partition("(")[0]] for line in STRUCTS.splitlines()] == STRUCTS.splitlines()
    named = SQL.replace("-- @returns", "-- @struct books BookCard\n-- @returns")
    assert "BookCard" in structs(compiling, tmp_path, named)


def test_what_the_page_says_to_write_is_taken(
    compiling: psycopg.Connection[Any], tmp_path: Path
) -> None:
    """The subquery for ROW(…), and the column list for a function."""
    compiling.execute(SCHEMA)
    row, of_function = re.findall(r"write `(\(SELECT r FROM .*?)`|`(FROM f\(\).*?)`", SECTION)
    assert (row[0], of_function[1]) != ("", "")
    sql = (
        f"-- name: a()^\n-- One.\nSELECT a.id, {row[0]} AS pair FROM authors AS a WHERE a.id = 1;\n"
    )
    sql += f"-- name: b()^\n-- One.\nSELECT r, 1 AS n {of_function[1]};\n"
    found = structs(compiling, tmp_path, sql)
    assert found["QARowPair"] == "QARowPair(id: int, name: str)"
    assert found["QBRowR"] == "QBRowR(a: int | None, b: str | None)"
