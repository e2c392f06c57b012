# Derived from ahead_async.py by tools/async_to_sync.py: change that file, never this one.
"""A lock, then what is decided under it: two statements, one transaction, one round trip.

In READ COMMITTED a statement that waits for a lock still decides on the snapshot that it began
with; the next one has a fresh snapshot. A pipeline without BEGIN is one transaction up to its Sync,
so the row stays locked for as long as the server works, and for no round trip of ours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import psycopg
from psycopg_pool import ConnectionPool

from . import driver
from ._loaders import encoding_of
from .lend import lent
from .naming import name_query
from .plain import BEHIND, raw_cursor

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from psycopg import Connection

    from ._prepared import Statement
    from .calls import Conn

R = TypeVar("R")


def behind(
    conn: Conn,
    ahead: Statement[Any],
    args: Sequence[Any],
    decide: Callable[[Connection[Any]], R],
) -> R:
    """Send `ahead`, whose rows nobody wants, and right behind it the one statement that `decide` calls.

    Outside a transaction the two are one of their own, which has committed when this returns;
    inside one they are part of it.
    """
    if isinstance(conn, ConnectionPool):
        with lent(conn, ahead.name) as connection:
            return behind(connection, ahead, args, decide)
    try:
        return _together(conn, ahead, args, decide)
    except psycopg.Error as problem:
        if not driver.may_repeat(conn, problem):
            raise
    conn.execute("DEALLOCATE ALL")
    return _together(conn, ahead, args, decide)


def _together(
    conn: Connection[Any],
    ahead: Statement[Any],
    args: Sequence[Any],
    decide: Callable[[Connection[Any]], R],
) -> R:
    with conn.pipeline() as pipeline:
        try:
            values = ahead.encode(args, encoding_of(conn))
            raw_cursor(conn).execute(ahead.sql, values, prepare=True)
        except Exception as problem:
            name_query(problem, ahead.name)
            raise
        vars(conn)[BEHIND] = pipeline
        try:
            return decide(conn)
        finally:
            del vars(conn)[BEHIND]
