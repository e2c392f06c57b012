"""A connection or a pool → a connection with a transaction open on it."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from amber_sql.runtime.aio import borrow

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from psycopg import AsyncConnection

    from amber_sql.runtime.aio import AsyncConn


@asynccontextmanager
async def transaction(conn: AsyncConn, name: str) -> AsyncIterator[AsyncConnection[Any]]:
    """Open a transaction, or a savepoint in the one that is open, for what `name` does.

    Raises PoolInTransaction, which names it, for a pool whose caller has a transaction open.
    """
    async with borrow(conn, name) as own, own.transaction():
        yield own
