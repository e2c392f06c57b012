# Derived from _calls_async.py by tools/async_to_sync.py: change that file, never this one.
"""What a generated function calls: a statement, its arguments, and how many rows are wanted.

`conn` is a connection, ours or any of psycopg's, or a pool, which lends one for this statement.
Every error says which query it was.
"""

from __future__ import annotations

from functools import wraps
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeVar, cast

from psycopg import Connection
from psycopg.pq import ExecStatus
from psycopg_pool import ConnectionPool

from . import _driver as driver
from ._blocks import turn
from ._borrow import borrow, call_with_borrowed
from ._cursor_path import by_cursor
from ._driver import SESSION
from ._error_notes import name_query, only
from ._outdated import may_repeat
from ._pipelined_calls import call_together
from ._pipelined_lock import Dependent, Recorded
from ._pool import Pool
from ._preparing import forgotten, goes_unnamed, ready

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from psycopg.abc import Buffer
    from psycopg.pq.abc import PGresult

    from ._borrow import Conn
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
        def verb(conn: Any, statement: Statement[Any], args: Sequence[Any] = ()) -> Any:
            session: ServerSession | None = getattr(conn, SESSION, None)
            prepared = session.statements.get(statement) if session else None
            if session is None or prepared is None:
                return _elsewhere(conn, verb, statement, args, finish)
            try:
                values = prepared.encode(args)
                with conn.lock:
                    if prepared.epoch != session.epoch or conn._pipeline or not conn._autocommit:  # noqa: SLF001
                        conn.wait(ready(conn, session, prepared))
                    result = driver.answer(conn, session, prepared, values)
                    if result.status > TUPLES_OK:
                        result = _again(conn, session, prepared, values, result)
                    if prepared.epoch != session.epoch:
                        prepared.look_at(result)
                        prepared.epoch = session.epoch
                    return finish(prepared)(result)
            except driver.Elsewhere:
                return _elsewhere(conn, verb, statement, args, finish)
            except Exception as problem:
                statement.explain(problem, args)
                name_query(problem, statement.name, secret=statement.secret)
                raise

        return cast("F", verb)

    return decorate


@_verb("many")
def many(conn: Conn, statement: Statement[R], args: Sequence[Any] = ()) -> list[R]:  # type: ignore[empty-body]
    """Return every row."""


@_verb("optional")
def optional(conn: Conn, statement: Statement[R], args: Sequence[Any] = ()) -> R | None:
    """Return the row, or None. A second row raises TooManyRows."""


@_verb("one")
def one(conn: Conn, statement: Statement[R], args: Sequence[Any] = ()) -> R:  # type: ignore[empty-body]
    """Return the row. None raises RowNotFound, a second one TooManyRows."""


@_verb("affected")
def affected(conn: Conn, statement: Statement[Any], args: Sequence[Any] = ()) -> int:  # type: ignore[empty-body]
    """Return how many rows the statement wrote."""


def script(conn: Conn, statement: Statement[Any]) -> None:
    """Run one or more statements that take and return nothing."""
    if isinstance(conn, ConnectionPool):
        with borrow(conn, statement.name) as connection:
            return script(connection, statement)
    only(Connection, conn, statement.name)
    try:
        conn.execute(statement.sql, prepare=False)
    except Exception as problem:
        name_query(problem, statement.name, secret=statement.secret)
        raise


def _again(
    conn: Connection[Any],
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
        conn.wait(ready(conn, session, prepared))  # or Elsewhere: without a name
        if not first:
            raise problem
        result = driver.answer(conn, session, prepared, values)
        if result.status <= TUPLES_OK:
            break
    return result


def _elsewhere(
    conn: Conn | Recorded | Dependent,
    verb: Callable[..., R],
    statement: Statement[Any],
    args: Sequence[Any],
    finish: Callable[[Any], Callable[[PGresult], R]],
) -> R:
    """Find what `conn` is: a pool, a connection or a statement new here, or for the public path."""
    if isinstance(conn, Recorded | Dependent):
        return conn.call(statement, args, finish)
    if isinstance(conn, Pool):
        return call_with_borrowed(conn, statement.name, verb, statement, args)
    if isinstance(conn, ConnectionPool):
        with borrow(conn, statement.name) as connection:
            return verb(connection, statement, args)
    only(Connection, conn, statement.name)
    with turn(conn, statement.name):
        return _by_its_way(conn, verb, statement, args, finish)


def _by_its_way(
    conn: Connection[Any],
    verb: Callable[..., R],
    statement: Statement[Any],
    args: Sequence[Any],
    finish: Callable[[Any], Callable[[PGresult], R]],
) -> R:
    """Call by name, with others in a pipeline of the caller's, or by a cursor."""
    session = driver.session_of(conn)
    if session and conn._pipeline:  # noqa: SLF001
        return call_together(conn, [(statement, args)], finish)
    if session and not goes_unnamed(session, statement):
        session.statement(statement)
        return verb(conn, statement, args)
    try:
        return by_cursor(conn, statement, args, finish, prepare=session is None)
    except Exception as problem:
        name_query(problem, statement.name, secret=statement.secret)
        raise
