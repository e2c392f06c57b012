"""migrations/ → a connection to a database that has exactly them, and no rows.

On the embedded server the database is kept, named by the digest of the migrations, so that the
next run only connects. On somebody's server it is made anew and dropped after, and the server's
roles are as they were.
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
from amber_sql.deploy.scratch.server_state import read_state, restore_state
from amber_sql.deploy.scratch.server_wide import ServerWide, server_wide, texts
from amber_sql.errors import DatabaseUnreachable, NoScratchDatabase, ServerWideMigration
from amber_sql.server import embedded, temporary

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PREFIX = "amber_scratch_"
ROLES_KEY = (0x616D6265, 0x726F6C65)
"""`amberole` as two int4: one scratch database at a time makes roles on a server."""
KEPT_KEY = (0x616D6265, 0x6B657074)
"""`amberkept` as two int4: shared by who is about to connect to one, exclusive for who drops some."""
KEPT = 8
"""How many scratch databases the embedded server keeps."""


@contextmanager
def scratch(migrations: Path, database_url: str | None) -> Iterator[psycopg.Connection[Any]]:
    """Give an autocommit connection to a migrated scratch database.

    Without `database_url` on the embedded server, whatever DATABASE_URL says; migrations that speak
    to the whole server, as CREATE ROLE does, get a server of their own. Raises what migrating
    raises, DatabaseUnreachable, and NoScratchDatabase.
    """
    said = server_wide(migrations)
    if database_url is not None:
        with _on_given_server(migrations, database_url, said) as conn:
            yield conn
    elif said:
        with temporary() as server, _made_anew(server.url("postgres"), migrations) as (_, conn):
            yield conn
    else:
        with _on_embedded_server(migrations) as conn:
            yield conn


@contextmanager
def _on_embedded_server(migrations: Path) -> Iterator[psycopg.Connection[Any]]:
    """Give the database that is kept for these migrations, made where it is missing."""
    server = embedded()
    url = server.url("postgres")
    name = PREFIX + _digest(migrations, str(server.version))
    with _connect(url) as admin:
        # Until we are connected nobody may take it for one that nobody uses.
        admin.execute("SELECT pg_catalog.pg_advisory_lock_shared(%s, %s)", KEPT_KEY)
        query = "SELECT 1 FROM pg_database WHERE datname = %s"
        if not admin.execute(query, (name,)).fetchone():
            _make(admin, url, migrations, name)
            _drop_old(admin, name)
        conn = _connect(url, name)
    with conn:
        yield conn


@contextmanager
def _on_given_server(
    migrations: Path, url: str, said: list[ServerWide]
) -> Iterator[psycopg.Connection[Any]]:
    """Give a database on somebody's server, which is afterwards as it was before."""
    lasting = [one for one in said if not one.can_be_undone]
    if lasting:
        raise ServerWideMigration(what=lasting[0], target=describe(url))
    if not said:
        with _made_anew(url, migrations) as (_, conn):
            yield conn
        return
    with _connect(url) as admin:
        # Two of us would make the same roles.
        admin.execute("SELECT pg_catalog.pg_advisory_lock(%s, %s)", ROLES_KEY)
        before, name = read_state(admin), ""
        try:
            with _made_anew(url, migrations) as (name, conn):
                yield conn
        finally:
            restore_state(admin, before, texts(migrations), name or PREFIX)


@contextmanager
def _made_anew(url: str, migrations: Path) -> Iterator[tuple[str, psycopg.Connection[Any]]]:
    """Give a database of this one use, and its name."""
    name = f"{PREFIX}{secrets.token_hex(6)}"
    with _connect(url) as admin:
        _make(admin, url, migrations, name)
        try:
            with _connect(url, name) as conn:
                yield name, conn
        finally:
            statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
            admin.execute(statement.format(sql.Identifier(name)))


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
    except psycopg.Error as error:
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


def _drop_old(admin: psycopg.Connection[Any], keep: str) -> None:
    """Drop the oldest scratch databases that nobody is connected to, or about to."""
    alone = admin.execute("SELECT pg_catalog.pg_try_advisory_lock(%s, %s)", KEPT_KEY).fetchone()
    if alone != (True,):
        return  # whoever makes the next one does it
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
