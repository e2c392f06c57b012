"""queries/webhook_events.sql: an event is taken in once and tried until it is done or dead."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from content import make

from amber_sql.models import WebhookProvider, WebhookStatus
from amber_sql.queries import webhook_events

if TYPE_CHECKING:
    import psycopg

NOW = datetime.now(UTC)


def test_a_second_delivery_is_recognised(conn: psycopg.Connection) -> None:
    """The same event of the same provider is one row; it says how often it came."""
    first = make.event(conn, event_id="evt_a", payload={"n": [1, None, "x"]})
    again = make.event(conn, event_id="evt_a", payload={})
    other = make.event(conn, event_id="evt_a", provider=WebhookProvider.CLERK)
    assert (first.is_new, again.is_new, other.is_new) == (True, False, True)
    assert again.id == first.id != other.id
    event = webhook_events.get(conn, id=first.id)
    assert event is not None
    assert (event.payload, event.deliveries) == ({"n": [1, None, "x"]}, 2)
    assert (event.status, event.attempts) == (WebhookStatus.PENDING, 0)


def test_what_is_due_is_listed(conn: psycopg.Connection) -> None:
    """New events and those whose next attempt has come, longest waiting first."""
    new, soon, later = (make.event(conn).id for _ in range(3))
    webhook_events.mark_failed(
        conn, id=soon, last_error="x", next_attempt_at=NOW - timedelta(hours=1)
    )
    webhook_events.mark_failed(
        conn, id=later, last_error="x", next_attempt_at=NOW + timedelta(hours=1)
    )
    assert [event.id for event in webhook_events.list_due(conn)] == [soon, new]
    assert [event.id for event in webhook_events.list_due(conn, limit=1)] == [soon]


def test_an_event_fails_and_dies(conn: psycopg.Connection) -> None:
    """Each attempt is counted; without a next one it is DEAD."""
    id_ = make.event(conn).id
    failed = webhook_events.mark_failed(conn, id=id_, last_error="boom", next_attempt_at=NOW)
    assert (failed.status, failed.attempts) == (WebhookStatus.FAILED, 1)
    assert (failed.last_error, failed.next_attempt_at) == ("boom", NOW)
    dead = webhook_events.mark_failed(conn, id=id_, last_error="boom")
    assert (dead.status, dead.attempts, dead.next_attempt_at) == (WebhookStatus.DEAD, 2, None)


def test_what_is_processed_is_final(conn: psycopg.Connection) -> None:
    """A dead event may still be done, and then nothing changes it."""
    id_ = make.event(conn).id
    for _ in range(2):
        webhook_events.mark_failed(conn, id=id_, last_error="boom")
    done = webhook_events.mark_processed(conn, id=id_)
    assert (done.status, done.attempts) == (WebhookStatus.PROCESSED, 3)
    assert done.processed_at is not None
    assert webhook_events.mark_processed(conn, id=id_) is None
    assert webhook_events.mark_failed(conn, id=id_, last_error="late") is None


def test_what_went_wrong_is_paged(conn: psycopg.Connection) -> None:
    """FAILED and DEAD, oldest first; what is new or done is left out."""
    ids = [make.event(conn).id for _ in range(5)]
    for id_ in ids[:3]:
        webhook_events.mark_failed(conn, id=id_, last_error="x", next_attempt_at=None)
    webhook_events.mark_processed(conn, id=ids[3])
    first = webhook_events.list_failed(conn, limit=2)
    second = webhook_events.list_failed(conn, after_id=first[-1].id)
    assert [event.id for event in (*first, *second)] == ids[:3]
