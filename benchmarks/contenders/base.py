"""What a contender is: work by name, done for each of some keys, timed as one block.

A block is timed by the contender's own side, with nothing in it but the calls: a loop over ready
keys, in the way that the library is used. Sync and async differ in the loop alone.
"""

from __future__ import annotations

import asyncio
import threading
import time
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec

from benchmarks.rows import TYPES

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from benchmarks.world import World

THREADS, TASKS, POOL = 16, 32, 10
"""W7: how many ask at a time, over a pool of how many connections."""


class Timing(msgspec.Struct, frozen=True):
    """How long a block took: `wall` seconds, and of those the client's own processor time."""

    wall: float
    cpu: float


class Contender(ABC):
    """One way to talk to PostgreSQL, opened on one world."""

    name: ClassVar[str]
    typed: ClassVar[bool] = True
    """Whether its results can be compared; the floors decode nothing."""

    def __init__(self, world: World) -> None:
        self.world = world

    def open(self) -> None:  # noqa: B027  # some have nothing to open
        """Connect."""

    def close(self) -> None:  # noqa: B027
        """Disconnect."""

    def can(self, work: str) -> bool:
        """Tell whether it has this workload."""
        return hasattr(self, work.lower())

    @abstractmethod
    def result(self, work: str, key: Any) -> Any:
        """Return what one call gives, as the typed rows of everybody."""

    @abstractmethod
    def block(self, work: str, keys: Sequence[Any]) -> Timing:
        """Do `work` once for each key."""


class Sync(Contender):
    """A contender whose calls block; its methods are named after the workloads."""

    def result(self, work: str, key: Any) -> Any:
        """See Contender."""
        call = getattr(self, work.lower())
        return msgspec.convert(call(key), TYPES[work], from_attributes=True)

    def block(self, work: str, keys: Sequence[Any]) -> Timing:
        """See Contender."""
        if work == "W7":
            return _timed(lambda: self._crowd(keys))
        call = getattr(self, work.lower())

        def run() -> None:
            for key in keys:
                call(key)

        return _timed(run)

    def _crowd(self, keys: Sequence[Any]) -> None:
        call: Callable[[Any], Any] = self.w7  # type: ignore[attr-defined]
        problems: list[BaseException] = []

        def work(mine: Sequence[Any]) -> None:
            try:
                for key in mine:
                    call(key)
            except BaseException as problem:  # noqa: BLE001  # raised below, in the main thread
                problems.append(problem)

        threads = [threading.Thread(target=work, args=(keys[n::THREADS],)) for n in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if problems:
            raise problems[0]


class Async(Contender):
    """A contender whose calls are awaited, on a loop that lives as long as it does."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.loop = asyncio.new_event_loop()

    async def start(self) -> None:
        """Connect."""

    async def stop(self) -> None:
        """Disconnect."""

    def open(self) -> None:
        """See Contender."""
        self.loop.run_until_complete(self.start())

    def close(self) -> None:
        """See Contender."""
        self.loop.run_until_complete(self.stop())
        self.loop.close()

    def result(self, work: str, key: Any) -> Any:
        """See Contender."""
        call: Callable[[Any], Awaitable[Any]] = getattr(self, work.lower())

        async def once() -> Any:
            return await call(key)

        answer = self.loop.run_until_complete(once())
        return msgspec.convert(answer, TYPES[work], from_attributes=True)

    def block(self, work: str, keys: Sequence[Any]) -> Timing:
        """See Contender."""
        run = self._crowd if work == "W7" else self._each
        return _timed(lambda: self.loop.run_until_complete(run(work, keys)))

    async def _each(self, work: str, keys: Sequence[Any]) -> None:
        call: Callable[[Any], Awaitable[Any]] = getattr(self, work.lower())
        for key in keys:
            await call(key)

    async def _crowd(self, work: str, keys: Sequence[Any]) -> None:
        await asyncio.gather(*(self._each(work, keys[n::TASKS]) for n in range(TASKS)))


def _timed(run: Callable[[], object]) -> Timing:
    cpu, wall = time.process_time(), time.perf_counter()
    run()
    return Timing(time.perf_counter() - wall, time.process_time() - cpu)
