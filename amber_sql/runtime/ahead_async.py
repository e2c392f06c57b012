"""A lock, then what is decided under it: two statements, one transaction, one round trip.

In READ COMMITTED a statement that waits for a lock still decides on the snapshot that it began
with; the next one has a fresh snapshot. A pipeline without BEGIN is one transaction up to its Sync,
so the row stays locked for as long as the server works, and for no round trip of ours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import psycopg
from psycopg_pool import AsyncConnectionPool

from . import driver
from ._loaders import encoding_of
from .lend_async import lent
from .naming import name_query
from .plain_async import BEHIND, raw_cursor

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from psycopg import AsyncConnection

    from ._prepared import Statement
    from .calls_async import AsyncConn

R = TypeVar("R")


async def behind(
    conn: AsyncConn,
    ahead: Statement[Any],
    args: Sequence[Any],
    decide: Callable[[AsyncConnection[Any]], Awaitable[R]],
) -> R:
    """Send `ahead`, whose rows nobody wants, and right behind it the one statement that `decide` calls.

    Outside a transaction the two are one of their own, which has committed when this returns;
    inside one they are part of it.
    """
    if isinstance(conn, AsyncConnectionPool):
        async with lent(conn, ahead.name) as connection:
            return await behind(connection, ahead, args, decide)
    try:
        return await _together(conn, ahead, args, decide)
    except psycopg.Error as problem:
        if not driver.may_repeat(conn, problem):
            raise
    await conn.execute("DEALLOCATE ALL")
    return await _together(conn, ahead, args, decide)


async def _together(
    conn: AsyncConnection[Any],
    ahead: Statement[Any],
    args: Sequence[Any],
    decide: Callable[[AsyncConnection[Any]], Awaitable[R]],
) -> R:
    async with conn.pipeline() as pipeline:
        try:
            values = ahead.encode(args, encoding_of(conn))
            await raw_cursor(conn).execute(ahead.sql, values, prepare=True)
        except Exception as problem:
            name_query(problem, ahead.name)
            raise
        vars(conn)[BEHIND] = pipeline
        try:
            return await decide(conn)
        finally:
            del vars(conn)[BEHIND]
