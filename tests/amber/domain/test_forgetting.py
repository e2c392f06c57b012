"""amber_sql.domain.retention: what explains a count that is over goes, and webhooks that are done."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import psycopg
from content import make
from domain import stripe_world as world

from amber_sql import open_pool
from amber_sql.domain import metering, retention, webhooks
from amber_sql.models import Plan, WebhookProvider
from amber_sql.queries import subscriptions, usage_ledger, users, webhook_events

if TYPE_CHECKING:
    from uuid import UUID

    import pytest

START = datetime(2030, 1, 1, tzinfo=UTC)
MONTH = timedelta(days=30)
YEAR = timedelta(days=400)
MOMENT = timedelta(microseconds=1)
NOW = datetime.now(UTC)
QUARTER = timedelta(days=90)


def _subscriber(conn: psycopg.Connection, **given: object) -> UUID:
    """Return somebody whose period is the month from START on."""
    period = {"current_period_start": START, "current_period_end": START + MONTH}
    return make.subscription(conn, **period | given).user_id


def _entries(conn: psycopg.Connection, user_id: UUID) -> list[str | None]:
    """Return the keys that are known still, having seen that ledger and count agree."""
    assert metering.reconcile_usage(conn) == []
    found = conn.execute(
        "SELECT message_key FROM usage_ledger WHERE user_id = %s ORDER BY period_start, id",
        [user_id],
    )
    return [key for (key,) in found]


def _three_periods(conn: psycopg.Connection) -> UUID:
    """Return somebody with a message in each of three periods, the first one given back."""
    user_id = _subscriber(conn)
    metering.consume_message(conn, user_id, "first", now=START)
    metering.refund_message(conn, user_id, "first", now=START)
    metering.consume_message(conn, user_id, "second", now=START + MONTH)
    metering.consume_message(conn, user_id, "third", now=START + 2 * MONTH)
    return user_id


def test_entries_stay_until_their_period_has_been_over_for_long(conn: psycopg.Connection) -> None:
    """Up to the very moment a retry gets its first answer."""
    user_id = _three_periods(conn)
    assert retention.forget_usage(conn, ended=YEAR, now=START + MONTH + YEAR) == 0
    answer = metering.consume_message(conn, user_id, "first", now=START + 2 * MONTH)
    assert (answer.is_retry, answer.used, answer.period_start) == (True, 1, START)


def test_entries_go_when_their_period_has_been_over_for_long(conn: psycopg.Connection) -> None:
    """A moment later, and everybody's; the second time there is nothing left to forget."""
    people = [_three_periods(conn) for _ in range(3)]
    later = {"ended": YEAR, "now": START + MONTH + YEAR + MOMENT}
    assert retention.forget_usage(conn, **later) == 6
    assert [_entries(conn, user_id) for user_id in people] == [["second", "third"]] * 3
    assert retention.forget_usage(conn, **later) == 0


def test_a_forgotten_key_counts_anew(conn: psycopg.Connection) -> None:
    """It is no retry any more."""
    user_id = _three_periods(conn)
    retention.forget_usage(conn, ended=YEAR, now=START + MONTH + YEAR + MOMENT)
    late = metering.consume_message(conn, user_id, "first", now=START + 2 * MONTH)
    assert (late.is_retry, late.used) == (False, 2)
    assert _entries(conn, user_id) == ["second", "third", "first"]


def test_the_current_periods_entries_stay_however_old(conn: psycopg.Connection) -> None:
    """A paid period that Stripe has not moved, and a FREE one of somebody who wrote nothing since."""
    people = [_subscriber(conn, plan=Plan.PRO), _subscriber(conn)]
    for user_id in people:
        metering.consume_message(conn, user_id, "a", now=START)
    assert retention.forget_usage(conn, ended=YEAR, now=START + 9 * YEAR) == 0
    assert [_entries(conn, user_id) for user_id in people] == [["a"]] * 2


