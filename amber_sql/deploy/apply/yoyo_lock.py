"""Keeping stock yoyo out: its lock is a row in `yoyo_lock`, and it knows nothing of advisory locks.

While a transactional migration of ours runs, the row is in its transaction: a stock `yoyo apply`
elsewhere waits for our commit, and a kill leaves no row. Around a statement outside a transaction
the row is committed, with a negative process id. A row with such an id, found by who holds the
advisory lock, is stale by construction; any other is stock yoyo's, and is never deleted while one
session that may be its process is still there.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from amber_sql.deploy.history import place
from amber_sql.deploy.progress import Event, Progress
from amber_sql.errors import StockLocked

if TYPE_CHECKING:
    import psycopg

_CLAIM = """
    INSERT INTO bookkeeping.yoyo_lock (locked, ctime, pid) VALUES (1, now() AT TIME ZONE 'UTC', %s)
    ON CONFLICT DO NOTHING
"""
# Stock yoyo keeps the connection that wrote the row for as long as it runs, and writes the row as
# the first thing; the minute is for its machine's clock. A session whose start this role may not
# see might be it. Our own sessions say so in application_name, which every role sees.
_SUSPECTS = """
    SELECT l.pid, l.ctime::text,
           coalesce(string_agg(format('server process %%s (%%s%%s)', a.pid, a.usename,
               coalesce(' from ' || host(a.client_addr), '')), ', ' ORDER BY a.pid)
               FILTER (WHERE a.pid IS NOT NULL), '')
    FROM bookkeeping.yoyo_lock AS l
    LEFT JOIN pg_catalog.pg_stat_activity AS a
      ON a.datname = current_database() AND a.usename IS NOT NULL AND a.pid <> pg_backend_pid()
     AND a.application_name NOT LIKE 'amber%%'
     AND (a.backend_start IS NULL OR a.backend_start AT TIME ZONE 'UTC' <= l.ctime + interval '1 minute')
    WHERE l.pid >= 0
    GROUP BY l.pid, l.ctime
"""


def claim(conn: psycopg.Connection) -> bool:
    """Put our row where stock yoyo looks; False where stock yoyo has put its own."""
    return conn.execute(place.qualified(conn, _CLAIM), [-os.getpid()]).rowcount == 1


def release(conn: psycopg.Connection) -> bool:
    """Take our row away; False where the current transaction is not the one that put it there."""
    query = (
        "DELETE FROM bookkeeping.yoyo_lock"
        " WHERE pid = %s AND xmin = pg_catalog.pg_current_xact_id()::xid"
    )
    return conn.execute(place.qualified(conn, query), [-os.getpid()]).rowcount == 1


def clear_ours(conn: psycopg.Connection) -> None:
    """Remove a row of ours; only for who holds the advisory lock."""
    conn.execute(place.qualified(conn, "DELETE FROM bookkeeping.yoyo_lock WHERE pid < 0"))


def wait(conn: psycopg.Connection, *, seconds: float, progress: Progress) -> None:
    """Wait until stock yoyo's row is gone, or its process is; raise StockLocked after `seconds`."""
    clear_ours(conn)
    started, said = time.monotonic(), False
    while row := conn.execute(place.qualified(conn, _SUSPECTS), ()).fetchone():
        pid, since, suspects = row
        if not suspects:
            query = "DELETE FROM bookkeeping.yoyo_lock WHERE pid = %s"
            conn.execute(place.qualified(conn, query), [pid])
            progress(
                Event(
                    "healed", "yoyo_lock", detail=f"plain yoyo's process {pid} left its row behind"
                )
            )
            return
        holder = f"process {pid} of some machine since {since} UTC, perhaps {suspects}"
        if time.monotonic() - started >= seconds:
            raise StockLocked(seconds=seconds, holder=holder)
        if not said:
            progress(Event("waiting", "for plain yoyo", detail=holder))
            said = True
        time.sleep(0.5)
