"""A machine, a database, a project → a line for each examination, with a remedy for each problem.

Every examination looks at one thing and never raises; those that need a connection are left out
where there is none.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Literal, TypeAlias

import msgspec
import psycopg

from amber_sql.compiler.files.load import sql_files
from amber_sql.compiler.search_path import callers_path, use_own_path
from amber_sql.deploy.apply.failure import reason
from amber_sql.deploy.compat import running_releases
from amber_sql.deploy.connect.connection import connect
from amber_sql.deploy.connect.target import database_url, describe
from amber_sql.deploy.files.migration_file import read
from amber_sql.deploy.history import guard, marks, place, rights
from amber_sql.deploy.progress import log
from amber_sql.deploy.settings import Settings
from amber_sql.errors import AmberError
from amber_sql.sqltext.module import digest_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from amber_sql.locate import Project

Health: TypeAlias = Literal["ok", "warning", "problem"]

_OLDEST_PYTHON, _OLDEST_LIBPQ, _OLDEST_SERVER = (3, 11), 140000, 150000
_RIGHTS = """
    SELECT current_user, pg_catalog.current_schema(),
           coalesce(pg_catalog.has_schema_privilege(pg_catalog.current_schema(), 'CREATE'), false),
           pg_catalog.pg_is_in_recovery(), pg_catalog.current_setting('TimeZone')
