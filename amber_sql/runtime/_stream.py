# Derived from _stream_async.py by tools/async_to_sync.py: change that file, never this one.
"""A result too large to hold: a server-side cursor, read a few hundred rows at a time."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from itertools import count
from typing import TYPE_CHECKING, Any, LiteralString, TypeVar

from psycopg import Connection
from psycopg.pq import TransactionStatus
from psycopg_pool import ConnectionPool

from ._blocks import alone
from ._borrow import borrow
from ._copy_destination import trusted
from ._cursor_path import raw_cursor
from ._error_notes import named, only
from ._loaders import encoding_of
from ._reader import Reader

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager

    from psycopg import RawCursor

    from ._borrow import Conn
    from ._prepared import Statement

R = TypeVar("R")

ROWS = 500
"""Rows fetched at once: enough to make the round trip small, few enough to hold."""

NUMBERS = "_amber_streams"


@contextmanager
def stream(conn: Conn, statement: Statement[R], args: Sequence[Any] = ()) -> Iterator[Iterator[R]]:
    """Give an iterator over the rows, in memory that does not grow with their number.

    The rows are those of one moment. They are read in a transaction, a new one where none is
    open; a pool lends its connection for the whole block.
    """
    if isinstance(conn, ConnectionPool):
        with borrow(conn, statement.name) as lender, stream(lender, statement, args) as rows:
            yield rows
        return
    only(Connection, conn, statement.name)
    with alone(conn, statement.name), _transaction(conn):
        cursor = raw_cursor(conn)
        name = f"amber_{next(vars(conn).setdefault(NUMBERS, count()))}"
        declare = trusted(f"DECLARE {name} NO SCROLL CURSOR FOR {statement.sql}")
        with named(statement.name):
            cursor.execute(declare, statement.encode(args, encoding_of(conn)), prepare=False)
        try:
            yield _rows(cursor, trusted(f"FETCH {ROWS} FROM {name}"), statement)
        finally:
            if conn.pgconn.transaction_status == TransactionStatus.INTRANS:
                cursor.execute(trusted(f"CLOSE {name}"))


def _transaction(conn: Connection[Any]) -> AbstractContextManager[Any]:
    """Return a new transaction where none is open, or is about to begin by itself."""
    if conn.autocommit and conn.pgconn.transaction_status == TransactionStatus.IDLE:
        return conn.transaction()
    return nullcontext()


def _rows(cursor: RawCursor[Any], fetch: LiteralString, statement: Statement[R]) -> Iterator[R]:
    reader = Reader(statement, encoding_of(cursor.connection))
    while True:
        with named(statement.name):
            cursor.execute(fetch, (), prepare=False)  # behind a pooler another's has the name
            result = cursor.pgresult
            assert result is not None  # noqa: S101  # execute() would have raised
            reader.look_at(result)
            rows = reader.many(result)
        if not result.ntuples:
            return
        yield from rows
        reader.rows_before += result.ntuples
