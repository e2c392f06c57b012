"""Many rows in, and out what the statement returns for each of them, in the order of the input.

Each row is a statement of its own, and a thousand of them go in one pipeline: the server runs them one
after the other, so the order is the protocol's. One INSERT … SELECT FROM unnest(…) would be faster,
but nothing promises the order of its RETURNING, and a row that ON CONFLICT leaves out leaves no gap.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg
from psycopg import AsyncConnection, errors
from psycopg_pool import AsyncConnectionPool

from . import _pipelining as pipelining
from ._all_or_nothing_async import all_or_nothing
from ._batches import batched
from ._blocks_async import alone
from ._borrow_async import borrow
from ._driver import session_of
from ._error_notes import name_query, only
from ._outdated import is_outdated
from ._pipelined_calls_async import answers, is_error
from ._preparing import forgotten

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import msgspec
    from psycopg.pq.abc import PGresult

    from ._borrow_async import AsyncConn
    from ._driver import PreparedStatement
    from ._prepared import Statement

R = TypeVar("R")

ATTEMPTS = 3
"""By its name, prepared anew, and with its text."""


async def returning_many(
    conn: AsyncConn, statement: Statement[R], rows: Iterable[msgspec.Struct]
) -> list[R]:
    """Run the statement for each of `rows`, whose fields are its parameters; return what it returns.

    A row of which it returns nothing has none in the list, one of which it returns several has all.
    """
    if isinstance(conn, AsyncConnectionPool):
        async with borrow(conn, statement.name) as connection:
            return await returning_many(connection, statement, rows)
    only(AsyncConnection, conn, statement.name)
    found: list[R] = []
    first = 1
    try:
        async with alone(conn, statement.name), all_or_nothing(conn):
            for batch in batched(statement.rows(rows)):
                await _extend(conn, statement, batch, first, found)
                first += len(batch)
    except Exception as problem:
        name_query(problem, statement.name)
        raise
    return found


async def _extend(
    conn: AsyncConnection[Any],
    statement: Statement[R],
    rows: Sequence[Any],
    first: int,
    found: list[R],
) -> None:
    """Append what a batch returns, if need be after preparing the statement once more."""
    for attempt in range(1, ATTEMPTS + 1):
        prepared = pipelining.statement_on(conn, statement)
        sent = [(prepared, _encoded(prepared, row, nth)) for nth, row in enumerate(rows, first)]
        try:
            # Later on, what the first batch has locked does not change.
            async with conn.transaction() if first == 1 else nullcontext():
                async with conn.lock:
                    results = await answers(conn, sent)
                _raise_first(prepared, results, first)
        except psycopg.Error as problem:
            if attempt == ATTEMPTS or not _is_unprepared(problem):
                raise
            if session := session_of(conn):
                forgotten(session, statement, problem)
            continue
        _read(prepared, results, found)
        return


def _encoded(prepared: PreparedStatement, row: Any, number: int) -> Sequence[Any]:
    values = prepared.statement.row_values(row, number)
    try:
        return prepared.encode(values)
    except Exception:
        prepared.statement.encode(values, prepared.encoding, row=number)  # says which parameter
        raise


def _raise_first(prepared: PreparedStatement, results: Sequence[PGresult], first: int) -> None:
    """Raise the error that stopped the batch, if one did, with the number of its row."""
    for number, result in enumerate(results, first):
        if is_error(result):
            problem = errors.error_from_result(result, encoding=prepared.encoding)
            problem.add_note(f"row: {number}")
            raise problem


def _is_unprepared(problem: psycopg.Error) -> bool:
    """Tell whether the statement only has to be prepared again: nothing of the batch is kept."""
    gone = errors.InvalidSqlStatementName | errors.DuplicatePreparedStatement
    return isinstance(problem, gone) or is_outdated(problem)


def _read(prepared: PreparedStatement, results: Sequence[PGresult], found: list[Any]) -> None:
    prepared.look_at(results[0])
    try:
        for result in results:
            prepared.rows_before = len(found)  # errors say which row of the list it is
            found += prepared.many(result)
    finally:
        prepared.rows_before = 0
