# Derived from aio/domain/transactions.py by tools/async_to_sync.py: change that file, never this one.
"""A connection or a pool → a connection with a transaction open on it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from amber_sql.runtime import borrow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg import Connection

    from amber_sql.runtime import Conn


@contextmanager
def transaction(conn: Conn, name: str) -> Iterator[Connection[Any]]:
    """Open a transaction, or a savepoint in the one that is open, for what `name` does.

    Raises PoolInTransaction, which names it, for a pool whose caller has a transaction open.
    """
    with borrow(conn, name) as own, own.transaction():
        yield own
