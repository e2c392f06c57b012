"""A block of several statements: all of them are kept, or none, whatever is raised and whenever.

psycopg's own block sends BEGIN, SAVEPOINT, COMMIT and ROLLBACK, and what a signal's handler raises
meanwhile leaves the answer of one under way: the connection is of no use, and psycopg counts one
block too many. Here that answer is thrown away, and what was begun is rolled back.
"""

from __future__ import annotations

from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.transaction import OutOfOrderTransactionNesting

from . import _pipelining as pipelining
from ._driver import execute

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from psycopg import AsyncConnection


DEPTH = "_num_transactions"
"""Where psycopg counts the blocks that a connection is in."""
MISCOUNTED = (OutOfOrderTransactionNesting, AssertionError)
"""What psycopg's block makes of an exception that comes while it begins or ends."""


@asynccontextmanager
async def all_or_nothing(conn: AsyncConnection[Any]) -> AsyncIterator[None]:
    """Begin a transaction, or a savepoint in the one that is open or that the caller will end."""
    if not conn.autocommit and conn.pgconn.transaction_status == TransactionStatus.IDLE:
        await conn.execute("")  # begins it; otherwise leaving our block would commit
    before, depth = conn.pgconn.transaction_status, _depth(conn)
    try:
        async with conn.transaction():
            inside = _depth(conn)
            try:
                yield
            except BaseException:
                await _settle(conn, inside)  # so that psycopg can roll back
                raise
    except BaseException as error:
        await _settle(conn, depth)
        if before == TransactionStatus.IDLE:
            await _roll_back(conn)
        if isinstance(error, MISCOUNTED) and error.__context__:
            raise error.__context__ from None  # what came while psycopg counted its blocks
        raise


def _depth(conn: AsyncConnection[Any]) -> int | None:
    return vars(conn).get(DEPTH)


async def _settle(conn: AsyncConnection[Any], depth: int | None) -> None:
    """Throw away what is under way, and count the blocks as before; a lost connection has none."""
    if depth is not None:
        vars(conn)[DEPTH] = depth
    if conn.closed:
        return
    with suppress(KeyboardInterrupt, psycopg.Error):
        if rest := pipelining.abandoned(conn):
            await conn.wait(rest)
    if (
        conn.pgconn.transaction_status == TransactionStatus.ACTIVE
        and not conn.pgconn.pipeline_status
    ):
        await conn.close()  # nobody could tell whose answer comes next; the server rolls back


async def _roll_back(conn: AsyncConnection[Any]) -> None:
    """End a transaction that is our own, where psycopg did not come to it."""
    began = {TransactionStatus.INTRANS, TransactionStatus.INERROR}
    if conn.closed or conn.pgconn.transaction_status not in began or conn.pgconn.pipeline_status:
        return
    with suppress(psycopg.Error):
        conn.pgconn.send_query(b"ROLLBACK")
        await conn.wait(execute(conn.pgconn))
    if conn.pgconn.transaction_status != TransactionStatus.IDLE:
        await conn.close()
