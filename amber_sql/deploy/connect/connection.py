"""A libpq URL → one connection fit for a deploy: retried while the server starts, with timeouts, and ended by the server when we are gone.

The URL goes to libpq as it is (several hosts, options, sockets, services, password files); only
what it leaves open is added.
"""

from __future__ import annotations

import os
import socket
import time
from typing import TYPE_CHECKING, Any

import psycopg

from amber_sql.deploy.connect import pooler
from amber_sql.deploy.connect.target import describe, parse
from amber_sql.deploy.progress import Event, Progress
from amber_sql.errors import DatabaseUnreachable
from amber_sql.runtime.conninfo import printable

if TYPE_CHECKING:
    from amber_sql.deploy.settings import Settings

_NETWORK = {
    "connect_timeout": "5",
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "tcp_user_timeout": "15000",
}
"""Where the URL says nothing else, a dead peer is noticed within seconds on our side too."""

_PERMANENT = (
    "authentication failed",
    "does not exist",
    "no pg_hba.conf entry",
    "no password supplied",
)
"""Waiting does not mend these; a server whose messages are not English is waited for in vain."""


def application_name() -> str:
    """Name this process to whoever looks into pg_stat_activity: another deploy that waits for us."""
    return f"amber-sql migrate {socket.gethostname()[:30]}:{os.getpid()}"


def connect(url: str, settings: Settings, progress: Progress) -> psycopg.Connection:
    """Return an autocommit connection, trying for `settings.connect_wait` seconds.

    Raises DatabaseUnreachable with the server's reason, or for a text that is no URL.
    """
    given = parse(url)
    added: dict[str, Any] = {key: value for key, value in _NETWORK.items() if key not in given}
    started, said = time.monotonic(), ""
    while True:
        try:
            conn = psycopg.connect(
                url, autocommit=True, prepare_threshold=None,
                fallback_application_name=application_name(), client_encoding="utf8", **added,
            )  # fmt: skip
        except psycopg.OperationalError as error:
            reason = _reason(error)
            left = settings.connect_wait - (time.monotonic() - started)
            if left <= 0 or any(words in reason for words in _PERMANENT):
                raise DatabaseUnreachable(
                    target=describe(url), reason=reason, remedy=_remedy(reason)
                ) from None
            if reason != said:
                progress(Event("waiting", f"for {describe(url)}", detail=reason))
                said = reason
            time.sleep(min(0.5, left))
        else:
            pooler.refuse(conn, url)
            _set_up(conn, given, settings)
            progress(Event("connected", describe(url), time.monotonic() - started))
            return conn


def _set_up(conn: psycopg.Connection, given: dict[str, str], settings: Settings) -> None:
    """Bound what this session may wait for, unless the URL's own `options` say how."""
    options = given.get("options", "") + os.environ.get("PGOPTIONS", "")
    wanted = {
        "lock_timeout": _milliseconds(settings.lock_timeout),
        "statement_timeout": _milliseconds(settings.statement_timeout),
        "idle_in_transaction_session_timeout": "60s",
        "tcp_keepalives_idle": "5",
        "tcp_keepalives_interval": "2",
        "tcp_keepalives_count": "3",
        "client_connection_check_interval": "1s",
    }
    # A file is read as UTF-8, and by the lexical rules of standard SQL, here and by the server.
    conn.execute("SET standard_conforming_strings = on")
    for name, value in wanted.items():
        if name in options:
            continue
        try:
            conn.execute("SELECT pg_catalog.set_config(%s, %s, false)", [name, value])
        except psycopg.errors.InvalidParameterValue:
            # Some platforms cannot watch a client's socket; the server says so, and does without.
            continue


def _milliseconds(seconds: float) -> str:
    """Return a duration as PostgreSQL's settings take it."""
    return f"{round(seconds * 1000)}ms"


def _reason(error: psycopg.Error) -> str:
    """Return the last line of libpq's complaint, which names the server but never the password.

    What follows it, "Is the server running …?", is no reason.
    """
    lines = [line.strip() for line in str(error).splitlines()]
    told = [line for line in lines if line and not line.startswith("Is the server running")]
    last = told[-1] if told else type(error).__name__
    return printable(last.removeprefix("- ").removeprefix("connection failed: ").rstrip(".?"))


def _remedy(reason: str) -> str:
    """Tell what to do about a connection that was refused."""
    if "authentication failed" in reason or "no password supplied" in reason:
        return (
            "Check user and password in DATABASE_URL, or the password file that PGPASSFILE names."
        )
    if "does not exist" in reason:
        return "Create it, or correct DATABASE_URL."
    return "Check DATABASE_URL, and that the server accepts connections from this machine."
