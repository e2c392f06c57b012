"""One deploy at a time: an advisory lock of the session that also runs the migrations.

It is polled outside any transaction. A session blocked in `pg_advisory_lock` would hold a snapshot,
and another deploy's CREATE INDEX CONCURRENTLY would wait for that snapshot for ever. The server
drops the lock with its session, so a killed deploy leaves nothing to clean up.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from psycopg.pq import TransactionStatus

from amber_sql.deploy.progress import Event, Progress
from amber_sql.errors import DeployLocked

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

KEY = (0x616D6265, 0x722D7371)
"""`amber-sq` as two int4: one lock a database, shared by every release."""

_HOLDER = """
    SELECT a.pid, a.application_name, a.usename, coalesce(host(a.client_addr), 'socket'), a.state,
           extract(epoch FROM now() - coalesce(a.xact_start, a.state_change, a.backend_start))::int
    FROM pg_catalog.pg_locks AS l
    LEFT JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
    WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2
      AND l.classid = %s::bigint::oid AND l.objid = %s::bigint::oid
      AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
"""
_MINE = """
    SELECT 1 FROM pg_catalog.pg_locks AS l
    WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2 AND l.pid = pg_catalog.pg_backend_pid()
      AND l.classid = %s::bigint::oid AND l.objid = %s::bigint::oid
"""


@contextmanager
def held(conn: psycopg.Connection, *, wait: float, progress: Progress) -> Iterator[None]:
    """Hold the deploy lock on `conn`, an autocommit connection, for the length of the block.

    Waits up to `wait` seconds, saying who holds it; then raises DeployLocked.
    """
    started = time.monotonic()
    pause, said = 0.05, ""
    while not _try(conn):
        waited = time.monotonic() - started
        who = holder(conn)
        if waited >= wait:
            raise DeployLocked(seconds=waited, holder=who or "it has just changed hands")
        if who and who.partition(",")[0] != said:
            said = who.partition(",")[0]
            progress(Event("waiting", "for the deploy lock", detail=who))
        time.sleep(max(0.0, min(pause, wait - waited)))
        pause = min(pause * 1.5, 1.0)
    progress(Event("locked", seconds=time.monotonic() - started))
    try:
        yield
    finally:
        if not conn.closed and conn.info.transaction_status is TransactionStatus.IDLE:
            conn.execute("SELECT pg_advisory_unlock(%s, %s)", KEY)


def is_held(conn: psycopg.Connection) -> bool:
    """Tell whether this session holds the lock."""
    return conn.execute(_MINE, KEY).fetchone() is not None


def take_again(conn: psycopg.Connection) -> bool:
    """Hold the lock, where a migration may have given it away; False where another session has it."""
    return is_held(conn) or _try(conn)


def holder(conn: psycopg.Connection) -> str:
    """Say which session holds the deploy lock; the empty string where nobody does."""
    row = conn.execute(_HOLDER, KEY).fetchone()
    if row is None:
        return ""
    pid, name, user, address, state, seconds = row
    doing = f", {state} for {seconds} s" if state else ""
    return f"{name or 'a session'} (server process {pid}, {user} from {address}){doing}"


def _try(conn: psycopg.Connection) -> bool:
    row = conn.execute("SELECT pg_try_advisory_lock(%s, %s)", KEY).fetchone()
    return row is not None and bool(row[0])
