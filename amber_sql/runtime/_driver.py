"""What of psycopg is used below its public interface, looked at when this is imported, and what for.

- `execute`, psycopg's generator that waits for results: a statement costs no cursor.
- `_autocommit`, `_start_query`, `_deallocate`: psycopg begins transactions, and drops all prepared
  statements of a session after a rollback or a change of a table; ours must know,
  and also of a statement that may change the session's client_encoding.
- `_pipeline` and its `_sync_gen`: what waits in a caller's pipeline is sent first.
- `_results` and `_tx` of a cursor: so that a kept cursor does not keep its last result.

Tested with psycopg 3.3. Where it looks different from that, `FAST` is false, one warning says
so, and every statement takes the public path, with the same results.
"""

from __future__ import annotations

import select
import warnings
import weakref
from collections import Counter
from contextlib import suppress
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import errors, generators, waiting
from psycopg.adapt import Transformer
from psycopg.pq import Format, TransactionStatus

from ._loaders import UTF8, encoding_of
from ._reader import Reader

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Self

    from psycopg.abc import Buffer, PQGen
    from psycopg.pq.abc import PGconn, PGresult

    from ._prepared import Statement

TESTED = ("3.3.",)
NEEDED = (
    (psycopg.Connection, ("wait", "_start_query", "_deallocate")),
    (psycopg.AsyncConnection, ("wait", "_start_query", "_deallocate", "_try_cancel")),
    (generators, ("execute",)),
    (Transformer, ("set_pgresult", "set_loader_types", "load_rows", "load_row", "load_sequence")),
)

PLAIN_CLASSES: set[type] = {psycopg.Connection, psycopg.AsyncConnection}
"""Connections whose ways are known; a subclass may have changed them."""

SESSION = "_amber_session"
EPOCHS = count(1)
BINARY = int(Format.BINARY)

WAIT_MS = 100
"""A signal that comes just before the wait begins does not end it, so no wait is long: psycopg's own
interval."""

BLOCK = "_amber_block"
"""Where `_blocks` notes who has the connection to itself."""

NEVER = float("nan")
"""An epoch that equals none, itself included: each call looks twice while there is a block."""


def missing() -> str:
    """Return what the installed psycopg lacks, or "" if it is as tested."""
    if not psycopg.__version__.startswith(TESTED):
        return f"version {psycopg.__version__}"
    lost = [name for owner, names in NEEDED for name in names if not hasattr(owner, name)]
    made = psycopg.BaseConnection.__init__.__code__.co_names
    lost += [name for name in ("_autocommit", "_pipeline") if name not in made]
    return f"no {', '.join(lost)}" if lost else ""


def is_fast() -> bool:
    """Tell whether psycopg is as tested; if it is not, warn once and take the public path."""
    if difference := missing():
        warnings.warn(
            f"amber-sql was tested with psycopg {TESTED[0]}x and found {difference}: "
            "queries work, by a slower way",
            RuntimeWarning,
            stacklevel=2,
        )
    return not difference


FAST = is_fast()
execute: Any = getattr(generators, "execute", None)


class Elsewhere(Exception):  # never leaves the runtime
    """The statement cannot be sent by its name right now: look again which way it takes."""


class PreparedStatement(Reader[Any]):
    """One statement in one session, ready to send and to read."""

    __slots__ = ("encode", "encoding", "epoch", "formats", "name")

    def __init__(self, statement: Statement[Any], encoding: str) -> None:
        super().__init__(statement, encoding)
        self.encoding = encoding
        self.name, self.formats = statement.wire.name, statement.wire.formats
        self.encode = statement.wire.encode
        if encoding != UTF8:
            self.encode = partial(statement.encode_as, encoding)
        self.epoch: float = 0

    @staticmethod
    def affected(result: PGresult) -> int:
        """Return how many rows were written."""
        return result.command_tuples or 0


class ServerSession:
    """What a connection's server has prepared.

    Prepared statements are used under the connection's lock. `epoch` changes whenever they may be
    gone, or may have been prepared anew, with other types.
    """

    __slots__ = (
        "encoding",
        "epoch",
        "outdated",
        "pgconn",
        "poll",
        "prepared",
        "send",
        "stale",
        "statements",
        "unsure",
    )

    def __init__(self, connection: Any) -> None:
        self.pgconn = connection.pgconn
        self.send = self.pgconn.send_query_prepared
        self.poll = poller(self.pgconn)
        self.encoding = encoding_of(connection)
        self.statements: dict[Statement[Any], PreparedStatement] = {}
        self.prepared: set[bytes] = set()
        self.stale: set[bytes] = set()
        self.outdated: Counter[bytes] = Counter()
        self.unsure = False
        self.epoch: float = NEVER if BLOCK in vars(connection) else next(EPOCHS)

    def statement(self, statement: Statement[Any]) -> PreparedStatement:
        """Return the statement as this session has it."""
        if found := self.statements.get(statement):
            return found
        return self.statements.setdefault(statement, PreparedStatement(statement, self.encoding))

    def doubt(self) -> None:
        """Note that somebody runs a statement of theirs, which may be SET client_encoding."""
        self.unsure = True
        self.look_again()

    def settle(self, encoding: str) -> None:
        """Encode from now on for what the session's client_encoding is; only its lock makes it sure."""
        if encoding != self.encoding:
            self.encoding, self.statements = encoding, {}
            self.look_again()

    def forget(self) -> None:
        """Note that the server has dropped every prepared statement."""
        self.prepared.clear()
        self.stale.clear()
        self.look_again()

    def look_again(self) -> None:
        """Make the next call of each statement look whether it is prepared, and as what."""
        if self.epoch is not NEVER:
            self.epoch = next(EPOCHS)


