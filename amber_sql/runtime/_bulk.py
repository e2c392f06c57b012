# Derived from _bulk_async.py by tools/async_to_sync.py: change that file, never this one.
"""Many rows in: binary COPY where the query says `@copy`, arrays of values for any other INSERT.

What is neither is executed row by row, in a pipeline. All three are all or nothing: an error, or an iterable that raises midway, leaves no row behind and
an enclosing transaction usable.
"""

from __future__ import annotations

from contextlib import nullcontext
from struct import error as PackError  # noqa: N812  # named as errors are
from typing import TYPE_CHECKING, Any, LiteralString

import msgspec
from psycopg import Connection, RawCursor, errors
from psycopg.pq import TransactionStatus
from psycopg_pool import ConnectionPool

from . import _unnest
from ._blocks import alone
from ._borrow import borrow
from ._copy import copy_plan
from ._cursor_path import raw_cursor
from ._error_notes import name_query, only
from ._loaders import encoding_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from contextlib import AbstractContextManager

    from ._borrow import Conn
    from ._prepared import CopyTarget, Statement

values_of = msgspec.structs.astuple


def insert_many(conn: Conn, statement: Statement[Any], rows: Iterable[msgspec.Struct]) -> int:
    """Run the statement for each of `rows`, whose fields are its parameters; return rows written."""
    if isinstance(conn, ConnectionPool):
        with borrow(conn, statement.name) as connection:
            return insert_many(connection, statement, rows)
    only(Connection, conn, statement.name)
    try:
        with alone(conn, statement.name), _all_or_nothing(conn):
            if statement.copy is None:
                return _execute_many(conn, statement, rows)
            return _copy(conn, statement, statement.copy, rows)
    except Exception as problem:
        name_query(problem, statement.name)
        if isinstance(problem, TypeError):  # not an iterable, or one of tuples
            problem.add_note(f"it takes an iterable of structs of {', '.join(statement.params)}")
        raise


def _all_or_nothing(conn: Connection[Any]) -> AbstractContextManager[Any]:
    """Return a transaction, or a savepoint in the one that is open or that the caller will end."""
    if not conn.autocommit and conn.pgconn.transaction_status == TransactionStatus.IDLE:
        conn.execute("")  # begins it; otherwise leaving our block would commit
    return conn.transaction()


def _execute_many(
    conn: Connection[Any], statement: Statement[Any], rows: Iterable[msgspec.Struct]
) -> int:
    sql = statement.unnested
    if sql is None or conn.pgconn.pipeline_status:
        return _one_by_one(conn, statement, rows)
    meets_itself = _unnest.may_meet_itself(sql)
    written = 0
    for batch in _unnest.batched(rows):
        try:
            with conn.transaction() if meets_itself else nullcontext():
                written += _at_once(conn, statement, sql, batch)
        except errors.CardinalityViolation:  # two rows of the batch are about one of the table
            written += _one_by_one(conn, statement, batch)
    return written


def _at_once(
    conn: Connection[Any],
    statement: Statement[Any],
    sql: LiteralString,
    rows: Sequence[msgspec.Struct],
) -> int:
    values = list(map(values_of, rows))
    encoding = encoding_of(conn)
    try:
        arrays = _unnest.columns(statement.params, values, encoding)
    except Exception:
        for row in values:
            statement.encode(row, encoding)  # says which parameter it was
        raise
    cursor = raw_cursor(conn)
    cursor.execute(sql, arrays, prepare=False)
    return cursor.rowcount


def _one_by_one(
    conn: Connection[Any], statement: Statement[Any], rows: Iterable[msgspec.Struct]
) -> int:
    cursor = raw_cursor(conn)
    encoding = encoding_of(conn)
    encoded = (statement.encode(values_of(row), encoding) for row in rows)
    cursor.executemany(statement.sql, encoded)
    return cursor.rowcount


def _copy(
    conn: Connection[Any],
    statement: Statement[Any],
    target: CopyTarget,
    rows: Iterable[msgspec.Struct],
) -> int:
    cursor: RawCursor[Any] = RawCursor(conn)
    plan = copy_plan(target, statement, cursor)
    with cursor.copy(plan.sql) as copy:
        if plan.types:
            copy.set_types(plan.types)
        for row in rows:
            values = values_of(row)
            try:
                copy.write_row(plan.values(values))
            except (TypeError, ValueError, AttributeError, PackError, OverflowError):
                statement.encode(values)  # says which parameter it was
                raise
    return cursor.rowcount
