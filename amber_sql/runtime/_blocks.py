# Derived from _blocks_async.py by tools/async_to_sync.py: change that file, never this one.
"""Several statements of ours that belong together: nobody else's come in between.

A stream and a bulk insert open a transaction that other users of the connection know nothing of.
What a thread or task sent meanwhile would be rolled back with it, or end it by an error. So it
waits for its turn, and is refused where that takes long. Who is inside goes on: the code in the
block and the tasks that it creates, by their context.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from amber_sql.errors import ConnectionInUse

from ._driver import BLOCK, SESSION
from ._preparing import occupy
from ._turns import Turns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from psycopg import Connection

    from ._driver import ServerSession

PATIENCE = 5.0
"""Seconds to wait for a turn."""

TURNS = "_amber_turns"

INSIDE: ContextVar[tuple[Block, ...]] = ContextVar("amber_sql_blocks", default=())


class Block:
    """One use of a connection by several statements, perhaps within another one."""

    __slots__ = ("is_copying", "outer", "query", "turns")

    def __init__(self, query: str, outer: Block | None) -> None:
        self.query, self.outer = query, outer
        self.is_copying = False
        self.turns = Turns()

    def is_foreign(self) -> bool:
        """Tell whether the code that runs now is outside."""
        return self not in INSIDE.get()

    def refuse(self, query: str) -> None:
        """Raise ConnectionInUse while rows are copied: the protocol has no room for a statement."""
        if self.is_copying and not self.is_foreign():
            raise ConnectionInUse(query=query, other=self.query)


@contextmanager
def turn(conn: Connection[Any], query: str) -> Iterator[None]:
    """Wait for the end of a block that the caller is not in, and let none begin meanwhile."""
    block: Block | None = vars(conn).get(BLOCK)
    if not (block and block.is_foreign()):
        if block:
            block.refuse(query)
        yield
        return
    with _taken(conn, query):
        yield


@contextmanager
def alone(conn: Connection[Any], query: str) -> Iterator[None]:
    """Keep the connection for who is inside."""
    with _taken(conn, query):
        mine = Block(query, vars(conn).get(BLOCK))
        before = INSIDE.get()

        def leave() -> None:
            INSIDE.set(before)
            occupy(conn, mine.outer)

        try:
            with conn.lock:
                occupy(conn, mine)
            INSIDE.set((*before, mine))
            yield
        finally:
            _surely(leave)


@contextmanager
def copying(conn: Connection[Any]) -> Iterator[None]:
    """Refuse the statements of who gives the rows: psycopg holds the connection's lock meanwhile.

    Those that the session knows are hidden, so that every call looks at the block first.
    """
    block: Block = vars(conn)[BLOCK]
    session: ServerSession | None = vars(conn).get(SESSION)
    block.is_copying = True
    known = session.statements if session else {}
    if session:
        session.statements = {}
    try:
        yield
    finally:
        block.is_copying = False
        if session:
            session.statements = known


@contextmanager
def _taken(conn: Connection[Any], query: str) -> Iterator[None]:
    """Take a turn: on the connection, or in the block that the caller is in."""
    holder: Block | None = vars(conn).get(BLOCK)
    other = holder.query if holder else "one more statement"
    if holder:
        holder.refuse(query)
    while holder and holder.is_foreign():
        holder = holder.outer
    turns: Turns = holder.turns if holder else vars(conn).setdefault(TURNS, Turns())
    ticket = turns.ticket()
    try:
        if not turns.take(ticket, PATIENCE):
            raise ConnectionInUse(query=query, other=other)
        yield
    finally:
        _surely(lambda: turns.give(ticket))


def _surely(undo: Callable[[], None]) -> None:
    """Undo, though a signal's handler raises in the midst of it: what is undone twice is undone."""
    try:
        undo()
    except BaseException:
        undo()
        raise
