"""migrations/ → a connection to a database that has exactly them, and no rows.

On the embedded server the database is kept, named by the digest of the migrations, so that the
next run only connects. On somebody's server it is made anew and dropped after.
"""

from __future__ import annotations

import hashlib
import secrets
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from amber_sql.deploy.api import migrate
from amber_sql.deploy.connect.target import describe, parse
from amber_sql.errors import DatabaseUnreachable, NoScratchDatabase
from amber_sql.server import embedded

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PREFIX = "amber_scratch_"
KEPT = 8
"""How many scratch databases the embedded server keeps."""


@contextmanager
def scratch(migrations: Path, database_url: str | None) -> Iterator[psycopg.Connection[Any]]:
    """Give an autocommit connection to a migrated scratch database.

    Without `database_url` on the embedded server, whatever DATABASE_URL says. Raises what migrating
    raises, and DatabaseUnreachable.
    """
    if database_url is None:
        server = embedded()
        url = server.url("postgres")
        name = PREFIX + _digest(migrations, str(server.version))
        with _connect(url) as admin:
            if not admin.execute(
                "SELECT 1 FROM pg_database WHERE datname = %s", (name,)
            ).fetchone():
                _make(admin, url, migrations, name)
                _forget_old(admin, name)
        with _connect(url, name) as conn:
            yield conn
        return
    name = f"{PREFIX}{secrets.token_hex(6)}"
    with _connect(database_url) as admin:
        try:
            _make(admin, database_url, migrations, name)
            with _connect(database_url, name) as conn:
                yield conn
        finally:
            admin.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )


def _connect(url: str, database: str | None = None) -> psycopg.Connection[Any]:
    parse(url)  # libpq's own complaint about a malformed URL would quote it, password included
    try:
        target = make_conninfo(url, dbname=database) if database else url
        return psycopg.connect(target, autocommit=True, connect_timeout=10)
    except psycopg.OperationalError as error:
        raise DatabaseUnreachable(
            target=describe(url),
            reason=str(error).splitlines()[0].rstrip("."),
            remedy="Check the URL of the scratch server, and that it accepts connections from here.",
        ) from None


def _make(admin: psycopg.Connection[Any], url: str, migrations: Path, name: str) -> None:
    """Migrate under a name of our own, then take the name that others look for."""
    making = f"{PREFIX}{secrets.token_hex(6)}"
    try:
        admin.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(making))
        )
    except psycopg.errors.InsufficientPrivilege as error:
        raise NoScratchDatabase(reason=error.diag.message_primary) from None
    try:
        migrate(make_conninfo(url, dbname=making), migrations)
        with suppress(psycopg.errors.DuplicateDatabase):
            admin.execute(
                sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
                    sql.Identifier(making), sql.Identifier(name)
                )
            )
    finally:
        admin.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(making))
        )


def _forget_old(admin: psycopg.Connection[Any], keep: str) -> None:
    """Drop the oldest scratch databases that nobody is connected to."""
    old = admin.execute(
        "SELECT d.datname FROM pg_database AS d WHERE d.datname LIKE %s AND d.datname <> %s"
        " AND NOT EXISTS (SELECT FROM pg_stat_activity AS a WHERE a.datid = d.oid)"
        " ORDER BY d.oid DESC OFFSET %s",
        (PREFIX.replace("_", r"\_") + "%", keep, KEPT),
    ).fetchall()
    for (name,) in old:
        with suppress(psycopg.errors.ObjectInUse, psycopg.errors.InvalidCatalogName):
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))


def _digest(migrations: Path, *more: str) -> str:
    """Return a digest of every file of `migrations`, names included."""
    found = hashlib.sha256(repr(more).encode())
    for path in sorted(migrations.rglob("*")):
        if path.is_file():
            found.update(f"{path.relative_to(migrations)}\0".encode() + path.read_bytes() + b"\0")
    return found.hexdigest()[:20]
