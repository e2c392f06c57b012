"""Which database is a development one: what fills, drops or rewinds a database asks here first.

That is one on this machine, without AMBER_ENV=production, unless the command is told otherwise.
What destroys one says what would be lost, and asks for its name.
"""

from __future__ import annotations

import os
from itertools import zip_longest
from typing import TYPE_CHECKING

import msgspec
import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from amber_sql.compiler.search_path import use_own_path
from amber_sql.deploy.connect.target import describe, parse
from amber_sql.errors import DestroyRefused, NotDevelopment

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
        use_own_path(conn)
        found = []
        for name, estimate in conn.execute(_TABLES).fetchall():
            if estimate > _TOO_MANY_TO_COUNT:
                found.append((name, f"about {estimate}"))
                continue
            row = conn.execute(f"SELECT count(*) FROM {name}".encode()).fetchone()
            found.append((name, str(row[0] if row else 0)))
        return Loss(conn.info.dbname, describe(url), tuple(found))


def require(url: str, action: str, *, allow_remote: bool) -> None:
    """Raise NotDevelopment unless `url` names a development database, or `allow_remote`.

    The one rule of everything that fills, drops or rewinds a database.
    """
    if allow_remote:
        return
    if not is_local(url):
        raise NotDevelopment(action=action, target=describe(url), why="it is not on this machine")
    if _is_production():
        raise NotDevelopment(action=action, target=describe(url), why="AMBER_ENV is production")


def permit(
    url: str,
    *,
    force: bool,
    allow_remote: bool,
    ask: Callable[[Loss], str] | None,
) -> None:
    """Raise NotDevelopment or DestroyRefused unless the database may be destroyed.

    `ask` shows the loss and returns what was typed; None where nobody is there to ask, and then
    only `force` permits.
    """
    require(url, "destroy", allow_remote=allow_remote)
    what = loss(url)
    if force:
        return
    if ask is None:
        raise DestroyRefused(what=what.where, why="there is no terminal to confirm it; say --force")
    if ask(what) != what.database:
        raise DestroyRefused(what=what.where, why="that is not its name")


def is_development(url: str) -> bool:
    """Tell whether no production can be behind `url`."""
    return is_local(url) and not _is_production()


def is_local(url: str) -> bool:
    """Tell whether every host of `url` is this machine or one of its sockets.

    An address goes before the name that stands beside it, as in libpq.
    """
    found = parse(url)
    if found.get("service") or os.environ.get("PGSERVICE"):
        return False
    addresses, names = (
        (found.get(key) or os.environ.get(variable, "")).split(",")
        for key, variable in (("hostaddr", "PGHOSTADDR"), ("host", "PGHOST"))
    )
    hosts = [address or name for address, name in zip_longest(addresses, names, fillvalue="")]
    return all(host in _LOCAL or host.startswith(("/", "@")) for host in hosts)


def _is_production() -> bool:
    return os.environ.get("AMBER_ENV", "").strip().lower() == "production"


def remake(url: str) -> None:
    """Drop the database that `url` names, with all its sessions, and create it empty."""
    with psycopg.connect(url, autocommit=True) as conn:
        name = conn.info.dbname
    other = "template1" if name == "postgres" else "postgres"
    with psycopg.connect(make_conninfo(url, dbname=other), autocommit=True) as admin:
        for statement in ("DROP DATABASE {} WITH (FORCE)", "CREATE DATABASE {}"):
            admin.execute(sql.SQL(statement).format(sql.Identifier(name)))
