"""A statement on a connection, by psycopg's public interface: the path that always works.

One cursor for each (connection, statement) is kept on the connection. It is taken out while in
use, so that two threads or tasks on one connection never share it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

import psycopg
from psycopg import AsyncConnection, AsyncRawCursor
from psycopg.pq import Format

from . import _driver as driver
from . import _verbatim as verbatim
from ._loaders import encoding_of
from ._outdated import is_outdated, may_repeat

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from psycopg.pq.abc import PGresult

    from ._prepared import Statement

R = TypeVar("R")
T = TypeVar("T")

CURSORS = "_amber_cursors"


async def by_cursor(
    conn: AsyncConnection[Any],
    statement: Statement[R],
    args: Sequence[Any],
    finish: Callable[[Any], Callable[[PGresult], T]],
    *,
    prepare: bool,
) -> T:
    """Run the statement by a cursor that is kept for it, and which may prepare it."""
    cursors: dict[Statement[Any], AsyncKeptCursor[Any]] = vars(conn).setdefault(CURSORS, {})
    kept, encoding = cursors.pop(statement, None), encoding_of(conn)
    if kept is None or kept.encoding != encoding:
        kept = AsyncKeptCursor(conn, statement, encoding)
    result = await kept.execute(args, prepare=prepare)
    kept.reader.look_at(result)
    value = finish(kept.reader)(result)
    driver.forget_result(kept.cursor)
    cursors[statement] = kept
    return value


class AsyncKeptCursor(Generic[R]):
    """One statement on one connection."""

    __slots__ = ("_is_unnamed", "_statement", "cursor", "encoding", "reader")

    def __init__(self, conn: AsyncConnection[Any], statement: Statement[R], encoding: str) -> None:
        self._statement = statement
        self.encoding = encoding
        self._is_unnamed = False
        self.cursor = raw_cursor(conn)
        self.reader = driver.PreparedStatement(statement, encoding)

    async def execute(self, args: Sequence[Any], *, prepare: bool) -> PGresult:
        """Return psycopg's result, if need be after preparing the statement once more."""
        values = self._statement.encode(args, self.encoding)
        try:
            return await self._attempt(values, prepare=prepare and not self._is_unnamed)
        except psycopg.Error as problem:
            if not self._may_repeat(problem):
                raise
        # What psycopg thinks is prepared is not, or no longer fits: forget it, on both sides.
        await self.cursor.connection.execute("DEALLOCATE ALL")
        try:
            return await self._attempt(values, prepare=prepare)
        except psycopg.Error as problem:
            if not (is_outdated(problem) and self._may_repeat(problem)):
                raise
        self._is_unnamed = True  # a pooler's: see _preparing
        return await self._attempt(values, prepare=False)

    def _may_repeat(self, problem: psycopg.Error) -> bool:
        conn = self.cursor.connection
        return may_repeat(conn, problem) and not conn.pgconn.pipeline_status

    async def _attempt(self, values: Sequence[Any], *, prepare: bool) -> PGresult:
        sql, conn = self._statement.sql, self.cursor.connection
        if conn.pgconn.pipeline_status:
            async with conn.pipeline():  # leaving an inner one waits for its results
                await self.cursor.execute(sql, values, prepare=prepare)
        else:
            await self.cursor.execute(sql, values, prepare=prepare)
        result = self.cursor.pgresult
        assert result is not None  # noqa: S101  # execute() would have raised
        return result


def raw_cursor(connection: AsyncConnection[Any]) -> AsyncRawCursor[Any]:
    """Return a cursor that sends `$1 …` as written, encoded values as they are, and reads binary."""
    cursor: AsyncRawCursor[Any] = AsyncRawCursor(connection)
    cursor.format = Format.BINARY
    verbatim.register(cursor.adapters)
    return cursor
