"""One order of locks: no two calls of the domain, or of the queries that it is made of, deadlock."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

import psycopg
import pytest
from content import make
from domain import storm

from amber_sql.models import Plan
from amber_sql.queries import installations, sessions, subscriptions, users

Call: TypeAlias = Callable[[psycopg.Connection], object]
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


def _held(conn: psycopg.Connection, url: str, other: psycopg.Connection, call: Call) -> object:
    """Return the id of `other`'s transaction, which a lock of a row gives it, as it waits."""
    # Outside a transaction: within one, pg_stat_activity keeps the ids that it showed first.
    waits = "SELECT backend_xid FROM pg_stat_activity WHERE wait_event = 'advisory' AND pid = %s"
    with ThreadPoolExecutor(1) as thread, psycopg.connect(url) as holder:
        holder.execute("SELECT pg_advisory_xact_lock(hashtextextended(id::text, 1)) FROM users")
        holder.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(id::text, 3)) FROM installations"
        )
        done = thread.submit(call, other)
        while not (found := conn.execute(waits, [other.info.backend_pid]).fetchall()):
            if done.done():
                break
            time.sleep(0.005)
        holder.rollback()
        done.result()
    other.rollback()
    return found[0][0] if found else "never waited"


@pytest.mark.parametrize("nestloop", ["on", "off"])
def test_who_waits_for_a_lock_holds_no_row(
    conn: psycopg.Connection, database_url: str, nestloop: str
) -> None:
    """Whatever the plan, a widget's or a subscription's lock comes before any row of theirs."""
    user = make.subscription(conn).user_id
    visit = make.session(conn, installation_id=make.installation(conn, user_id=user).id)
    at = {"installation_id": visit.installation_id, "id": visit.id}
    own, now = {"user_id": user, "id": visit.installation_id}, datetime.now(UTC)
    month = {"current_period_start": now, "current_period_end": now + timedelta(30)}
    calls: dict[str, Call] = {
        "append": lambda c: make.message(c, visit),
        "touch": lambda c: sessions.touch(c, **at),
        "start": lambda c: make.session(c, installation_id=visit.installation_id),
        "delete": lambda c: sessions.delete(c, **at),
        "delete_for_user": lambda c: sessions.delete_for_user(c, user_id=user),
        "recount": lambda c: installations.recount_messages(c, **own),
        "delete_widget": lambda c: installations.delete(c, **own),
        "delete_user": lambda c: users.delete(c, id=user),
        "end": lambda c: subscriptions.anonymise(c, user_id=user),
        "change_plan": lambda c: subscriptions.change_plan(c, user_id=user, plan=Plan.PRO),
        "increment": lambda c: subscriptions.increment_messages_used(c, user_id=user),
        "limits": lambda c: subscriptions.set_limits(
            c, user_id=user, message_limit=1, installation_limit=1
        ),
        "period": lambda c: subscriptions.start_period(c, user_id=user, **month),
    }
    with psycopg.connect(database_url, options=f"-c enable_nestloop={nestloop}") as other:
        held = {name: _held(conn, database_url, other, call) for name, call in calls.items()}
    assert held == dict.fromkeys(calls)


@pytest.mark.slow
def test_no_two_calls_deadlock(conn: psycopg.Connection, database_url: str) -> None:
    """Each call against itself and each other, a minute in all."""
    pairs = storm.pairs()
    _run(conn, database_url, pairs, SECONDS / len(pairs))