def session_of(connection: Any) -> ServerSession | None:
    """Return the connection's session, or None where the public path has to do."""
    known: ServerSession | None = vars(connection).get(SESSION)
    if known is not None:
        if known.unsure:
            known.settle(encoding_of(connection))
        return known
    if not FAST or type(connection) not in PLAIN_CLASSES or connection.prepare_threshold is None:
        return None
    session = ServerSession(connection)
    kept: ServerSession = vars(connection).setdefault(SESSION, session)
    if kept is not session:  # another thread was faster
        return kept
    this, theirs = weakref.ref(connection), type(connection)

    def deallocate(name: bytes | None) -> PQGen[None]:
        if name is None:
            session.forget()
        dropped: PQGen[None] = theirs._deallocate(this(), name)  # noqa: SLF001
        return dropped

    def start_query() -> PQGen[None]:
        session.doubt()
        begun: PQGen[None] = theirs._start_query(this())  # noqa: SLF001
        return begun

    vars(connection).update(_deallocate=deallocate, _start_query=start_query)
    return session


def answer(
    connection: Any,
    session: ServerSession,
    prepared: PreparedStatement,
    values: Sequence[Buffer | None],
) -> PGresult:
    """Send a statement, wait and return its result, without a generator a call.

    psycopg's own wait takes over for what is rare: a value too large for the socket's buffer,
    and an exception meanwhile, such as Ctrl-C or that of a signal's handler, after which the
    statement has to be cancelled.
    """
    pgconn = session.pgconn
    try:
        session.send(prepared.name, values, prepared.formats, BINARY)
        if session.poll is None or pgconn.flush():
            results: list[PGresult] = connection.wait(execute(pgconn))
            return results[0]
        busy = True
        while busy:
            session.poll(WAIT_MS)
            pgconn.consume_input()
            busy = pgconn.is_busy()
        result: Any = pgconn.get_result()  # there is one: a statement was sent
        while pgconn.get_result() is not None:
            pass
        while notify := pgconn.notifies():
            pgconn.notify_handler(notify)
    except BaseException:
        if pgconn.transaction_status == TransactionStatus.ACTIVE:
            with suppress(KeyboardInterrupt):
                connection.wait(Interrupted(execute(pgconn)))
        raise
    return result  # type: ignore[no-any-return]


async def answer_async(
    connection: Any,
    session: ServerSession,
    prepared: PreparedStatement,
    values: Sequence[Buffer | None],
) -> PGresult:
    """Send a statement, wait and return its result."""
    session.send(prepared.name, values, prepared.formats, BINARY)
    results: list[PGresult] = await connection.wait(execute(session.pgconn))
    return results[0]


class Interrupted:
    """What psycopg's wait consumes: Ctrl-C at first, upon which it cancels, and then the rest."""

    def __init__(self, rest: Any) -> None:
        self._rest = rest
        self._begun = False

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Any:
        return self.send(None)

    def send(self, ready: Any) -> Any:
        """Go on, as a generator does."""
        if not self._begun:
            self._begun = True
            raise KeyboardInterrupt
        return self._rest.send(ready)


def poller(pgconn: PGconn) -> Callable[[int], object] | None:
    """Return what waits until the server has answered, where psycopg waits in no way of its own."""
    if waiting.wait is not getattr(waiting, "wait_c", None) or not hasattr(select, "poll"):
        return None  # a cooperative one, say gevent's; or Windows
    poll = select.poll()
    poll.register(pgconn.socket, select.POLLIN)
    return poll.poll


def error_of(session: ServerSession, result: PGresult) -> psycopg.Error:
    """Return psycopg's error for a result that is one."""
    return errors.error_from_result(result, encoding=session.encoding)


def forget_result(cursor: Any) -> None:
    """Free a cursor's last result and keep the cursor."""
    cursor._results = []  # noqa: SLF001  # close() is the public way, and ends the cursor
    cursor.pgresult = None
    cursor._tx.set_pgresult(None, set_loaders=False)  # noqa: SLF001
