"""Many connections in real processes, any of which may be killed: items in, results out.

A killed process takes its results with it; its items are done again by a fresh one, as a client's
retries would be.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import random
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import psycopg

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from multiprocessing.connection import Connection

THREADS = 4

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["domain.jobs"])


def _serve(pipe: Connection, url: str) -> None:
    """Do what comes through the pipe, on as many connections as there are threads."""
    connections = [psycopg.connect(url, autocommit=True) for _ in range(THREADS)]

    def work(share: tuple[int, Callable[..., Any], Sequence[Any]]) -> list[Any]:
        number, job, items = share
        return [job(connections[number], item) for item in items]

    with ThreadPoolExecutor(THREADS) as threads, contextlib.suppress(EOFError):  # the race is over
        while True:
            job, items = pipe.recv()
            shares = [(number, job, items[number::THREADS]) for number in range(THREADS)]
            pipe.send([result for part in threads.map(work, shares) for result in part])


class Member:
    """One process of the crowd."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.killed = 0
        self.start()

    def start(self) -> None:
        """Start the process, or one in the place of a killed one."""
        self.pipe, theirs = _CONTEXT.Pipe()
        self.process = _CONTEXT.Process(target=_serve, args=(theirs, self.url), daemon=True)
        self.process.start()
        theirs.close()

    def ask(
        self, job: Callable[..., Any], items: Sequence[Any], kill_after: float = 0
    ) -> list[Any]:
        """Return the results; with `kill_after` seconds the process is killed, and a new one does it all."""
        self.pipe.send((job, items))
        if kill_after and not self.pipe.poll(kill_after):
            self.process.kill()
            self.process.join()
            self.pipe.close()
            self.killed += 1
            self.start()
            self.pipe.send((job, items))
        results: list[Any] = self.pipe.recv()
        return results

    def end(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.join()
        self.process.close()
        self.pipe.close()


class Crowd:
    """Processes that race."""

    def __init__(self, members: list[Member]) -> None:
        self.members = members
        self._threads = ThreadPoolExecutor(len(members))

    def race(
        self,
        job: Callable[..., Any],
        items: Sequence[Any],
        *,
        kills: dict[int, float] | None = None,
    ) -> list[Any]:
        """Do all `items` at once, in a random order; `kills` says which members die, and after how many seconds."""
        shuffled = random.sample(items, len(items))
        shares = [shuffled[number :: len(self.members)] for number in range(len(self.members))]

        def ask(number: int) -> list[Any]:
            return self.members[number].ask(job, shares[number], (kills or {}).get(number, 0))

        return [result for part in self._threads.map(ask, range(len(shares))) for result in part]


@contextlib.contextmanager
def crowd(url: str, processes: int) -> Iterator[Crowd]:
    """Start as many processes, each with `THREADS` connections to `url`."""
    members = [Member(url) for _ in range(processes)]
    found = Crowd(members)
    try:
        yield found
    finally:
        found._threads.shutdown()
        for member in members:
            member.end()
