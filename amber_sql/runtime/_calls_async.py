"""What a generated function calls: a statement, its arguments, and how many rows are wanted.

`conn` is a connection, ours or any of psycopg's, or a pool, which lends one for this statement.
Every error says which query it was.
"""

from __future__ import annotations

from functools import wraps
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeVar, cast

from psycopg import AsyncConnection
from psycopg.pq import ExecStatus
from psycopg_pool import AsyncConnectionPool

from . import _driver as driver
from ._blocks_async import turn
from ._borrow_async import borrow, call_with_borrowed
from ._cursor_path_async import by_cursor
from ._driver import SESSION
from ._error_notes import name_query, only
from ._outdated import may_repeat
from ._pipelined_calls_async import call_together
from ._pipelined_lock_async import AsyncDependent, AsyncRecorded
from ._pool_async import AsyncPool
from ._preparing import forgotten, goes_unnamed, ready

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from psycopg.abc import Buffer
    from psycopg.pq.abc import PGresult

    from ._borrow_async import AsyncConn
    from ._driver import PreparedStatement, ServerSession
    from ._prepared import Statement

R = TypeVar("R")
F = TypeVar("F", bound="Callable[..., Any]")

TUPLES_OK = int(ExecStatus.TUPLES_OK)


def _verb(kind: str) -> Callable[[F], F]:
    """Return a decorator that gives a signature its body; `kind` says how a result becomes rows.

    One body for all, and no call within a call: this is the way that nearly every call takes.
    """

    def decorate(signature: F) -> F:
        finish = attrgetter(kind)

        @wraps(signature)
        async def verb(conn: Any, statement: Statement[Any], args: Sequence[Any] = ()) -> Any:
            session: ServerSession | None = getattr(conn, SESSION, None)
            prepared = session.statements.get(statement) if session else None
            if session is None or prepared is None:
                return await _elsewhere(conn, verb, statement, args, finish)
            try:
                values = prepared.encode(args)
                async with conn.lock:
                    if prepared.epoch != session.epoch or conn._pipeline or not conn._autocommit:  # noqa: SLF001
                        await conn.wait(ready(conn, session, prepared))
                    result = await driver.answer_async(conn, session, prepared, values)
                    if result.status > TUPLES_OK:
                        result = await _again(conn, session, prepared, values, result)
                    if prepared.epoch != session.epoch:
                        prepared.look_at(result)
                        prepared.epoch = session.epoch
                    return finish(prepared)(result)
            except driver.Elsewhere:
                return await _elsewhere(conn, verb, statement, args, finish)
            except Exception as problem:
                statement.explain(problem, args)
                name_query(problem, statement.name, secret=statement.secret)
                raise

        return cast("F", verb)

    return decorate


@_verb("many")
async def many(conn: AsyncConn, statement: Statement[R], args: Sequence[Any] = ()) -> list[R]:  # type: ignore[empty-body]
    """Return every row."""


@_verb("optional")
async def optional(conn: AsyncConn, statement: Statement[R], args: Sequence[Any] = ()) -> R | None:
    """Return the row, or None. A second row raises TooManyRows."""


@_verb("one")
async def one(conn: AsyncConn, statement: Statement[R], args: Sequence[Any] = ()) -> R:  # type: ignore[empty-body]
    """Return the row. None raises RowNotFound, a second one TooManyRows."""


@_verb("affected")
async def affected(conn: AsyncConn, statement: Statement[Any], args: Sequence[Any] = ()) -> int:  # type: ignore[empty-body]
    """Return how many rows the statement wrote."""


async def script(conn: AsyncConn, statement: Statement[Any]) -> None:
    """Run one or more statements that take and return nothing."""
    if isinstance(conn, AsyncConnectionPool):
        async with borrow(conn, statement.name) as connection:
            return await script(connection, statement)
    only(AsyncConnection, conn, statement.name)
    try:
        await conn.execute(statement.sql, prepare=False)
    except Exception as problem:
        name_query(problem, statement.name, secret=statement.secret)
        raise


async def _again(
    conn: AsyncConnection[Any],
    session: ServerSession,
    prepared: PreparedStatement,
    values: Sequence[Buffer | None],
    result: PGresult,
) -> PGresult:
    """Raise the error that `result` is, unless the statement only has to be prepared once more."""
    for first in (True, False):
        problem = driver.error_of(session, result)
        forgotten(session, prepared.statement, problem)
        if not may_repeat(conn, problem):
            raise problem
        await conn.wait(ready(conn, session, prepared))  # or Elsewhere: without a name
        if not first:
            raise problem
        result = await driver.answer_async(conn, session, prepared, values)
        if result.status <= TUPLES_OK:
            break
    return result


async def _elsewhere(
    conn: AsyncConn | AsyncRecorded | AsyncDependent,
    verb: Callable[..., Awaitable[R]],
    statement: Statement[Any],
    args: Sequence[Any],
    finish: Callable[[Any], Callable[[PGresult], R]],
) -> R:
    """Find what `conn` is: a pool, a connection or a statement new here, or for the public path."""
    if isinstance(conn, AsyncRecorded | AsyncDependent):
        return await conn.call(statement, args, finish)
    if isinstance(conn, AsyncPool):
        return await call_with_borrowed(conn, statement.name, verb, statement, args)
    if isinstance(conn, AsyncConnectionPool):
        async with borrow(conn, statement.name) as connection:
            return await verb(connection, statement, args)
    only(AsyncConnection, conn, statement.name)
    async with turn(conn, statement.name):
        return await _by_its_way(conn, verb, statement, args, finish)


async def _by_its_way(
    conn: AsyncConnection[Any],
    verb: Callable[..., Awaitable[R]],
    statement: Statement[Any],
    args: Sequence[Any],
    finish: Callable[[Any], Callable[[PGresult], R]],
) -> R:
    """Call by name, with others in a pipeline of the caller's, or by a cursor."""
    session = driver.session_of(conn)
    if session and conn._pipeline:  # noqa: SLF001
        return await call_together(conn, [(statement, args)], finish)
    if session and not goes_unnamed(session, statement):
        session.statement(statement)
        return await verb(conn, statement, args)
    try:
        return await by_cursor(conn, statement, args, finish, prepare=session is None)
    except Exception as problem:
        name_query(problem, statement.name, secret=statement.secret)
        raise
