"""What a migration did to the session is undone before the next statement of ours.

A file may say SET search_path or SET ROLE, as every dump does. Stock yoyo gives each migration a
connection of its own; ours has one. It reads the catalog with `OWN_PATH`, so that no table, no
function and no operator of the application's can stand in the place of PostgreSQL's own; what a
migration says is read with the path that the role, the database or the URL sets.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from psycopg.pq import TransactionStatus

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

OWN_PATH = "pg_catalog, pg_temp"
"""Temporary objects last: they would come first if they were not named."""

KEPT = (
    "search_path",
    "lock_timeout",
    "statement_timeout",
    "idle_in_transaction_session_timeout",
    "tcp_keepalives_idle",
    "tcp_keepalives_interval",
    "tcp_keepalives_count",
    "client_connection_check_interval",
    "standard_conforming_strings",
)
"""Settings of ours that RESET ALL takes away."""

_READ = "SELECT " + ", ".join(f"pg_catalog.current_setting('{name}')" for name in KEPT)
_WRITE = "SELECT " + ", ".join(f"pg_catalog.set_config('{name}', %s, false)" for name in KEPT)
_TELL = "SELECT pg_catalog.current_setting('search_path')"
_SET = "SELECT pg_catalog.set_config('search_path', %s, false)"


def read_settings(conn: psycopg.Connection) -> tuple[str, ...]:
    """Return this session's settings, for `restore`."""
    return tuple(conn.execute(_READ.encode()).fetchone() or ())


def restore(conn: psycopg.Connection, settings: tuple[str, ...]) -> None:
    """Be the same session again: role, search path and settings; within a transaction too."""
    conn.execute("RESET SESSION AUTHORIZATION; RESET ROLE; RESET ALL")
    conn.execute(_WRITE.encode(), settings)


def use_own_path(conn: psycopg.Connection) -> None:
    """From here on read the catalog as it is, whatever the application has put into its schemas."""
    conn.execute(_SET, [OWN_PATH])


@contextmanager
def own_path(conn: psycopg.Connection) -> Iterator[None]:
    """Read the catalog as it is, for a block."""
    with _path(conn, OWN_PATH):
        yield


@contextmanager
def callers_path(conn: psycopg.Connection) -> Iterator[None]:
    """Mean by a name what the role, the database or the URL sets, for a block."""
    with _path(conn, None):
        yield


@contextmanager
def _path(conn: psycopg.Connection, path: str | None) -> Iterator[None]:
    before = conn.execute(_TELL).fetchone()
    conn.execute("RESET search_path") if path is None else conn.execute(_SET, [path])
    try:
        yield
    finally:
        # A transaction that failed takes the path back by itself.
        usable = {TransactionStatus.IDLE, TransactionStatus.INTRANS}
        if before and not conn.closed and conn.info.transaction_status in usable:
            conn.execute(_SET, before)
