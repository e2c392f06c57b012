"""Is there a transaction pooler in between? Then neither locks nor settings stay with this session.

A pooler answers the start-up itself, with a process id that it made up. That alone may be a pooler
in session mode, which is harmless. In transaction mode an idle client holds no server session, so
that two clients who ask in turn meet on one, or one client meets several.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg

from amber_sql.deploy.connect.target import describe
from amber_sql.errors import PoolerRefused

if TYPE_CHECKING:
    from psycopg import Connection

_ROUNDS = 4


def refuse(conn: Connection, url: str) -> None:
    """Raise PoolerRefused where `conn` goes through a pooler in transaction mode."""
    if conn.info.backend_pid == _session(conn):
        return
    with psycopg.connect(url, autocommit=True, prepare_threshold=None, connect_timeout=5) as other:
        ours, theirs = set(), set()
        for _ in range(_ROUNDS):
            ours.add(_session(conn))
            theirs.add(_session(other))
    if ours & theirs or len(ours) > 1:
        raise PoolerRefused(target=describe(url))


def _session(conn: Connection) -> int:
    """Return the process id of the server session that answers."""
    row = conn.execute("SELECT pg_catalog.pg_backend_pid()").fetchone()
    return int(row[0]) if row else 0
