"""When a statement is prepared, and when it goes without a name: all that is rare on a call's way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg import errors
from psycopg.pq import ExecStatus, TransactionStatus

from . import _charsets as charsets
from ._driver import BLOCK, EPOCHS, NEVER, SESSION, Elsewhere, error_of, execute
from ._loaders import encoding_of
from ._outdated import is_outdated

if TYPE_CHECKING:
    from typing import Protocol

    import psycopg
    from psycopg.abc import PQGen

    from ._driver import PreparedStatement, ServerSession
    from ._prepared import Statement

    class Block(Protocol):
        """What `_blocks` puts on a connection."""

        def is_foreign(self) -> bool:
            """Tell whether the code that runs now is outside."""
            ...


TWICE = 2


def ready(connection: Any, session: ServerSession, prepared: PreparedStatement) -> PQGen[None]:
    """Prepare the statement unless the session has it, and begin a transaction if one is due.

    In this order: a name that another client of the same pooled session has prepared already is
    no error then. It is a digest of the text, so it can only be the same statement. Raises Elsewhere
    where a pipeline, somebody's block or an outdated statement forbids to send it by name, or where
    its values are encoded for what client_encoding was before.
    """
    refuse_foreign(connection)
    if connection._pipeline or goes_unnamed(session, prepared.statement):  # noqa: SLF001  # see _driver
        raise Elsewhere
    if session.unsure:
        if session.encoding != encoding_of(connection):
            raise Elsewhere
        session.unsure = False
    if prepared.encoding != session.encoding:  # another thread or task was here meanwhile
        raise Elsewhere
    yield from prepare(connection, session, prepared.statement)
    yield from start(connection)


def start(connection: Any) -> PQGen[None]:
    """Begin a transaction if one is due, for a statement of ours."""
    begun: PQGen[None] = type(connection)._start_query(connection)  # noqa: SLF001  # see _driver
    return begun


def prepare(connection: Any, session: ServerSession, statement: Statement[Any]) -> PQGen[None]:
    """Prepare the statement unless the session has it."""
    name = statement.wire.name
    if name in session.prepared:
        return
    if name in session.stale:
        yield from connection._deallocate(name)  # noqa: SLF001
        session.stale.discard(name)
    sql = charsets.encode(statement.sql, session.encoding)
    session.pgconn.send_prepare(name, sql, statement.wire.types)
    (result, *_) = yield from execute(session.pgconn)
    if result.status != ExecStatus.COMMAND_OK:
        problem = error_of(session, result)
        if not isinstance(problem, errors.DuplicatePreparedStatement):
            raise problem
        session.prepared.add(name)
        if session.pgconn.transaction_status == TransactionStatus.INERROR:
            raise problem
    session.prepared.add(name)


def refuse_foreign(connection: Any) -> None:
    """Raise Elsewhere where somebody else's block has the connection."""
    block: Block | None = vars(connection).get(BLOCK)
    if block and block.is_foreign():
        raise Elsewhere


def goes_unnamed(session: ServerSession, statement: Statement[Any]) -> bool:
    """Tell whether the statement has to be sent with its text: its name leads to an outdated one.

    A pooler gives a text the server's one statement for it, however often it is prepared: what was
    outdated twice has no name any more. In a transaction there is no second time to try.
    """
    if not session.outdated:
        return False
    name = statement.wire.name
    in_transaction = session.pgconn.transaction_status != TransactionStatus.IDLE
    return session.outdated[name] >= TWICE or (name in session.stale and in_transaction)


def forgotten(session: ServerSession, statement: Statement[Any], problem: psycopg.Error) -> None:
    """Note what an error says about the statement that was prepared."""
    name = statement.wire.name
    if is_outdated(problem):
        session.stale.add(name)
        session.outdated[name] += 1
    elif not isinstance(problem, errors.InvalidSqlStatementName):
        return
    session.prepared.discard(name)
    session.look_again()


def occupy(connection: Any, block: Block | None) -> None:
    """Note who has the connection to itself, or that nobody has."""
    if block:
        vars(connection)[BLOCK] = block
    else:
        vars(connection).pop(BLOCK, None)
    session: ServerSession | None = vars(connection).get(SESSION)
    if session is not None:
        session.epoch = NEVER if block else next(EPOCHS)