"""
_STATISTICS = "SELECT 1 FROM pg_extension WHERE extname = 'pg_stat_statements'"
_INVALID = "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid ORDER BY 1"
_DIGEST = re.compile(r'"([^"]+\.sql)",\s*digest="([0-9a-f]+)"')


class Examination(msgspec.Struct, frozen=True):
    """One examination: what was looked at, what was found, and the remedy if it is not well."""

    name: str
    state: Health
    found: str
    remedy: str = ""


def examine(url: str | None, project: Project | None) -> list[Examination]:
    """Return every line that can be found out; without a project none about one."""
    lines = [*_machine()]
    if project is not None and not project.installed:
        lines += _generated(project.package, project.queries)
    try:
        address = database_url(url)
        lines.append(Examination("database URL", "ok", describe(address)))
        conn = connect(address, Settings(), log)
    except AmberError as error:
        return [*lines, Examination("connection", "problem", str(error))]
    use_own_path(conn)
    with conn:
        migrations = [] if project is None else [_migrations(conn, project.migrations)]
        for examination in (_server(conn), *migrations, _contents(conn)):
            try:
                lines += examination
            except AmberError as error:
                lines.append(Examination("database", "problem", str(error)))
            except psycopg.Error as error:
                lines.append(
                    Examination("database", "problem", reason(error), "use the role that deploys")
                )
    return lines


def _machine() -> Iterator[Examination]:
    version = ".".join(map(str, sys.version_info[:3]))
    well = sys.version_info[:2] >= _OLDEST_PYTHON
    yield Examination(
        "Python", "ok" if well else "problem", version, "" if well else "install 3.11 or newer"
    )
    number = psycopg.pq.version()
    libpq = f"{number // 10000}.{number % 10000}"
    found = f"{psycopg.__version__} ({psycopg.pq.__impl__}), libpq {libpq}"
    fast = psycopg.pq.__impl__ != "python"
    well = number >= _OLDEST_LIBPQ and fast
    remedy = "" if well else "install psycopg[binary], which brings a current libpq and the C code"
    yield Examination("psycopg", "ok" if well else "warning", found, remedy)


def _generated(package: Path, queries: Path) -> Iterator[Examination]:
    """Compare the digests in the generated modules with the files; reads text, imports nothing.

    A project's package that is elsewhere is not looked for.
    """
    if not package.is_dir():
        return
    recorded = {
        name: digest
        for path in sorted((package / "queries").rglob("*.py"))
        for name, digest in _DIGEST.findall(path.read_text(encoding="utf-8"))
    }
    there = {
        path.relative_to(queries).as_posix(): digest_of(path.read_bytes())
        for path in sql_files(queries)
    }
    stale = sorted(
        name for name in recorded.keys() | there.keys() if recorded.get(name) != there.get(name)
    )
    if stale:
        yield Examination(
            "generated code", "problem", f"stale: {', '.join(stale)}", "run `amber-sql generate`"
        )
    else:
        count = "1 file" if len(there) == 1 else f"{len(there)} files"
        yield Examination("generated code", "ok", f"{count}, as generated")


def _server(conn: psycopg.Connection) -> Iterator[Examination]:
    number = conn.info.server_version
    well = number >= _OLDEST_SERVER
    remedy = "" if well else "upgrade to PostgreSQL 15 or newer"
    yield Examination(
        "server",
        "ok" if well else "problem",
        f"PostgreSQL {number // 10000}.{number % 10000}",
        remedy,
    )
    if conn.info.backend_pid != _one(conn, "SELECT pg_backend_pid()"):
        yield Examination("pooler", "warning", "a pooler is in between, in session mode",
                   "for deploys set DIRECT_DATABASE_URL; timeouts of open_pool() belong on the role")  # fmt: skip
    with callers_path(conn):
        row = conn.execute(_RIGHTS).fetchone()
    user, schema, may_create, standby, zone = row or ("", "", False, False, "")
    if standby:
        yield Examination("role", "problem", "this server is a standby, and read-only",
                   "add target_session_attrs=read-write to the URL")  # fmt: skip
    elif not may_create:
        yield Examination("role", "problem", f"{user} may not create in schema {schema}",
                   f"GRANT CREATE ON SCHEMA {schema or 'public'} TO {user}")  # fmt: skip
    else:
        yield Examination("role", "ok", f"{user} may create in schema {schema}")
    yield Examination("time zone", "ok", f"{zone}; open_pool() asks for UTC")


def _migrations(conn: psycopg.Connection, folder: Path) -> Iterator[Examination]:
    paths = [
        path for path in sorted(folder.glob("*.sql")) if not path.name.endswith(".rollback.sql")
    ]
    verdicts = guard.read_verdicts(conn, [read(path) for path in paths])
    pending = [v.name for v in verdicts if v.state == "pending"]
    wrong = [f"{v.name} {v.state}" for v in verdicts if v.state not in {"pending", "applied"}]
    if pending:
        yield Examination(
            "migrations", "warning", f"{len(pending)} pending", "run `amber-sql migrate deploy`"
        )
    else:
        yield Examination("migrations", "ok", f"{len(verdicts)} applied")
    if wrong:
        yield Examination(
            "checksums", "problem", ", ".join(wrong), "see `amber-sql migrate status`"
        )
    else:
        yield Examination("checksums", "ok", "every applied file is as it ran")


def _contents(conn: psycopg.Connection) -> Iterator[Examination]:
    invalid = [name for (name,) in conn.execute(_INVALID)]
    if invalid:
        yield Examination("indexes", "problem", f"invalid: {', '.join(invalid)}",
                   "deploy the migration that builds it again, or DROP INDEX CONCURRENTLY it")  # fmt: skip
    if schema := place.schema(conn):
        yield from _history_rights(conn, schema)
    if marks.read(conn):
        live = [one.release for one in running_releases.live(conn)]
        yield Examination("releases", "ok", ", ".join(live) or "none is remembered yet")
    if _one(conn, _STATISTICS):
        yield Examination("pg_stat_statements", "ok", "installed")
    else:
        yield Examination("pg_stat_statements", "warning", "not installed",
                   "add it to shared_preload_libraries, then CREATE EXTENSION pg_stat_statements")  # fmt: skip


def _history_rights(conn: psycopg.Connection, schema: str) -> Iterator[Examination]:
    found = rights.granted(conn, schema)
    if found:
        yield Examination("deploy tables", "problem", "; ".join(map(str, found)),
                   "run `amber-sql roles`, or deploy: both take it back")  # fmt: skip
    else:
        yield Examination("deploy tables", "ok", f"in schema {schema}, open to those who deploy")


def _one(conn: psycopg.Connection, query: str) -> object:
    """Return the only value of a query; None without a row."""
    row = conn.execute(query.encode()).fetchone()
    return row[0] if row else None
