"""What destroys a database says first what that is, and asks for the database's name.

Only a database on this machine may be destroyed, unless that is said too.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import msgspec
import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from amber_sql.deploy.connect.target import describe, parse
from amber_sql.errors import DestroyRefused

if TYPE_CHECKING:
    from collections.abc import Callable

_LOCAL = {"", "localhost", "127.0.0.1", "::1"}
_TABLES = """
    SELECT format('%I.%I', n.nspname, c.relname), c.reltuples::bigint
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
      AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' ORDER BY 1
"""
_TOO_MANY_TO_COUNT = 1_000_000


class Loss(msgspec.Struct, frozen=True):
    """What would be lost: the database, where it is, and the rows of each table."""

    database: str
    where: str
    tables: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        """Show it to the person who is asked."""
        rows = [f"  {name}: {count} rows" for name, count in self.tables if count != "0"]
        return "\n".join([self.where, *(rows or ["  no rows"])])


def loss(url: str) -> Loss:
    """Look at the database and count its rows; of a very large table the planner's estimate."""
    with psycopg.connect(url, autocommit=True) as conn:
        found = []
        for name, estimate in conn.execute(_TABLES).fetchall():
            if estimate > _TOO_MANY_TO_COUNT:
                found.append((name, f"about {estimate}"))
                continue
            row = conn.execute(f"SELECT count(*) FROM {name}".encode()).fetchone()
            found.append((name, str(row[0] if row else 0)))
        return Loss(conn.info.dbname, describe(url), tuple(found))


def permit(
    url: str,
    *,
    force: bool,
    allow_remote: bool,
    ask: Callable[[Loss], str] | None,
) -> None:
    """Raise DestroyRefused unless the database may be destroyed.

    `ask` shows the loss and returns what was typed; None where nobody is there to ask, and then
    only `force` permits. A database that is elsewhere, or production's, needs `allow_remote`.
    """
    what = loss(url)
    if not allow_remote and not is_local(url):
        raise DestroyRefused(what=what.where, why="it is not on this machine; say --allow-remote")
    if not allow_remote and os.environ.get("AMBER_ENV") == "production":
        raise DestroyRefused(what=what.where, why="AMBER_ENV is production; say --allow-remote")
    if force:
        return
    if ask is None:
        raise DestroyRefused(what=what.where, why="there is no terminal to confirm it; say --force")
    if ask(what) != what.database:
        raise DestroyRefused(what=what.where, why="that is not its name")


def is_local(url: str) -> bool:
    """Tell whether every host of `url` is this machine or one of its sockets."""
    found = parse(url)
    given = found.get("hostaddr") or found.get("host") or os.environ.get("PGHOST", "")
    if found.get("service") or os.environ.get("PGSERVICE"):
        return False
    return all(host in _LOCAL or host.startswith(("/", "@")) for host in given.split(","))


def is_development(url: str) -> bool:
    """Tell whether no production can be behind `url`."""
    return is_local(url) and os.environ.get("AMBER_ENV") != "production"


def remake(url: str) -> None:
    """Drop the database that `url` names, with all its sessions, and create it empty."""
    with psycopg.connect(url, autocommit=True) as conn:
        name = conn.info.dbname
    other = "template1" if name == "postgres" else "postgres"
    with psycopg.connect(make_conninfo(url, dbname=other), autocommit=True) as admin:
        for statement in ("DROP DATABASE {} WITH (FORCE)", "CREATE DATABASE {}"):
            admin.execute(sql.SQL(statement).format(sql.Identifier(name)))
