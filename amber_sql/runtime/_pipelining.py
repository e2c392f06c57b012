"""Statements sent together, with one Sync: outside a transaction they are one of their own."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.generators import fetch_many, send
from psycopg.pq import TransactionStatus

from . import _charsets as charsets
from ._driver import BINARY, Interrupted, PreparedStatement, execute, session_of
from ._loaders import encoding_of
from ._preparing import goes_unnamed, prepare, refuse_foreign, start

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg.abc import Buffer, PQGen
    from psycopg.pq.abc import PGconn, PGresult

    from ._prepared import Statement

    Sent = tuple[PreparedStatement, Sequence[Buffer | None]]

UNNAMED = "_amber_unnamed"


def statement_on(connection: Any, statement: Statement[Any]) -> PreparedStatement:
    """Return the statement as the connection knows it, whether or not its session prepares any."""
    if session := session_of(connection):
        return session.statement(statement)
    known: dict[Statement[Any], PreparedStatement] = vars(connection).setdefault(UNNAMED, {})
    encoding, found = encoding_of(connection), known.get(statement)
    if found is None or found.encoding != encoding:
        found = known[statement] = PreparedStatement(statement, encoding)
    return found


def together(connection: Any, sent: Sequence[Sent]) -> PQGen[list[PGresult]]:
    """Send statements and return their results, errors among them; under the connection's lock.

    By name where the session may prepare them. In a pipeline of the caller's they go with their
    text, behind whatever waits in it.
    """
    refuse_foreign(connection)
    pgconn, session = connection.pgconn, session_of(connection)
    in_pipeline = bool(pgconn.pipeline_status)
    named = session is not None and not in_pipeline
    if session is not None and named:
        named = not any(goes_unnamed(session, each.statement) for each, _ in sent)
        for each, _ in sent if named else ():
            yield from prepare(connection, session, each.statement)
    yield from start(connection)
    if in_pipeline:
        yield from connection._pipeline._sync_gen()  # noqa: SLF001  # see _driver
    else:
        pgconn.enter_pipeline_mode()
    try:
        for each, values in sent:
            if named:
                pgconn.send_query_prepared(each.name, values, each.formats, BINARY)
            else:
                sql, types = (
                    charsets.encode(each.statement.sql, each.encoding),
                    each.statement.wire.types,
                )
                pgconn.send_query_params(sql, values, types, each.formats, BINARY)
        pgconn.pipeline_sync()
        yield from send(pgconn)
        results = []
        for _ in sent:
            (result,) = yield from fetch_many(pgconn)
            results.append(result)
        yield from fetch_many(pgconn)  # the Sync's
    finally:
        if not in_pipeline:
            with suppress(psycopg.OperationalError):  # of a connection that was lost meanwhile
                pgconn.exit_pipeline_mode()
    return results


def abandoned(connection: Any) -> Any:
    """Return what cancels and throws away what an exception left under way; None where nothing was.

    It may have come between any two steps of `together`: a signal's handler runs anywhere.
    """
    pgconn = connection.pgconn
    if connection._pipeline:  # noqa: SLF001  # the caller's, which psycopg ends
        return None
    if pgconn.pipeline_status:
        return _drained(pgconn)
    if pgconn.transaction_status == TransactionStatus.ACTIVE:
        return Interrupted(execute(pgconn))
    return None


def _drained(pgconn: PGconn) -> PQGen[None]:
    try:
        pgconn.pipeline_sync()
        pgconn.get_cancel().cancel()
        yield from send(pgconn)
        while pgconn.pipeline_status:
            yield from fetch_many(pgconn)
            with suppress(psycopg.OperationalError):  # there is more to come
                pgconn.exit_pipeline_mode()
    except BaseException:
        pgconn.finish()  # nobody could tell whose answer comes next
        raise
