"""A pool passed where a connection is wanted: lend one for a single statement."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from .pool_async import AsyncPool

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from contextlib import AbstractAsyncContextManager

    from psycopg import AsyncConnection
    from psycopg_pool import AsyncConnectionPool

T = TypeVar("T")


def lent(
    pool: AsyncConnectionPool[Any], query: str
) -> AbstractAsyncContextManager[AsyncConnection[Any]]:
    """Return a block with a connection, which goes back to the pool after.

    Raises PoolInTransaction where the caller has a transaction open on one of our pool's own
    connections: the statement would not be part of it.
    """
    if not isinstance(pool, AsyncPool):
        return pool.connection()
    pool.refuse_inside_transaction(query)
    return _lent(pool)


async def call_with(
    pool: AsyncPool, query: str, work: Callable[..., Awaitable[T]], *args: Any
) -> T:
    """Return `work(connection, *args)`; the same as `lent`, but quicker."""
    pool.refuse_inside_transaction(query)
    connection = await pool.lend()
    try:
        value = await work(connection, *args)
        if not connection.autocommit:
            await connection.commit()
        return value
    finally:
        await pool.putconn(connection)


@asynccontextmanager
async def _lent(pool: AsyncPool) -> AsyncIterator[AsyncConnection[Any]]:
    connection = await pool.lend()
    try:
        async with connection:  # commits, for connections that are not in autocommit
            yield connection
    finally:
        await pool.putconn(connection)
