"""One order of locks: no two calls of the domain, or of the queries that it is made of, deadlock."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from content import make
from domain import storm

from amber_sql.queries import installations

SECONDS = 60
DEADLOCKED = [
    (storm.append, storm.delete_widget),
    (storm.consume, storm.delete_user),
    (storm.install, storm.delete_user),
    (storm.rotate_key, storm.delete_user),
    (storm.hear_clerk, storm.delete_user),
    (storm.hear_stripe, storm.erase),
    (storm.visit, storm.recount),
]
"""Pairs that waited for each other before there was one order."""


def _run(
    conn: psycopg.Connection,
    url: str,
    pairs: list[tuple[storm.Call, storm.Call]],
    seconds: float,
) -> None:
    """Run each pair for so long; nothing may deadlock, and every counter is exact behind it."""
    met: set[str] = set()
    with storm.storm(url, 6) as running:
        for calls in pairs:
            met |= running.run(calls, seconds)
    storm.check(conn, running.world)
    assert met == set()
    (deadlocks,) = conn.execute(
        "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    ).fetchone()
    assert deadlocks == 0


def test_pairs_that_once_deadlocked_do_not(conn: psycopg.Connection, database_url: str) -> None:
    """Writers against those who remove what they write to."""
    _run(conn, database_url, DEADLOCKED, 0.4)


def test_a_recount_holds_nothing_while_it_waits(
    conn: psycopg.Connection, database_url: str
) -> None:
    """Not even the row of a widget without messages: a visitor may be about to count there."""
    widget = make.installation(conn)
    waits = "SELECT backend_xid FROM pg_stat_activity WHERE wait_event = 'advisory' AND pid = %s"
    with psycopg.connect(database_url, autocommit=True) as other, ThreadPoolExecutor(1) as thread:
        with conn.transaction():
            make.session(conn, installation_id=widget.id)
            done = thread.submit(
                installations.recount_messages, other, user_id=widget.user_id, id=widget.id
            )
            while not (found := conn.execute(waits, [other.info.backend_pid]).fetchall()):
                time.sleep(0.01)
        done.result()
    assert found == [(None,)]


@pytest.mark.slow
def test_no_two_calls_deadlock(conn: psycopg.Connection, database_url: str) -> None:
    """Each call against itself and each other, a minute in all."""
    pairs = storm.pairs()
    _run(conn, database_url, pairs, SECONDS / len(pairs))
