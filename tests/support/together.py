"""Many small files of queries, compiled at once: what is found in each of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
from target import Target, database

from amber_sql.compiler.pipeline import compile_queries

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from amber_sql.compiler.pipeline import Build
    from amber_sql.errors import Finding


def compile_together(
    server: Target, folder: Path, schema: str, texts: Mapping[str, str]
) -> dict[str, list[Finding]]:
    """Return the errors and findings of each text, by the name that it has in `texts`."""
    queries = folder / "queries"
    queries.mkdir()
    files = {name: f"m{number}.sql" for number, name in enumerate(texts)}
    for name, text in texts.items():
        (queries / files[name]).write_text(f"{text}\n", encoding="utf-8")
    with (
        database(server) as made,
        psycopg.connect(server.url(made), autocommit=True) as conn,
    ):
        conn.execute(schema.encode())
        build = compile_queries(conn, queries)
    every = [*build.errors, *build.advice]
    return {
        name: [one for one in every if one.file == f"queries/{file}"]
        for name, file in files.items()
    }


def built(conn: psycopg.Connection[Any], folder: Path, files: dict[str, str]) -> Build:
    """Compile these files of queries."""
    for name, text in files.items():
        path = folder / "queries" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return compile_queries(conn, folder / "queries")
