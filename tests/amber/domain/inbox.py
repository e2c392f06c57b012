"""Workers of the webhook inbox in processes of their own, which may be killed or frozen at any point."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from datetime import timedelta
from typing import TYPE_CHECKING

from domain.crowd import _CONTEXT

from amber_sql import open_pool
from amber_sql.domain import webhooks
from amber_sql.models import WebhookProvider

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.process import BaseProcess

    import psycopg

    from amber_sql.models import WebhookEvent

LEASE = timedelta(seconds=2)
EFFECTS = "CREATE TABLE effects (n bigserial, object_key text, event_id text)"


def _die(chance: float) -> None:
    """Be killed, now and then."""
    if random.random() < chance:  # noqa: S311
        os.kill(os.getpid(), signal.SIGKILL)


def _effect(conn: psycopg.Connection, event: WebhookEvent) -> None:
    """Have an effect, and perhaps die just before or just behind it."""
    _die(0.01)
    conn.execute(
        "INSERT INTO effects (object_key, event_id) VALUES (%s, %s)",
        [event.object_key, event.event_id],
    )
    _die(0.01)


def _raise(_: psycopg.Connection, event: WebhookEvent) -> None:
    raise RuntimeError(event.event_id)


def _kill(_conn: psycopg.Connection, _event: WebhookEvent) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _freeze(conn: psycopg.Connection, event: WebhookEvent) -> None:
    """Stop the whole process in the middle of the effect, the first time."""
    _effect(conn, event)
    if event.attempts == 1:
        os.kill(os.getpid(), signal.SIGSTOP)


HANDLERS = {
    (WebhookProvider.STRIPE, "effect"): _effect,
    (WebhookProvider.STRIPE, "raise"): _raise,
    (WebhookProvider.STRIPE, "kill"): _kill,
    (WebhookProvider.STRIPE, "freeze"): _freeze,
}


def _work(url: str, lease: timedelta) -> None:
    """Process what is due, for ever."""
    with open_pool(url, min_size=1, max_size=2) as pool:
        while True:
            webhooks.process(pool, HANDLERS, lease=lease)
            time.sleep(0.02)


class Workers:
    """So many workers, each replaced when it dies."""

    def __init__(self, url: str, count: int, lease: timedelta) -> None:
        self._args = (url, lease)
        self.killed = 0
        self.alive = [self._start() for _ in range(count)]

    def _start(self) -> BaseProcess:
        process = _CONTEXT.Process(target=_work, args=self._args, daemon=True)
        process.start()
        return process

    def until(self, done: Callable[[], bool], seconds: float) -> None:
        """Replace the dead until `done`, or fail."""
        deadline = time.monotonic() + seconds
        while not done():
            assert time.monotonic() < deadline, "the inbox is stuck"
            for number, process in enumerate(self.alive):
                if not process.is_alive():
                    self.killed += 1
                    self.alive[number] = self._start()
            time.sleep(0.05)

    def kill(self) -> None:
        """Kill one of them, wherever it is."""
        random.choice(self.alive).kill()  # noqa: S311

    def end(self) -> None:
        """Kill them all."""
        for process in self.alive:
            process.kill()
            process.join()


@contextlib.contextmanager
def workers(url: str, count: int, lease: timedelta = LEASE) -> Iterator[Workers]:
    """Start workers and end them."""
    started = Workers(url, count, lease)
    try:
        yield started
    finally:
        started.end()
