"""Statements and their arguments → the last one's rows, in one round trip and under one lock."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from psycopg import errors
from psycopg.pq import ExecStatus

from . import _driver as driver
from . import _pipelining as pipelining
from ._blocks_async import turn
from ._error_notes import name_query
from ._outdated import may_repeat
from ._preparing import forgotten

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from psycopg import AsyncConnection
    from psycopg.pq.abc import PGresult

    from ._pipelining import Sent
    from ._prepared import Statement

    Call = tuple[Statement[Any], Sequence[Any]]

R = TypeVar("R")

REPEATS = 2
"""What was outdated is prepared again, then sent with its text."""


async def call_together(
    conn: AsyncConnection[Any],
    calls: Sequence[Call],
    finish: Callable[[Any], Callable[[PGresult], R]],
) -> R:
    """Run the statements, of which nothing is kept if one fails, and return the rows of the last."""
    sent = [_encoded(conn, *call) for call in calls]
    last, repeats = sent[-1][0], 0
    while True:
        try:
            async with turn(conn, last.statement.name), conn.lock:
                results = await answers(conn, sent)
                failed = next((n for n, each in enumerate(results) if is_error(each)), None)
                if failed is None:
                    last.look_at(results[-1])
                    return finish(last)(results[-1])
                statement = calls[failed][0]
                problem = errors.error_from_result(results[failed], encoding=last.encoding)
                if session := driver.session_of(conn):
                    forgotten(session, statement, problem)
                again = may_repeat(conn, problem) and repeats < REPEATS
        except driver.Elsewhere:
            continue
        except Exception as other:
            name_query(other, last.statement.name, secret=last.statement.secret)
            raise
        if not again:
            name_query(problem, statement.name, secret=statement.secret)
            raise problem
        repeats += 1


async def answers(conn: AsyncConnection[Any], sent: Sequence[Sent]) -> list[PGresult]:
    """Return the results of statements sent together; whatever is raised leaves nothing under way."""
    try:
        return await conn.wait(pipelining.together(conn, sent))
    except BaseException:
        if rest := pipelining.abandoned(conn):
            with suppress(KeyboardInterrupt):
                await conn.wait(rest)
        raise


def is_error(result: PGresult) -> bool:
    """Tell whether a result is neither rows nor a count of them."""
    return result.status > ExecStatus.TUPLES_OK


def _encoded(conn: AsyncConnection[Any], statement: Statement[Any], args: Sequence[Any]) -> Sent:
    prepared = pipelining.statement_on(conn, statement)
    try:
        return prepared, prepared.encode(args)
    except Exception as problem:
        statement.explain(problem, args)
        name_query(problem, statement.name, secret=statement.secret)
        raise
