# Derived from lend_async.py by tools/async_to_sync.py: change that file, never this one.
"""A pool passed where a connection is wanted: lend one for a single statement."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from .pool import Pool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from psycopg import Connection
    from psycopg_pool import ConnectionPool

T = TypeVar("T")


def lent(pool: ConnectionPool[Any], query: str) -> AbstractContextManager[Connection[Any]]:
    """Return a block with a connection, which goes back to the pool after.

    Raises PoolInTransaction where the caller has a transaction open on one of our pool's own
    connections: the statement would not be part of it.
    """
    if not isinstance(pool, Pool):
        return pool.connection()
    pool.refuse_inside_transaction(query)
    return _lent(pool)


def call_with(pool: Pool, query: str, work: Callable[..., T], *args: Any) -> T:
    """Return `work(connection, *args)`; the same as `lent`, but quicker."""
    pool.refuse_inside_transaction(query)
    connection = pool.lend()
    try:
        value = work(connection, *args)
        if not connection.autocommit:
            connection.commit()
        return value
    finally:
        pool.putconn(connection)


@contextmanager
def _lent(pool: Pool) -> Iterator[Connection[Any]]:
    connection = pool.lend()
    try:
        with connection:  # commits, for connections that are not in autocommit
            yield connection
    finally:
        pool.putconn(connection)
