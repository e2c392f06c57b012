# Derived from _pipelined_lock_async.py by tools/async_to_sync.py: change that file, never this one.
"""A lock, then what is decided under it: two statements, one transaction, one round trip.

In READ COMMITTED a statement that waits for a lock still decides on the snapshot that it began
with; the next one has a fresh snapshot. A pipeline without BEGIN is one transaction up to its Sync,
so the row stays locked for as long as the server works, and for no round trip of ours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

import psycopg

from . import _driver as driver
from ._borrow import borrow
from ._cursor_path import DEPENDENT, by_cursor, raw_cursor
from ._error_notes import name_query
from ._loaders import encoding_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from psycopg import Connection
    from psycopg.pq.abc import PGresult

    from ._borrow import Conn
    from ._prepared import Statement

R = TypeVar("R")


def lock_then(
    conn: Conn,
    lock: Callable[[Conn], object],
    dependent: Callable[[Conn], R],
) -> R:
    """Send the query that `lock` calls, whose rows nobody wants, and behind it the one of `dependent`.

    Each is given what stands for the connection, and calls one query function with it. Outside a
    transaction the two statements are one of their own, which has committed when this returns;
    inside one they are part of it.
    """
    locking = Recorded()
    lock(cast("Any", locking))
    with borrow(conn, locking.statement.name) as connection:
        return dependent(cast("Any", Dependent(connection, locking)))


class Recorded:
    """Stands for a connection: notes the statement and runs nothing."""

    statement: Statement[Any]
    args: Sequence[Any]

    def call(self, statement: Statement[Any], args: Sequence[Any], _: object) -> Any:
        """Note what is called."""
        self.statement, self.args = statement, args


class Dependent:
    """Stands for a connection: runs the lock and the statement that is called."""

    def __init__(self, conn: Connection[Any], lock: Recorded) -> None:
        self._conn, self._lock = conn, lock

    def call(
        self,
        statement: Statement[Any],
        args: Sequence[Any],
        finish: Callable[[Any], Callable[[PGresult], R]],
    ) -> R:
        """Run both, if need be after preparing them once more."""
        try:
            return self._together(statement, args, finish)
        except psycopg.Error as problem:
            if not driver.may_repeat(self._conn, problem):
                raise
        self._conn.execute("DEALLOCATE ALL")
        return self._together(statement, args, finish)

    def _together(
        self,
        statement: Statement[Any],
        args: Sequence[Any],
        finish: Callable[[Any], Callable[[PGresult], R]],
    ) -> R:
        conn, lock = self._conn, self._lock
        with conn.pipeline() as pipeline:
            try:
                values = lock.statement.encode(lock.args, encoding_of(conn))
                raw_cursor(conn).execute(lock.statement.sql, values, prepare=True)
            except Exception as problem:
                name_query(problem, lock.statement.name)
                raise
            vars(conn)[DEPENDENT] = pipeline
            try:
                return by_cursor(conn, statement, args, finish)
            except Exception as problem:
                name_query(problem, statement.name)
                raise
            finally:
                del vars(conn)[DEPENDENT]
