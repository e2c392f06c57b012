"""Interrupted calls, sync and async: the statement is cancelled, and the connection goes on."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
from psycopg.pq import TransactionStatus
from runtime_world import value

from amber_sql import runtime
from amber_sql.runtime import aio
from amber_sql.runtime._listening import ListeningConnection

pytest_plugins = ("runtime_plugin",)

BEGIN = """
import os, signal, sys, threading, time
import psycopg
from runtime_world import value
from amber_sql import runtime
signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job ignores it
conn = psycopg.connect(sys.argv[1], autocommit=True)
sleep, one = value("SELECT 1 FROM pg_sleep(60)", int), value("SELECT 1", int)
assert runtime.one(conn, one) == 1
"""

CTRL_C = """
for _ in range(3):
    threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
    started = time.monotonic()
    try:
        runtime.one(conn, sleep)
    except KeyboardInterrupt:
        print(round(time.monotonic() - started, 1), conn.info.transaction_status.name)
    assert runtime.one(conn, one) == 1
"""

UNNOTICED = """
threading.Thread(target=lambda: [time.sleep(0.3), os.kill(os.getpid(), signal.SIGINT)]).start()
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
try:
    runtime.one(conn, sleep)
except KeyboardInterrupt:
    print(conn.info.transaction_status.name)
"""

AT_ANY_MOMENT = """
from random import uniform
echo = value("SELECT $1::int", int, "int4")
assert runtime.one(conn, echo, (0,)) == 0
interruption = {"ctrl-c": KeyboardInterrupt, "handler": TimeoutError}[sys.argv[2]]

def interrupt(*_):
    raise interruption

signal.signal(signal.SIGALRM, interrupt)
interrupted = 0
for number in range(1, 2001):
    try:
        signal.setitimer(signal.ITIMER_REAL, uniform(1e-6, 150e-6))
        assert runtime.one(conn, echo, (number,)) == number
    except interruption:
        interrupted += 1
    answer = None
    while answer is None:
        try:
            signal.setitimer(signal.ITIMER_REAL, 0)
            answer = runtime.one(conn, echo, (-number,))
        except interruption:  # once in a while it comes after the timer was put out
            pass
    assert answer == -number
print(interrupted)
"""


def output(source: str, *arguments: str, timeout: float = 30) -> str:
    """Run `source` after BEGIN in a process of its own, and return what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", BEGIN + source + "conn.close()", *arguments],
        cwd=Path(__file__).parents[1] / "support",
        capture_output=True,
        check=True,
        text=True,
        timeout=timeout,
    )
    return done.stdout


def test_ctrl_c_cancels_the_statement(empty_database_url: str) -> None:
    """At once, on the server too, and the connection goes on."""
    lines = [line.split() for line in output(CTRL_C, empty_database_url).splitlines()]
    assert [status for _, status in lines] == ["IDLE"] * 3
    assert all(float(seconds) < 2 for seconds, _ in lines)


def test_ctrl_c_is_seen_though_it_does_not_end_the_wait(empty_database_url: str) -> None:
    """It may come just before the wait begins; here another thread gets it."""
    assert output(UNNOTICED, empty_database_url) == "IDLE\n"


@pytest.mark.parametrize("kind", ["ctrl-c", "handler"])
def test_an_interrupted_call_leaves_the_connection_usable(
    empty_database_url: str, kind: str
) -> None:
    """Whatever step it was at: sending, waiting, reading; and whatever the signal's handler raises."""
    assert int(output(AT_ANY_MOMENT, empty_database_url, kind, timeout=120)) > 100


def test_a_handler_of_another_signal_does_not_disturb(empty_database_url: str) -> None:
    """A signal whose handler returns leaves the statement running."""
    seen: list[int] = []
    before = signal.signal(signal.SIGUSR1, lambda number, _: seen.append(number))
    try:
        with psycopg.connect(empty_database_url, autocommit=True) as conn:
            threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGUSR1)).start()
            assert runtime.one(conn, value("SELECT 1 FROM pg_sleep(0.3)", int)) == 1
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert seen == [signal.SIGUSR1]


def test_cancelling_leaves_the_next_answer_its_own(empty_database_url: str) -> None:
    """Tasks cancelled at any moment, on one connection that is shared: no answer goes astray."""
    echo = value("SELECT $1::int FROM pg_sleep(0.001)", int, "int4")

    async def main() -> None:
        conn = await ListeningConnection.connect(empty_database_url, autocommit=True)
        async with conn:

            async def ask(number: int) -> None:
                assert await aio.one(conn, echo, (number,)) == number

            for number in range(150):
                task = asyncio.create_task(ask(number))
                other = asyncio.create_task(ask(-number))
                await asyncio.sleep(number / 50_000)
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task  # which fails if it got another's answer
                await other
            assert conn.pgconn.transaction_status == TransactionStatus.IDLE

    asyncio.run(main())
