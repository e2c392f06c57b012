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
    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._is_taken = False
        self._waiting: deque[E] = deque()

    def give(self) -> None:
        """Give the turn to who has waited longest."""
        with self._guard:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._is_taken = False

    def _begin(self, event: E) -> bool:
        """Take the turn if it is free, and stand in line otherwise."""
        with self._guard:
            if not self._is_taken:
                self._is_taken = True
                return True
            self._waiting.append(event)
            return False

    def _leave(self, event: E) -> bool:
        """Stop waiting; return whether the turn has come at the last moment."""
        with self._guard:
            if event in self._waiting:
                self._waiting.remove(event)
                return False
            return True


class Turns(_Queue[threading.Event]):
    """For threads."""

    def take(self, seconds: float) -> bool:
        """Wait for a turn; return whether it has come."""
        event = threading.Event()
        if self._begin(event):
            return True
        try:
            return event.wait(seconds) or self._leave(event)
        except BaseException:  # a signal's handler raised
            if self._leave(event):
                self.give()
            raise


class AsyncTurns(_Queue[asyncio.Event]):
    """For tasks."""

    async def take(self, seconds: float) -> bool:
        """Wait for a turn; return whether it has come."""
        event = asyncio.Event()
        if self._begin(event):
            return True
        try:
            await asyncio.wait_for(event.wait(), seconds)
        except TimeoutError:
            return self._leave(event)
        except BaseException:
            if self._leave(event):
                self.give()
            raise
        return True
