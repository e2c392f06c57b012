"""Two folders → a compiled project, on a scratch database of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amber_sql.compiler.pipeline import Build, compile_queries
from amber_sql.deploy.scratch.scratch_database import scratch

if TYPE_CHECKING:
    from pathlib import Path


def build(queries: Path, migrations: Path, database_url: str | None = None) -> Build:
    """Compile a folder of queries against a folder of migrations.

    Raises what migrating a scratch database raises; everything wrong in the queries is in the
    result, sorted by place.
    """
    with scratch(migrations, database_url) as conn:
        return compile_queries(conn, queries)
