"""A lock that is given in the order in which it was asked for, for threads and for tasks.

`threading.Lock` is not: who gives it back and asks again at once mostly gets it, and others starve.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from typing import Generic, TypeVar

E = TypeVar("E", threading.Event, asyncio.Event)


class _Queue(Generic[E]):
    """Who has the turn, and who waits for it, each known by an event of its own."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._holder: E | None = None
        self._waiting: deque[E] = deque()

    def give(self, ticket: E) -> None:
        """Give the turn to who has waited longest; stop waiting who has none yet. Twice is as once.

        So whoever asked can give back whatever they got, wherever a signal's handler raised.
        """
        with self._guard:
            if self._holder is ticket:
                self._holder = self._waiting.popleft() if self._waiting else None
                if self._holder is not None:
                    self._holder.set()
            elif ticket in self._waiting:
                self._waiting.remove(ticket)

    def _begin(self, ticket: E) -> bool:
        """Take the turn if it is free, and stand in line otherwise."""
        with self._guard:
            if self._holder is None:
                self._holder = ticket
                return True
            self._waiting.append(ticket)
            return False

    def _has(self, ticket: E) -> bool:
        """Tell whether the turn has come, at the last moment perhaps."""
        with self._guard:
            return self._holder is ticket


class Turns(_Queue[threading.Event]):
    """For threads."""

    ticket = threading.Event

    def take(self, ticket: threading.Event, seconds: float) -> bool:
        """Wait for a turn; return whether it has come. The ticket is given back in either case."""
        return self._begin(ticket) or ticket.wait(seconds) or self._has(ticket)


class AsyncTurns(_Queue[asyncio.Event]):
    """For tasks."""

    ticket = asyncio.Event

    async def take(self, ticket: asyncio.Event, seconds: float) -> bool:
        """Wait for a turn; return whether it has come. The ticket is given back in either case."""
        if self._begin(ticket):
            return True
        try:
            await asyncio.wait_for(ticket.wait(), seconds)
        except TimeoutError:
            return self._has(ticket)
        return True
