"""A pool passed where a connection is wanted: borrow one for a statement or a block."""

from __future__ import annotations

from contextlib import asynccontextmanager, nullcontext
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from ._error_notes import name_query
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
    return _borrowed(conn, what)


async def call_with_borrowed(
    pool: AsyncPool, query: str, work: Callable[..., Awaitable[T]], *args: Any
) -> T:
    """Return `work(connection, *args)`; the same as `borrow`, but quicker."""
    pool.refuse_inside_transaction(query)
    try:
        connection = await pool.borrow()
    except PoolTimeout as problem:
        name_query(problem, query)
        raise
    try:
        value = await work(connection, *args)
        if not connection.autocommit:
            await connection.commit()
    except Exception as problem:
        await pool.after_error(connection, problem, single=connection.autocommit)
        raise
    else:
        return value
    finally:
        await pool.putconn(connection)


@asynccontextmanager
async def _borrowed(
    pool: AsyncConnectionPool[Any], query: str
) -> AsyncIterator[AsyncConnection[Any]]:
    ours = pool if isinstance(pool, AsyncPool) else None
    if ours:
        ours.refuse_inside_transaction(query)
    try:
        connection = await (ours.borrow() if ours else pool.getconn())
    except PoolTimeout as problem:
        name_query(problem, query)
        raise
    try:
        async with connection:  # commits, for connections that are not in autocommit
            yield connection
    except Exception as problem:
        if ours:
            await ours.after_error(connection, problem)
        raise
    finally:
        await pool.putconn(connection)
