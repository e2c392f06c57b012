"""Did a migration leave the deploys' tables alone? What it does to them, the next deploy would trip over.

Dropped, moved, emptied, under a trigger, beside a second history: each ends in a deploy that runs
everything again, or nothing ever after. So it is seen before the commit, while all can be undone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from amber_sql.compiler.bookkeeping import TABLES
from amber_sql.compiler.search_path import own_path
from amber_sql.deploy.history import place

if TYPE_CHECKING:
    import psycopg

State: TypeAlias = dict[str, str]
"""Each table by its name, with all that decides what is read from and written to it."""

_TABLES = """
    SELECT format('%%s.%%s', n.nspname, c.relname),
           concat_ws(' ', c.oid, pg_relation_filenode(c.oid), c.relnatts, c.relrowsecurity,
                     c.relforcerowsecurity, c.relhastriggers, c.relhasrules)
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relname = ANY (%(tables)s) AND c.relkind IN ('r', 'p', 'v', 'f') AND n.nspname !~ '^pg_'
      AND (n.nspname = %(schema)s OR c.relname = '_yoyo_migration')
"""
_ROWS = {
    "_yoyo_migration": "migration_hash",
    "_amber_migration": "migration_hash || checksum",
    "yoyo_lock": "pid::text",
}
_DIGEST = """
    SELECT md5(string_agg({what}, ' ' ORDER BY {what} COLLATE "C")) FROM bookkeeping.{table}
"""


def look(conn: psycopg.Connection) -> State:
    """Return the state of the deploys' tables, as the current transaction sees it."""
    schema = place.schema(conn)
    with own_path(conn):
        values = {"tables": list(TABLES), "schema": schema}
        found: State = dict(conn.execute(_TABLES, values).fetchall())
        for table, what in _ROWS.items():
            name = f"{schema}.{table}"
            if name in found:
                query = place.qualified(conn, _DIGEST.format(what=what, table=table))
                (digest,) = conn.execute(query).fetchone() or ("",)
                found[name] += f" {digest}"
    return found


def changed(before: State, after: State) -> str:
    """Name the tables that are not as they were; the empty string where all are."""
    names = before.keys() | after.keys()
    return ", ".join(sorted(name for name in names if before.get(name) != after.get(name)))