def test_many_entries_go_in_small_batches(
    conn: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One call of the statement takes no more than its limit, and pages of people are all seen."""
    monkeypatch.setattr(retention, "PAGE", 2)
    people = [_subscriber(conn) for _ in range(5)]
    conn.execute(
        "INSERT INTO usage_ledger (user_id, period_start, period_end, kind, units, used, message_limit)"
        " SELECT s.user_id, s.current_period_start - %(month)s, s.current_period_start, 'COUNTED', 1, n, 9999"
        " FROM subscriptions AS s, generate_series(1, 1100) AS n",
        {"month": MONTH},
    )
    given = {"user_id": people[0], "ended_before": START + MOMENT}
    assert usage_ledger.delete_ended(conn, **given) == 1000
    assert usage_ledger.delete_ended(conn, **given, limit=30) == 30
    assert retention.forget_usage(conn, ended=YEAR, now=START + YEAR + MOMENT) == 5 * 1100 - 1030
    assert conn.execute("SELECT count(*) FROM usage_ledger").fetchone() == (0,)


def test_a_periods_entries_go_beside_its_owners_messages(
    conn: psycopg.Connection, database_url: str
) -> None:
    """Whoever holds the subscription is not waited for."""
    user_id = _subscriber(conn)
    metering.consume_message(conn, user_id, "a", now=START)
    metering.consume_message(conn, user_id, "b", now=START + MONTH)
    conn.execute("SET lock_timeout = '100ms'")
    with psycopg.connect(database_url) as other:
        subscriptions.lock(other, user_id=user_id)
        assert retention.forget_usage(conn, ended=YEAR, now=START + 9 * YEAR) == 1
    assert _entries(conn, user_id) == ["b"]


def _done(conn: psycopg.Connection, event_id: str, days: int, **given: object) -> None:
    """Record an event that was done with so many days ago."""
    id_ = make.event(conn, event_id=event_id, **given).id
    webhook_events.mark_processed(conn, id=id_)
    conn.execute(
        "UPDATE webhook_events SET processed_at = %s WHERE id = %s", [NOW - timedelta(days), id_]
    )


def _left(conn: psycopg.Connection) -> list[str]:
    return [e for (e,) in conn.execute("SELECT event_id FROM webhook_events ORDER BY event_id")]


def test_events_go_when_they_have_been_done_for_long(
    conn: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Page by page; what is open or dead stays, however old."""
    monkeypatch.setattr(retention, "PAGE", 2)
    for number in range(7):
        _done(conn, f"old {number}", 91)
    _done(conn, "young", 89)
    make.event(conn, event_id="pending")
    failed, dead = (make.event(conn, event_id=name).id for name in ("failed", "dead"))
    webhook_events.mark_failed(conn, id=failed, last_error="x", next_attempt_at=NOW)
    webhook_events.mark_failed(conn, id=dead, last_error="x")
    conn.execute(
        "UPDATE webhook_events SET received_at = %s, occurred_at = %s", [NOW - YEAR, NOW - YEAR]
    )
    assert retention.forget_events(conn, processed=QUARTER, now=NOW) == 7
    assert _left(conn) == ["dead", "failed", "pending", "young"]
    assert retention.forget_events(conn, processed=QUARTER, now=NOW) == 0


def test_an_older_word_that_comes_late_still_changes_nothing(
    conn: psycopg.Connection, database_url: str
) -> None:
    """Of each Clerk user the newest word stays, since it tells what their row shows."""
    for number, (name, at) in enumerate([("Ann", 100), ("Anna", 99), ("Annabel", 98)]):
        about = world.person("user_1", first_name=name)
        happened = NOW - timedelta(days=at)
        world.clerk_event(conn, "user.updated", about, happened, f"msg_{number}")
    _done(conn, "msg_session", 95, provider=WebhookProvider.CLERK, object_key="user_1", type="x")
    with open_pool(database_url, max_size=2) as pool:
        given = {"handlers": world.HANDLERS, "erasure_key": world.KEY}
        assert webhooks.process(pool, **given).processed == 3
        assert retention.forget_events(conn, processed=QUARTER, now=NOW + QUARTER * 2) == 3
        assert _left(conn) == ["msg_2"]
        stale = world.person("user_1", first_name="Ann")
        world.clerk_event(conn, "user.updated", stale, NOW - timedelta(days=100), "msg_0")
        assert webhooks.process(pool, **given).processed == 1
    (user,) = users.list(conn)
    assert user.name == "Annabel Lee"
