"""A lock, then what is decided under it: two statements, one transaction, one round trip.

In READ COMMITTED a statement that waits for a lock still decides on the snapshot that it began
with; the next one has a fresh snapshot. A pipeline without BEGIN is one transaction up to its Sync,
so the row stays locked for as long as the server works, and for no round trip of ours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

from psycopg import AsyncConnection

from ._borrow_async import borrow
from ._error_notes import only
from ._pipelined_calls_async import call_together

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from psycopg.pq.abc import PGresult

    from ._borrow_async import AsyncConn
    from ._prepared import Statement

R = TypeVar("R")


async def lock_then(
    conn: AsyncConn,
    lock: Callable[[AsyncConn], Awaitable[object]],
    dependent: Callable[[AsyncConn], Awaitable[R]],
) -> R:
    """Send the query that `lock` calls, whose rows nobody wants, and behind it the one of `dependent`.

    Each is given what stands for the connection, and calls one query function with it. Outside a
    transaction the two statements are one of their own, which has committed when this returns;
    inside one they are part of it.
    """
    locking = AsyncRecorded()
    await lock(cast("Any", locking))
    query = locking.statement.name
    async with borrow(conn, query) as connection:
        only(AsyncConnection, connection, query)
        return await dependent(cast("Any", AsyncDependent(connection, locking)))


class AsyncRecorded:
    """Stands for a connection: notes the statement and runs nothing."""

    statement: Statement[Any]
    args: Sequence[Any]

    async def call(self, statement: Statement[Any], args: Sequence[Any], _: object) -> Any:
        """Note what is called."""
        self.statement, self.args = statement, args


class AsyncDependent:
    """Stands for a connection: runs the lock and the statement that is called."""

    def __init__(self, conn: AsyncConnection[Any], lock: AsyncRecorded) -> None:
        self._conn, self._lock = conn, lock

    async def call(
        self,
        statement: Statement[Any],
        args: Sequence[Any],
        finish: Callable[[Any], Callable[[PGresult], R]],
    ) -> R:
        """Run both."""
        lock = self._lock
        return await call_together(
            self._conn, [(lock.statement, lock.args), (statement, args)], finish
        )
