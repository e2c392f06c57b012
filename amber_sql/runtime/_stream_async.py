"""A result too large to hold: a server-side cursor, read a few hundred rows at a time."""

from __future__ import annotations

from contextlib import asynccontextmanager, nullcontext
from itertools import count
from typing import TYPE_CHECKING, Any, LiteralString, TypeVar

from psycopg import AsyncConnection
from psycopg.pq import TransactionStatus
from psycopg_pool import AsyncConnectionPool

from ._blocks_async import alone
from ._borrow_async import borrow
from ._copy_destination import trusted
from ._cursor_path_async import raw_cursor
from ._error_notes import named, only
from ._loaders import encoding_of
from ._reader import Reader

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from contextlib import AbstractAsyncContextManager

    from psycopg import AsyncRawCursor

    from ._borrow_async import AsyncConn
    from ._prepared import Statement

R = TypeVar("R")

ROWS = 500
"""Rows fetched at once: enough to make the round trip small, few enough to hold."""

NUMBERS = "_amber_streams"


@asynccontextmanager
async def stream(
    conn: AsyncConn, statement: Statement[R], args: Sequence[Any] = ()
) -> AsyncIterator[AsyncIterator[R]]:
    """Give an iterator over the rows, in memory that does not grow with their number.

    The rows are those of one moment. They are read in a transaction, a new one where none is
    open; a pool lends its connection for the whole block.
    """
    if isinstance(conn, AsyncConnectionPool):
        async with borrow(conn, statement.name) as lender, stream(lender, statement, args) as rows:
            yield rows
        return
    only(AsyncConnection, conn, statement.name)
    async with alone(conn, statement.name), _transaction(conn):
        cursor = raw_cursor(conn)
        name = f"amber_{next(vars(conn).setdefault(NUMBERS, count()))}"
        declare = trusted(f"DECLARE {name} NO SCROLL CURSOR FOR {statement.sql}")
        with named(statement.name):
            await cursor.execute(declare, statement.encode(args, encoding_of(conn)), prepare=False)
        try:
            yield _rows(cursor, trusted(f"FETCH {ROWS} FROM {name}"), statement)
        finally:
            if conn.pgconn.transaction_status == TransactionStatus.INTRANS:
                await cursor.execute(trusted(f"CLOSE {name}"))


def _transaction(conn: AsyncConnection[Any]) -> AbstractAsyncContextManager[Any]:
    """Return a new transaction where none is open, or is about to begin by itself."""
    if conn.autocommit and conn.pgconn.transaction_status == TransactionStatus.IDLE:
        return conn.transaction()
    return nullcontext()


async def _rows(
    cursor: AsyncRawCursor[Any], fetch: LiteralString, statement: Statement[R]
) -> AsyncIterator[R]:
    reader = Reader(statement, encoding_of(cursor.connection))
    while True:
        with named(statement.name):
            await cursor.execute(fetch, (), prepare=False)  # behind a pooler another's has the name
            result = cursor.pgresult
            assert result is not None  # noqa: S101  # execute() would have raised
            reader.look_at(result)
            rows = reader.many(result)
        if not result.ntuples:
            return
        for row in rows:  # async has no `yield from`
            yield row
        reader.rows_before += result.ntuples
