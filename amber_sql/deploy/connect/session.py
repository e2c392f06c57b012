"""What a migration did to the session is undone before the next statement of ours.

A file may say SET search_path or SET ROLE, as every dump does. Stock yoyo gives each migration a
connection of its own; ours has one. It reads the catalog with `OWN_PATH`, so that no table, no
function and no operator of the application's can stand in the place of PostgreSQL's own; what a
migration says is read with the path that the role, the database or the URL sets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psycopg

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


def read_settings(conn: psycopg.Connection) -> tuple[str, ...]:
    """Return this session's settings, for `restore`."""
    return tuple(conn.execute(_READ.encode()).fetchone() or ())


def restore(conn: psycopg.Connection, settings: tuple[str, ...]) -> None:
    """Be the same session again: role, search path and settings; within a transaction too."""
    conn.execute("RESET SESSION AUTHORIZATION; RESET ROLE; RESET ALL")
    conn.execute(_WRITE.encode(), settings)


def forget(conn: psycopg.Connection) -> None:
    """Drop what a migration left in the session: the next one would find a name taken, or a row.

    DISCARD ALL would give the deploy lock away.
    """
    conn.execute("CLOSE ALL; DEALLOCATE ALL; UNLISTEN *; DISCARD SEQUENCES; DISCARD TEMP")
