# Derived from _pipelined_lock_async.py by tools/async_to_sync.py: change that file, never this one.
"""A lock, then what is decided under it: two statements, one transaction, one round trip.

In READ COMMITTED a statement that waits for a lock still decides on the snapshot that it began
with; the next one has a fresh snapshot. A pipeline without BEGIN is one transaction up to its Sync,
so the row stays locked for as long as the server works, and for no round trip of ours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

from psycopg import Connection

from ._borrow import borrow
from ._error_notes import only
from ._pipelined_calls import call_together

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

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
    query = locking.statement.name
    with borrow(conn, query) as connection:
        only(Connection, connection, query)
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
        """Run both."""
        lock = self._lock
        return call_together(self._conn, [(lock.statement, lock.args), (statement, args)], finish)
