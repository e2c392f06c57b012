"""A pool passed where a connection is wanted: borrow one for a statement or a block."""

from __future__ import annotations

from contextlib import asynccontextmanager, nullcontext
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from ._pool_async import AsyncPool

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from contextlib import AbstractAsyncContextManager

T = TypeVar("T")

AsyncConn: TypeAlias = AsyncConnection[Any] | AsyncConnectionPool[Any]
"""What a generated function takes first: a connection, or a pool to borrow one from."""


def borrow(conn: AsyncConn, what: str) -> AbstractAsyncContextManager[AsyncConnection[Any]]:
    """Return a block with a connection: `conn` itself, or one of a pool, which gets it back after.

    Raises PoolInTransaction, which says `what` was called, for a pool of ours whose caller has a
    transaction open on one of its connections: the block would not be part of it.
    """
    if not isinstance(conn, AsyncConnectionPool):
        return nullcontext(conn)
    if not isinstance(conn, AsyncPool):
        return conn.connection()
    conn.refuse_inside_transaction(what)
    return _borrowed(conn)


async def call_with_borrowed(
    pool: AsyncPool, query: str, work: Callable[..., Awaitable[T]], *args: Any
) -> T:
    """Return `work(connection, *args)`; the same as `borrow`, but quicker."""
    pool.refuse_inside_transaction(query)
    connection = await pool.borrow()
    try:
        value = await work(connection, *args)
        if not connection.autocommit:
            await connection.commit()
        return value
    finally:
        await pool.putconn(connection)


@asynccontextmanager
async def _borrowed(pool: AsyncPool) -> AsyncIterator[AsyncConnection[Any]]:
    connection = await pool.borrow()
    try:
        async with connection:  # commits, for connections that are not in autocommit
            yield connection
    finally:
        await pool.putconn(connection)
