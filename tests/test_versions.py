"""Amber's own statements on each supported version of PostgreSQL, the oldest one included."""

from __future__ import annotations

import psycopg

from amber_sql import locate
from amber_sql.compiler.files.load import load_folder
from amber_sql.compiler.files.query import Operation


def test_every_statement_prepares(database_url_by_major: str) -> None:
    """Each statement that Amber ships is understood by each server that it is said to run on."""
    refused = {}
    queries = [query for file in load_folder(locate.queries_dir()) for query in file.queries]
    with psycopg.connect(database_url_by_major, autocommit=True) as conn:
        for query in queries:
            assert query.operation is not Operation.SCRIPT
            result = conn.pgconn.prepare(b"", query.sql.encode())
            if result.status != psycopg.pq.ExecStatus.COMMAND_OK:
                refused[f"{query.module}.{query.name}"] = result.get_error_message()
    assert refused == {}
    assert len(queries) > 60
