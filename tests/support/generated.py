"""A schema and a file of queries → the package that is generated for them, importable for a block."""

from __future__ import annotations

import sys
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import psycopg
import pytest
from target import Target, database

from amber_sql.compiler.pipeline import compile_queries, generated
from amber_sql.compiler.write import write

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def package(server: Target, root: Path, name: str, *, schema: str, queries: str) -> Iterator[str]:
    """Give the URL of a database with `schema`, while the package `name` can be imported."""
    (root / "queries").mkdir()
    (root / "queries" / "q.sql").write_text(queries)
    with ExitStack() as stack:
        url = server.url(stack.enter_context(database(server)))
        with psycopg.connect(url, autocommit=True) as conn:
            conn.execute(schema.encode())
            build = compile_queries(conn, root / "queries")
        assert build.errors == ()
        out = root / name
        write(out, generated(build, root / "queries", out))
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.syspath_prepend(str(root))
        yield url
        for module in [each for each in sys.modules if each.partition(".")[0] == name]:
            del sys.modules[module]
