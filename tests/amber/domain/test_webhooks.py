"""amber_sql.domain.webhooks: one worker, with the clock in hand."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from content import make

from amber_sql.domain import webhooks
from amber_sql.models import WebhookProvider, WebhookStatus
from amber_sql.queries import users, webhook_events

if TYPE_CHECKING:
    import psycopg

    from amber_sql.models import WebhookEvent
    from amber_sql.runtime import Pool

STRIPE = WebhookProvider.STRIPE
NOW = datetime.now(UTC) + timedelta(hours=1)


def _fine(_conn: psycopg.Connection, _event: WebhookEvent) -> None:
    """Do nothing."""


def _raise(conn: psycopg.Connection, _event: WebhookEvent) -> None:
    """Leave half an effect, and fail."""
    make.user(conn)
    raise RuntimeError("secret of somebody")


def _statuses(conn: psycopg.Connection) -> dict[str, WebhookStatus]:
    return {
        e: WebhookStatus(s) for e, s in conn.execute("SELECT event_id, status FROM webhook_events")
    }


def test_events_of_an_object_go_in_order(conn: psycopg.Connection, pool: Pool) -> None:
    """By when they happened, then by id, however they came."""
    seen: list[str] = []
    for number in (3, 1, 2, 0):
        at = NOW - timedelta(days=1, seconds=-(number // 2))
        make.event(conn, event_id=f"evt_{number}", occurred_at=at, type="x")
    done = webhooks.process(pool, {(STRIPE, "x"): lambda _, e: seen.append(e.event_id)}, now=NOW)
    assert done.processed == 4
    assert seen == ["evt_0", "evt_1", "evt_2", "evt_3"]
    assert set(_statuses(conn).values()) == {WebhookStatus.PROCESSED}


def test_a_failure_is_rolled_back_and_tried_eight_times(
    conn: psycopg.Connection, pool: Pool
) -> None:
    """Half an effect never stays; the waits grow; then it is DEAD."""
    make.event(conn, type="raise")
    now, seen, waits = NOW, [], []
    for _ in range(8):
        done = webhooks.process(pool, {(STRIPE, "raise"): _raise}, now=now)
        (event,) = webhook_events.list_failed(conn)
        seen.append((done.failed, done.dead, users.list(conn), event.attempts, event.last_error))
        if event.next_attempt_at:
            waits.append((event.next_attempt_at - now).total_seconds())
            now = event.next_attempt_at
    assert seen == [(int(n < 8), int(n == 8), [], n, "builtins.RuntimeError") for n in range(1, 9)]
    assert len(waits) == 7
    assert all(2.5 * 2**n <= wait <= 5 * 2**n for n, wait in enumerate(waits))


def test_behind_a_dead_event_the_next_of_its_object_goes_on(
    conn: psycopg.Connection, pool: Pool
) -> None:
    """Until then it waits, while other objects' events are done at once."""
    make.event(conn, event_id="evt_1", type="raise", occurred_at=NOW - timedelta(days=2))
    make.event(conn, event_id="evt_2", type="fine", occurred_at=NOW - timedelta(days=1))
    make.event(conn, event_id="evt_3", type="fine", object_key="sub_2")
    handlers = {(STRIPE, "raise"): _raise, (STRIPE, "fine"): _fine}
    for attempt in range(7):
        webhooks.process(pool, handlers, now=NOW + timedelta(days=attempt))
    assert _statuses(conn) == {"evt_1": "FAILED", "evt_2": "PENDING", "evt_3": "PROCESSED"}
    webhooks.process(pool, handlers, now=NOW + timedelta(days=8))
    assert _statuses(conn) == {"evt_1": "DEAD", "evt_2": "PROCESSED", "evt_3": "PROCESSED"}


def test_effect_and_mark_are_one_transaction(conn: psycopg.Connection, pool: Pool) -> None:
    """A worker that is killed leaves both or neither: they have one transaction's number."""
    seen: list[int] = []

    def note(own: psycopg.Connection, _: WebhookEvent) -> None:
        seen.extend(own.execute("SELECT pg_current_xact_id()::text::bigint").fetchone() or ())

    id_ = make.event(conn, type="note").id
    assert webhooks.process(pool, {(STRIPE, "note"): note}, now=NOW).processed == 1
    mark = conn.execute("SELECT xmin::text::bigint FROM webhook_events WHERE id = %s", [id_])
    assert [number % 2**32 for number in seen] == list(mark.fetchone() or ())


def test_the_dead_can_be_tried_again(conn: psycopg.Connection, pool: Pool) -> None:
    """One by its id, or all; from the first attempt."""
    ids = [make.event(conn, object_key=f"sub_{n}").id for n in range(3)]
    conn.execute("UPDATE webhook_events SET status = 'DEAD', attempts = 8, next_attempt_at = NULL")
    assert webhook_events.retry_dead(conn, id=ids[0]) == 1
    assert webhook_events.retry_dead(conn) == 2
    assert webhooks.process(pool, {}, now=NOW).processed == 3


def test_stats_tell_what_waits_and_for_how_long(conn: psycopg.Connection) -> None:
    """Counts of what is open and dead, and the age of the oldest."""
    empty = webhook_events.stats(conn)
    assert (empty.pending, empty.failed, empty.dead, empty.oldest_pending_age) == (0, 0, 0, None)
    ids = [make.event(conn, object_key=f"sub_{n}").id for n in range(4)]
    webhook_events.mark_failed(conn, id=ids[0], last_error="x", next_attempt_at=NOW)
    webhook_events.mark_failed(conn, id=ids[1], last_error="x")
    webhook_events.mark_processed(conn, id=ids[2])
    conn.execute("UPDATE webhook_events SET received_at = %s", [NOW - timedelta(minutes=5)])
    found = webhook_events.stats(conn, now=NOW)
    assert (found.pending, found.failed, found.dead) == (1, 1, 1)
    assert found.oldest_pending_age == timedelta(minutes=5)


