"""Many rows in: binary COPY where the query says `@copy`, arrays of values for any other INSERT.

What is neither is executed row by row, in a pipeline. All three are all or nothing: an error, or an iterable that raises midway, leaves no row behind and
an enclosing transaction usable.
"""

from __future__ import annotations

from contextlib import nullcontext
from time import time_ns
from typing import TYPE_CHECKING, Any, LiteralString

import psycopg
from psycopg import AsyncConnection, AsyncRawCursor, errors
from psycopg_pool import AsyncConnectionPool

from ._all_or_nothing_async import all_or_nothing
from ._batches import batched, columns
from ._blocks_async import alone, copying
from ._borrow_async import borrow
from ._copy import NOT_WRITTEN, copy_plan
from ._copy_destination import trusted
from ._cursor_path_async import raw_cursor
from ._error_notes import name_query, only
from ._loaders import encoding_of
from ._outdated import is_outdated
from ._unnest import may_meet_itself

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import msgspec

    from ._borrow_async import AsyncConn
    from ._copy_destination import CopyTarget
    from ._prepared import Statement


async def insert_many(
    conn: AsyncConn, statement: Statement[Any], rows: Iterable[msgspec.Struct]
) -> int:
    """Run the statement for each of `rows`, whose fields are its parameters; return rows written."""
    if isinstance(conn, AsyncConnectionPool):
        async with borrow(conn, statement.name) as connection:
            return await insert_many(connection, statement, rows)
    only(AsyncConnection, conn, statement.name)
    try:
        async with alone(conn, statement.name), all_or_nothing(conn):
            if statement.copy is None:
                return await _execute_many(conn, statement, rows)
            return await _copy(conn, statement, statement.copy, rows)
    except Exception as problem:
        name_query(problem, statement.name, secret=statement.secret)
        raise


async def _execute_many(
    conn: AsyncConnection[Any], statement: Statement[Any], rows: Iterable[msgspec.Struct]
) -> int:
    sql = statement.unnested
    if sql is None or conn.pgconn.pipeline_status:
        return await _one_by_one(conn, statement, rows)
    meets_itself = may_meet_itself(sql)
    written, first = 0, 1
    for batch in batched(statement.rows(rows)):
        try:
            async with conn.transaction() if meets_itself else nullcontext():
                written += await _at_once(conn, statement, sql, batch, first)
        except errors.CardinalityViolation:  # two rows of the batch are about one of the table
            written += await _one_by_one(conn, statement, batch)
        first += len(batch)
    return written


async def _at_once(
    conn: AsyncConnection[Any],
    statement: Statement[Any],
    sql: LiteralString,
    rows: Sequence[msgspec.Struct],
    first: int,
) -> int:
    arrays = columns(statement, rows, encoding_of(conn), first)
    cursor = raw_cursor(conn)
    await cursor.execute(sql, arrays, prepare=False)
    return cursor.rowcount


async def _one_by_one(
    conn: AsyncConnection[Any], statement: Statement[Any], rows: Iterable[msgspec.Struct]
) -> int:
    written, first = 0, 1
    for batch in batched(statement.rows(rows)):
        encoding = encoding_of(conn)
        encoded = [
            statement.encode(statement.row_values(row, number), encoding, row=number)
            for number, row in enumerate(batch, first)
        ]
        try:
            async with conn.transaction():
                written += await _each(conn, statement.sql, encoded)
        except psycopg.Error as problem:
            if not is_outdated(problem):
                raise
            # A text that a pooler has not seen leads to no statement that was prepared before.
            written += await _each(conn, trusted(f"{statement.sql}\n/* {time_ns()} */"), encoded)
        first += len(batch)
    return written


async def _each(
    conn: AsyncConnection[Any], sql: LiteralString, rows: Sequence[Sequence[bytes | None]]
) -> int:
    cursor = raw_cursor(conn)
    await cursor.executemany(sql, rows)
    return cursor.rowcount


async def _copy(
    conn: AsyncConnection[Any],
    statement: Statement[Any],
    target: CopyTarget,
    rows: Iterable[msgspec.Struct],
) -> int:
    cursor: AsyncRawCursor[Any] = AsyncRawCursor(conn)
    plan = copy_plan(target, statement, cursor)
    async with cursor.copy(plan.sql) as copy:
        if plan.types:
            copy.set_types(plan.types)
        with copying(conn):
            for number, row in enumerate(statement.rows(rows), 1):
                values = statement.row_values(row, number)
                try:
                    await copy.write_row(plan.values(values))
                except NOT_WRITTEN:
                    statement.encode(values, encoding_of(conn), row=number)  # says which parameter
                    raise
    return cursor.rowcount
