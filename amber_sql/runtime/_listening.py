"""An async connection that stays registered with the event loop between statements.

psycopg registers its socket anew for each wait, which costs more than a short statement. Here
the reader stays, and its callback drives psycopg's generator itself: a statement costs one
Future and one turn of the loop. Whatever wants more than to read is left to psycopg: timeouts,
COPY and pipelines that write, and cancelling after an interruption.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar, cast

import psycopg
from psycopg.pq import ConnStatus
from psycopg.rows import TupleRow
from psycopg.waiting import Ready, Wait

from ._driver import FAST, PLAIN_CLASSES, Interrupted

if TYPE_CHECKING:
    from collections.abc import Generator

    from psycopg.abc import PQGen

RV = TypeVar("RV")

READY = Ready.R
WRITE = Wait.W
CONNECTED = ConnStatus.OK
INTERVAL = 0.1
HAND_OVER: Any = object()
"""The answer that says: a generator that began by reading wants to write."""


class ListeningConnection(psycopg.AsyncConnection[TupleRow]):
    """psycopg's connection, with a `wait()` that keeps its reader."""

    _socket = -1
    """The socket that is registered, which may have been closed since."""

    _loop: asyncio.AbstractEventLoop | None = None
    _waiting: Any = None
    _answer: asyncio.Future[Any] | None = None

    async def wait(
        self,
        gen: PQGen[RV],
        interval: float = INTERVAL,
        timeout: float | None = None,  # noqa: ASYNC109  # as psycopg's
    ) -> RV:
        """Run a generator that operates on the connection to its end, as psycopg's `wait` does."""
        if timeout is not None:
            self._deafen()
            return await super().wait(gen, interval, timeout)
        try:
            wants = next(gen)
        except StopIteration as end:
            done: RV = end.value
            return done
        if wants & WRITE:
            self._deafen()
            return await super().wait(_resumed(gen, wants), interval)
        loop = asyncio.get_running_loop()
        if self._loop is not loop or self._socket < 0:
            self._listen(loop)
        self._waiting = gen
        self._answer = answer = loop.create_future()
        try:
            result: RV = await answer
        except BaseException as problem:
            self._waiting = None
            self._deafen()
            if isinstance(problem, asyncio.CancelledError | KeyboardInterrupt):
                with suppress(KeyboardInterrupt):
                    await super().wait(cast("Any", Interrupted(gen)), interval)
            raise
        if result is HAND_OVER:
            self._deafen()
            return await super().wait(_resumed(gen, Wait.RW), interval)
        return result

    async def close(self) -> None:
        """Close the connection."""
        self._deafen()
        await super().close()

    def _on_readable(self) -> None:
        gen, answer = self._waiting, self._answer
        if gen is None or answer is None:  # nobody waits: a notification, or the end
            self._deafen()
            return
        if answer.done():  # interrupted; who waited will take the rest
            self._deafen()
            return
        try:
            wants = gen.send(READY)
        except StopIteration as end:
            self._waiting = None
            answer.set_result(end.value)
            if self.pgconn.status != CONNECTED:
                self._deafen()  # libpq has closed the socket: its number is somebody else's soon
        except BaseException as problem:  # noqa: BLE001  # it belongs to who waits
            self._waiting = None
            self._deafen()
            answer.set_exception(problem)
        else:
            if wants & WRITE:
                self._waiting = None
                answer.set_result(HAND_OVER)

    def _listen(self, loop: asyncio.AbstractEventLoop) -> None:
        self._deafen()
        self._loop, self._socket = loop, self.pgconn.socket
        loop.add_reader(self._socket, self._on_readable)

    def _deafen(self) -> None:
        if self._socket >= 0 and self._loop is not None and not self._loop.is_closed():
            self._loop.remove_reader(self._socket)
        self._socket = -1


def _resumed(gen: PQGen[RV], wants: Any) -> Generator[Any, Any, RV]:
    """Return `gen`, which has said already what it wants first."""
    while True:
        ready = yield wants
        try:
            wants = gen.send(ready)
        except StopIteration as end:
            done: RV = end.value
            return done


if FAST:
    PLAIN_CLASSES.add(ListeningConnection)
AsyncPooled: type[psycopg.AsyncConnection[TupleRow]] = (
    ListeningConnection if FAST else psycopg.AsyncConnection
)
"""What a pool's connections are; a sync pool's are psycopg's own."""

Pooled: type[psycopg.Connection[TupleRow]] = psycopg.Connection
