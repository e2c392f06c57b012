"""The statements that hand out numbers and recognise what is known, under many connections."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import TYPE_CHECKING, TypeVar

import psycopg
import pytest
from content import make

from amber_sql.errors import RowNotFound
from amber_sql.models import Plan, SubscriptionStatus
from amber_sql.queries import installations, messages, sessions, subscriptions, users

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from uuid import UUID

THREADS = 8
MONTH = datetime(2030, 1, 1, tzinfo=UTC)

Result = TypeVar("Result")
Race = "Callable[[Callable[[psycopg.Connection, int], Result]], list[Result]]"


@pytest.fixture
def race(database_url: str) -> Iterator[Race]:
    """Run one function on many connections at once; gives what each returned."""
    connections = [psycopg.connect(database_url, autocommit=True) for _ in range(THREADS)]
    barrier = Barrier(THREADS)

    def run(function: Callable[[psycopg.Connection, int], Result]) -> list[Result]:
        def start(number: int) -> Result:
            barrier.wait(timeout=30)
            return function(connections[number], number)

        with ThreadPoolExecutor(THREADS) as executor:
            return list(executor.map(start, range(THREADS)))

    yield run
    for connection in connections:
        connection.close()


def _counted(conn: psycopg.Connection) -> int:
    """Return the message_count of the only installation."""
    (count,) = conn.execute("SELECT message_count FROM installations").fetchone()
    return count


def test_a_seq_is_handed_out_once(conn: psycopg.Connection, race: Race) -> None:
    """Eight writers in three sessions of one widget: no gap, no double, and both counters exact."""
    first = make.session(conn)
    trio = [first, *(make.session(conn, installation_id=first.installation_id) for _ in range(2))]

    def write(own: psycopg.Connection, number: int) -> None:
        for step in range(30):
            make.message(own, trio[(number + step) % 3])

    race(write)
    for session in trio:
        where = {"installation_id": session.installation_id, "session_id": session.id}
        said = messages.list_for_session(conn, **where, limit=1000)
        assert [message.seq for message in said] == list(range(1, 81))
        known = sessions.get(conn, installation_id=session.installation_id, id=session.id)
        assert known is not None
        assert known.message_count == 80
    assert _counted(conn) == 240


def test_what_is_counted_was_written(conn: psycopg.Connection, race: Race) -> None:
    """A session deleted under its writers: each message is either written and counted, or neither."""
    session = make.session(conn)
    where = {"installation_id": session.installation_id, "id": session.id}

    def write(own: psycopg.Connection, number: int) -> int:
        written = 0
        for step in range(20):
            if number == 0 and step == 10:
                sessions.delete(own, **where)
            try:
                make.message(own, session)
            except RowNotFound:
                continue
            written += 1
        return written

    assert sum(race(write)) == _counted(conn)


def test_a_recount_beside_writers_hands_out_no_seq_twice(
    conn: psycopg.Connection, race: Race
) -> None:
    """Counters recounted while they move still agree with the messages."""
    session = make.session(conn)
    owner = conn.execute("SELECT user_id, id FROM installations").fetchone()

    def write(own: psycopg.Connection, number: int) -> None:
        for _ in range(20):
            if number == 0:
                installations.recount_messages(own, user_id=owner[0], id=owner[1])
            else:
                make.message(own, session)

    race(write)
    assert _counted(conn) == 20 * (THREADS - 1)


def test_one_visitor_starts_one_session(conn: psycopg.Connection, race: Race) -> None:
    """The same key from all sides at once gives everybody the same session."""
    widget = make.installation(conn)

    def start(own: psycopg.Connection, _: int) -> list[UUID]:
        return [
            make.session(own, installation_id=widget.id, session_key=f"visitor {number}").id
            for number in range(20)
        ]

    found = race(start)
    assert all(ids == found[0] for ids in found)
    assert len(sessions.list_for_installation(conn, installation_id=widget.id)) == 20


def test_one_delivery_of_an_event_is_new(conn: psycopg.Connection, race: Race) -> None:
    """Deliveries from all sides at once: one is new, all name the same row, each is counted."""

    def deliver(own: psycopg.Connection, _: int) -> list[tuple[UUID, bool]]:
        recorded = [make.event(own, event_id=f"evt {number}") for number in range(20)]
        return [(event.id, event.is_new) for event in recorded]

    deliveries = [delivery for each in race(deliver) for delivery in each]
    assert sum(is_new for _, is_new in deliveries) == 20
    assert len({id_ for id_, _ in deliveries}) == 20
    counted = conn.execute("SELECT DISTINCT deliveries FROM webhook_events").fetchall()
    assert counted == [(THREADS,)]


def test_a_new_person_delivered_eight_times_at_once_is_one(race: Race) -> None:
    """Neither the clerk_id nor the address of the same news is a conflict, in fifty rounds."""
    for number in range(50):
        who = {"clerk_id": f"user_new_{number}", "email": f"new{number}@example.com"}
        known = race(lambda own, _, who=who: users.upsert_from_clerk(own, **who).id)
        assert len(set(known)) == 1


def test_a_new_subscription_told_eight_times_at_once_is_one(
    conn: psycopg.Connection, race: Race
) -> None:
    """Neither the user nor Stripe's ids of the same news are a conflict, in fifty rounds."""
    for number in range(50):
        said = {
            "user_id": make.user(conn).id,
            "stripe_customer_id": f"cus_{number}",
            "stripe_subscription_id": f"sub_{number}",
            "plan": Plan.PRO,
            "status": SubscriptionStatus.ACTIVE,
            "current_period_start": MONTH,
            "current_period_end": MONTH + timedelta(days=30),
            "cancel_at_period_end": False,
        }
        known = race(lambda own, _, said=said: subscriptions.upsert_from_stripe(own, **said).id)
        assert len(set(known)) == 1
