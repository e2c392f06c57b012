"""Webhooks under workers in real processes, killed and frozen around the effect."""

from __future__ import annotations

import random
import time
from collections import defaultdict
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from content import make
from domain.inbox import EFFECTS, workers

from amber_sql.queries import webhook_events

pytestmark = pytest.mark.slow

EVENTS, OBJECTS = 3000, 300
NOW = datetime.now(UTC)


@pytest.fixture(autouse=True)
def _effects(migrator_url: str) -> None:
    """Let a later migration make the table that effects go to: the app role may use it at once."""
    with psycopg.connect(migrator_url, autocommit=True) as migrator:
        migrator.execute(EFFECTS)


def _open(conn: psycopg.Connection) -> int:
    found = webhook_events.stats(conn)
    return found.pending + found.failed


def test_three_thousand_events_have_one_effect_each_and_in_order(
    conn: psycopg.Connection, database_url: str
) -> None:
    """Over 300 objects, each delivered four times in a shuffled order, workers killed all along.

    The first delivery of each comes before the workers start, since nobody can put an event in order
    that has not arrived; the other three come while they work.
    """
    events = [
        {
            "event_id": f"evt_{number:04}",
            "object_key": f"sub_{number % OBJECTS}",
            "type": "effect",
            "occurred_at": NOW - timedelta(seconds=(EVENTS - number) // (2 * OBJECTS)),
        }
        for number in range(EVENTS)
    ]
    for event in random.sample(events, EVENTS):
        make.event(conn, **event)
    with workers(database_url, 4) as running:
        for number, event in enumerate(random.sample(events * 3, 3 * EVENTS)):
            make.event(conn, **event)
            if number % 1000 == 999:
                running.kill()
        running.until(lambda: _open(conn) == 0, 120)
        assert running.killed > 10
    found = defaultdict(list)
    for key, event_id in conn.execute("SELECT object_key, event_id FROM effects ORDER BY n"):
        found[key].append(event_id)
    expected = defaultdict(list)
    for event in sorted(events, key=lambda e: (e["occurred_at"], e["event_id"])):
        expected[event["object_key"]].append(event["event_id"])
    assert found == expected
    done = conn.execute("SELECT DISTINCT status::text, deliveries FROM webhook_events").fetchall()
    assert done == [("PROCESSED", 4)]


def test_an_event_that_kills_its_worker_dies_at_last(
    conn: psycopg.Connection, database_url: str
) -> None:
    """DEAD after eight attempts, while every other object's events are done."""
    make.event(conn, event_id="evt_bad", object_key="sub_bad", type="kill")
    for number in range(50):
        make.event(conn, event_id=f"evt_{number}", object_key=f"sub_{number}", type="effect")
    with workers(database_url, 2, timedelta(milliseconds=300)) as running:
        running.until(lambda: _open(conn) == 0, 60)
        assert running.killed >= 8
    (bad,) = webhook_events.list_failed(conn)
    assert (bad.event_id, bad.attempts, bad.status) == ("evt_bad", 8, "DEAD")
    assert bad.last_error == "Every attempt ended with its worker."
    assert conn.execute("SELECT count(DISTINCT event_id), count(*) FROM effects").fetchone() == (
        50,
        50,
    )


def test_a_frozen_worker_is_replaced_within_a_minute(
    conn: psycopg.Connection, database_url: str
) -> None:
    """Stopped in the middle of its effect, with the locks in its hands: retaken when the lease ends, once."""
    make.event(conn, event_id="evt_ice", object_key="sub_1", type="freeze")
    make.event(
        conn, event_id="evt_next", object_key="sub_1", type="effect", occurred_at=NOW + timedelta(1)
    )
    lease = timedelta(seconds=5)
    begun = time.monotonic()
    with workers(database_url, 3, lease) as running:
        running.until(lambda: _open(conn) == 0, 60)
    assert time.monotonic() - begun < 12 * lease.total_seconds()
    assert conn.execute("SELECT event_id FROM effects ORDER BY n").fetchall() == [
        ("evt_ice",),
        ("evt_next",),
    ]