LEASE = timedelta(seconds=40)


def test_an_event_that_is_leased_is_nobody_elses(conn: psycopg.Connection) -> None:
    """Until the lease has ended: then a second worker takes it, which is a second attempt."""
    make.event(conn)
    after = [
        webhook_events.claim(conn, lease=LEASE, now=NOW + timedelta(seconds=s)) for s in (0, 39, 41)
    ]
    assert [event and event.attempts for event in after] == [1, None, 2]


def test_a_worker_whose_lease_has_ended_comes_too_late(conn: psycopg.Connection) -> None:
    """Whatever it marks is not marked; the mark is the second worker's, once."""
    make.event(conn)
    first = webhook_events.claim(conn, lease=LEASE, now=NOW)
    second = webhook_events.claim(conn, lease=LEASE, now=NOW + timedelta(seconds=41))
    late, own = ({"id": first.id, "attempts": event.attempts} for event in (first, second))
    assert [
        webhook_events.hold(conn, **late),
        webhook_events.settle(conn, **late),
        webhook_events.release(conn, **late, delay=LEASE),
        webhook_events.fail(conn, **late, last_error="x", delay=LEASE),
    ] == [None, 0, 0, None]
    assert webhook_events.settle(conn, **own) == 1
    assert webhook_events.fail(conn, **own, last_error="x", delay=LEASE) is None


def test_a_busy_object_is_left_for_later(conn: psycopg.Connection, pool: Pool) -> None:
    """While somebody works on an object, its next event is not tried, and no attempt is counted."""
    id_ = make.event(conn, object_key="sub_busy").id
    with conn.transaction():
        webhook_events.lock_object(conn, provider=STRIPE, object_key="sub_busy", patience="40s")
        done = webhooks.process(pool, {}, now=NOW)
    assert (done.busy, done.processed) == (1, 0)
    event = webhook_events.get(conn, id=id_)
    assert event is not None
    assert (event.attempts, event.status) == (0, WebhookStatus.PENDING)
    assert webhooks.process(pool, {}, now=NOW + timedelta(seconds=2)).processed == 1


def test_a_handler_that_loses_its_connection_fails_like_any_other(
    conn: psycopg.Connection, pool: Pool
) -> None:
    """The attempt is noted on another connection, and the rest goes on."""

    def drop(own: psycopg.Connection, _: WebhookEvent) -> None:
        conn.execute("SELECT pg_terminate_backend(%s)", [own.info.backend_pid])
        own.execute("SELECT 1")

    make.event(conn, event_id="evt_1", type="drop")
    make.event(conn, event_id="evt_2", object_key="sub_2")
    done = webhooks.process(pool, {(STRIPE, "drop"): drop}, now=NOW)
    assert (done.failed, done.processed) == (1, 1)
    (event,) = webhook_events.list_failed(conn)
    assert (event.attempts, event.last_error) == (1, "psycopg.errors.AdminShutdown 57P01")


def test_a_backlog_behind_a_failing_event_holds_up_nobody(
    conn: psycopg.Connection, pool: Pool
) -> None:
    """Two thousand events wait for one that fails; another object's is done at once."""
    made = [
        {
            "object_key": "sub_slow",
            "occurred_at": NOW - timedelta(seconds=5000 - n),
            "type": "raise",
        }
        for n in range(2000)
    ]
    for given in made:
        make.event(conn, **given)
    make.event(conn, object_key="sub_other", type="fine")
    begun = time.monotonic()
    done = webhooks.process(pool, {(STRIPE, "raise"): _raise}, now=NOW)
    assert (done.failed, done.processed) == (1, 1)
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize("limit", [0, 2])
def test_a_call_can_be_bounded(conn: psycopg.Connection, pool: Pool, limit: int) -> None:
    """No more events than asked for."""
    for number in range(3):
        make.event(conn, object_key=f"sub_{number}")
    assert webhooks.process(pool, {}, limit=limit, now=NOW).processed == limit


def test_the_async_twin_does_the_same(conn: psycopg.Connection, database_url: str) -> None:
    """Awaited handlers, the same marks."""
    import asyncio  # noqa: PLC0415

    from amber_sql import aio  # noqa: PLC0415
    from amber_sql.aio.domain import webhooks as aio_webhooks  # noqa: PLC0415

    make.event(conn, event_id="evt_1", type="fine")
    make.event(conn, event_id="evt_2", type="raise", object_key="sub_2")

    async def fine(own: Any, event: WebhookEvent) -> None:
        await own.execute("SELECT %s", [event.event_id])

    async def bad(_own: Any, _event: WebhookEvent) -> None:
        raise RuntimeError

    async def run() -> Any:
        async with aio.open_pool(database_url) as opened:
            return await aio_webhooks.process(
                opened, {(STRIPE, "fine"): fine, (STRIPE, "raise"): bad}, now=NOW
            )

    done = asyncio.run(run())
    assert (done.processed, done.failed) == (1, 1)
    assert _statuses(conn) == {"evt_1": "PROCESSED", "evt_2": "FAILED"}
