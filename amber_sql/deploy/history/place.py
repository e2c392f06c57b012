"""Where a database keeps its history: the schema of the deploys' tables, whatever search_path says.

They are found by name in every schema. A database without any gets them in `public`, where that
is there and open to the role, else in the role's own schema. Two histories would be two answers to
"what ran here?", so they are refused until one is chosen.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from psycopg import sql

from amber_sql.compiler.bookkeeping import TABLES
from amber_sql.compiler.search_path import callers_path, own_path
from amber_sql.errors import HistoryHidden, NoHistorySchema, TwoHistories

if TYPE_CHECKING:
    import psycopg

CHOICE = "AMBER_HISTORY_SCHEMA"
"""The environment's word on which schema, where a database has several histories."""

_HISTORIES = """
    SELECT n.nspname, pg_catalog.has_table_privilege(c.oid, 'SELECT')
                      AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
    FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relname = '_yoyo_migration' AND c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_'
    ORDER BY n.nspname = 'public' DESC, n.nspname
"""
_HIDDEN = """
    SELECT pg_catalog.string_agg(c.relname, ', ' ORDER BY c.relname), current_user
    FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname = %s AND c.relname = ANY (%s::text[]) AND pg_catalog.row_security_active(c.oid)
"""
_MAY_CREATE = """
    SELECT nspname FROM pg_catalog.pg_namespace
    WHERE nspname = %s AND pg_catalog.has_schema_privilege(oid, 'CREATE')
"""

_known: WeakKeyDictionary[psycopg.Connection, str] = WeakKeyDictionary()


def schema(conn: psycopg.Connection) -> str | None:
    """Return the schema of this database's history; None where nothing has been deployed to it.

    Raises TwoHistories where it has several.
    """
    if conn in _known:
        return _known[conn]
    with own_path(conn):
        found = conn.execute(_HISTORIES).fetchall()
        if choice := os.environ.get(CHOICE):
            found = [row for row in found if row[0] == choice]
        # What nobody has deployed with, as plain `yoyo list` leaves it, is no history.
        used = [name for name, readable in found if readable and _has_rows(conn, name)]
    # One that this role may not read is another application's, unless there is no other.
    used = used or [name for name, readable in found if not readable]
    if len(used) > 1:
        raise TwoHistories(schemas=", ".join(used))
    there = {name for name, _ in found}
    names: list[str] = used or [name for name in _homes(conn) if name in there]
    if not names:
        return None
    with own_path(conn):
        hidden, user = conn.execute(_HIDDEN, [names[0], list(TABLES)]).fetchone() or (None, "")
    if hidden:
        raise HistoryHidden(schema=names[0], tables=hidden, user=user)
    _known[conn] = names[0]
    return names[0]


def schema_to_create(conn: psycopg.Connection) -> str:
    """Return the schema in which a history begins."""
    homes = _homes(conn)
    for name in homes:
        with own_path(conn):
            if conn.execute(_MAY_CREATE, [name]).fetchone():
                return name
    raise NoHistorySchema(schema=homes[0], user=_user(conn))


def qualified(conn: psycopg.Connection, query: str, schema_name: str | None = None) -> bytes:
    """Return `query` with the history's schema in the place of `bookkeeping`."""
    name = schema_name or schema(conn)
    if name is None:
        raise NoHistorySchema(schema="public", user=_user(conn))
    return query.replace("bookkeeping.", f"{sql.Identifier(name).as_string(conn)}.").encode()


def has_table(conn: psycopg.Connection, table: str) -> bool:
    """Tell whether the history has this table: older releases of ours made fewer."""
    name = schema(conn)
    query = "SELECT 1 FROM pg_catalog.pg_tables WHERE schemaname = %s AND tablename = %s"
    with own_path(conn):
        return name is not None and conn.execute(query, [name, table]).fetchone() is not None


def _has_rows(conn: psycopg.Connection, name: str) -> bool:
    query = sql.SQL("SELECT 1 FROM {} LIMIT 1").format(sql.Identifier(name, "_yoyo_migration"))
    return conn.execute(query).fetchone() is not None


def _homes(conn: psycopg.Connection) -> list[str]:
    """Return where a history may begin, the better place first."""
    if choice := os.environ.get(CHOICE):
        return [choice]
    with callers_path(conn):
        row = conn.execute("SELECT pg_catalog.current_schema()").fetchone()
    return ["public", *(row if row and row[0] else ())]


def _user(conn: psycopg.Connection) -> str:
    """Return whose rights count: SET ROLE, as the migrator's settings do, makes it another's."""
    row = conn.execute("SELECT current_user").fetchone()
    return str(row[0]) if row else conn.info.user
