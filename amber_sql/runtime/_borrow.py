# Derived from _borrow_async.py by tools/async_to_sync.py: change that file, never this one.
"""A pool passed where a connection is wanted: borrow one for a statement or a block."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from psycopg import Connection
from psycopg_pool import ConnectionPool, PoolTimeout

from ._error_notes import name_query
from ._pool import Pool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

T = TypeVar("T")

Conn: TypeAlias = Connection[Any] | ConnectionPool[Any]
"""What a generated function takes first: a connection, or a pool to borrow one from."""


def borrow(conn: Conn, what: str) -> AbstractContextManager[Connection[Any]]:
    """Return a block with a connection: `conn` itself, or one of a pool, which gets it back after.

    Raises PoolInTransaction, which says `what` was called, for a pool of ours whose caller has a
    transaction open on one of its connections: the block would not be part of it.
    """
    if not isinstance(conn, ConnectionPool):
        return nullcontext(conn)
    return _borrowed(conn, what)


def call_with_borrowed(pool: Pool, query: str, work: Callable[..., T], *args: Any) -> T:
    """Return `work(connection, *args)`; the same as `borrow`, but quicker."""
    pool.refuse_inside_transaction(query)
    try:
        connection = pool.borrow()
    except PoolTimeout as problem:
        name_query(problem, query)
        raise
    try:
        value = work(connection, *args)
        if not connection.autocommit:
            connection.commit()
    except Exception as problem:
        pool.after_error(connection, problem, single=connection.autocommit)
        raise
    else:
        return value
    finally:
        pool.putconn(connection)


@contextmanager
def _borrowed(pool: ConnectionPool[Any], query: str) -> Iterator[Connection[Any]]:
    ours = pool if isinstance(pool, Pool) else None
    if ours:
        ours.refuse_inside_transaction(query)
    try:
        connection = ours.borrow() if ours else pool.getconn()
    except PoolTimeout as problem:
        name_query(problem, query)
        raise
    try:
        with connection:  # commits, for connections that are not in autocommit
            yield connection
    except Exception as problem:
        if ours:
            ours.after_error(connection, problem)
        raise
    finally:
        pool.putconn(connection)
