"""A server to test on → URLs of databases on it, made and dropped for one test.

Whatever DATABASE_URL leaves out (a passfile's password, the first of several hosts) is what the
first connection found, since pytest-postgresql wants every part by itself.
"""

from __future__ import annotations

import secrets
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

import msgspec
import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

if TYPE_CHECKING:
    from collections.abc import Iterator

FILE_COPY = sql.SQL(" STRATEGY file_copy")
"""Copy a database's files instead of logging each of its pages: 0.09 s against 0.34."""
PARTS = {"host", "hostaddr", "port", "user", "password", "dbname"}


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """A server, part by part, under the names that pytest-postgresql asks for."""

    host: str
    port: int
    user: str
    password: str | None
    options: str
    maintenance_dbname: str
    template_dbname: None = None
    more: dict[str, str] = {}  # sslmode and the like; they stay in the URLs

    def url(self, dbname: str) -> str:
        """Return the libpq URI of one of the server's databases."""
        who = quote(self.user, safe="") + (
            f":{quote(self.password, safe='')}" if self.password else ""
        )
        host = f"[{self.host}]" if ":" in self.host else self.host
        more = self.more | ({"options": self.options} if self.options else {})
        if host.startswith(("/", "@")):  # the folder of a Unix socket
            where, more = "", {"host": host, "port": str(self.port)} | more
        else:
            where = f"{host}:{self.port}"
        query = urlencode(more, quote_via=quote)
        return f"postgresql://{who}@{where}/{quote(dbname, safe='')}" + (
            f"?{query}" if query else ""
        )


def target(url: str) -> Target:
    """Connect to `url` once and return its server, or fail with one sentence."""
    given = conninfo_to_dict(url)
    may_create = "SELECT rolsuper OR rolcreatedb FROM pg_roles WHERE rolname = current_user"
    try:
        with psycopg.connect(url, autocommit=True) as conn:
            info = conn.info
            if conn.execute(may_create).fetchone() != (True,):
                pytest.fail(f"DATABASE_URL: the role {info.user} needs CREATEDB.", pytrace=False)
            return Target(
                host=info.host,
                port=info.port,
                user=info.user,
                password=info.password or None,
                options=str(given.get("options") or ""),
                maintenance_dbname=info.dbname,
                more={
                    name: str(value)
                    for name, value in given.items()
                    if name not in {*PARTS, "options"}
                },
            )
    except psycopg.OperationalError as error:
        reason = str(error)
    pytest.fail(f"DATABASE_URL: {reason}", pytrace=False)


@contextmanager
def database(server: Target, template: str | None = None) -> Iterator[str]:
    """Make a database with a random name, give its name, and drop it after the block."""
    name = random_name()
    with psycopg.connect(server.url(server.maintenance_dbname), autocommit=True) as admin:
        made = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
        if template:
            made += sql.SQL(" TEMPLATE {}").format(sql.Identifier(template))
        made += FILE_COPY
        admin.execute(made)
        try:
            yield name
        finally:
            end_connections(admin.cursor(), name)
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))


def random_name() -> str:
    """Return a name for a database that no other run on this server has."""
    return f"amber_test_{secrets.token_hex(6)}"


def end_connections(cursor: psycopg.Cursor, dbname: str) -> None:
    """End what a test left open in `dbname`.

    Only a superuser may end an autovacuum worker, and DROP DATABASE sees to those by itself.
    """
    cursor.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = %s AND backend_type = 'client backend' AND pid <> pg_backend_pid()",
        (dbname,),
    )
