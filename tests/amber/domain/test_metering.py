"""amber_sql.domain.metering: what one caller sees, with the clock in hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import psycopg
import pytest
from content import make

from amber_sql.domain import installations, metering
from amber_sql.errors import RowNotFound
from amber_sql.models import Plan, SubscriptionStatus, UsageRefusal
from amber_sql.queries import subscriptions, usage_ledger

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from amber_sql.models import MessageDecision

START = datetime(2030, 1, 1, tzinfo=UTC)
END = START + timedelta(days=30)
MOMENT = timedelta(microseconds=1)


def _subscriber(conn: psycopg.Connection, limit: int = 10, **given: Any) -> UUID:
    """Return somebody whose period is START to END."""
    period = {"current_period_start": START, "current_period_end": END}
    user_id = make.subscription(conn, **period | given).user_id
    subscriptions.set_limits(conn, user_id=user_id, message_limit=limit, installation_limit=2)
    return user_id


def _used(conn: psycopg.Connection, user_id: UUID) -> int:
    """Return messages_used, having seen that the ledger agrees."""
    assert subscriptions.list_unreconciled(conn) == []
    known = subscriptions.get_for_user(conn, user_id=user_id)
    assert known is not None
    return known.messages_used


def test_an_admitted_key_counts_once_and_keeps_its_first_answer(conn: psycopg.Connection) -> None:
    """A retry hears what the first call heard, whatever was counted since."""
    user_id = _subscriber(conn, limit=2)
    first = metering.consume_message(conn, user_id, "a", now=START)
    assert (first.admitted, first.used, first.message_limit) == (True, 1, 2)
    assert (first.period_start, first.period_end) == (START, END)
    metering.consume_message(conn, user_id, "b", now=START)
    again = metering.consume_message(conn, user_id, "a", now=START)
    assert (again.admitted, again.used, again.is_retry) == (True, 1, True)
    assert _used(conn, user_id) == 2


def test_a_refused_key_stays_refused(conn: psycopg.Connection) -> None:
    """A retry hears so too, although a refund has made room."""
    user_id = _subscriber(conn, limit=2)
    for key in "ab":
        metering.consume_message(conn, user_id, key, now=START)
    heard = [metering.consume_message(conn, user_id, "c", now=START)]
    assert metering.refund_message(conn, user_id, "b", now=START).refunded
    heard.append(metering.consume_message(conn, user_id, "c", now=START))
    assert [(a.admitted, a.refusal, a.used, a.is_retry) for a in heard] == [
        (False, UsageRefusal.LIMIT_REACHED, 2, is_retry) for is_retry in (False, True)
    ]
    assert _used(conn, user_id) == 1


def test_minus_one_is_unlimited(conn: psycopg.Connection) -> None:
    """Without a limit everything is admitted, and nothing is crossed."""
    user_id = _subscriber(conn, limit=-1)
    answers = [metering.consume_message(conn, user_id, str(n), now=START) for n in range(120)]
    assert all(a.admitted and not a.crossed_80 and not a.crossed_100 for a in answers)
    assert _used(conn, user_id) == 120


def test_a_limit_of_zero_admits_nothing(conn: psycopg.Connection) -> None:
    """Zero is no stand-in for unlimited."""
    answer = metering.consume_message(conn, _subscriber(conn, limit=0), "a", now=START)
    assert (answer.admitted, answer.crossed_100) == (False, False)


def _consume(
    conn: psycopg.Connection, user_id: UUID, keys: Iterable[str], now: datetime = START
) -> list[MessageDecision]:
    return [metering.consume_message(conn, user_id, key, now=now) for key in keys]


def test_a_crossing_is_told_by_the_call_that_crosses(conn: psycopg.Connection) -> None:
    """At 80 % and at 100 %, in each period, and later by list_crossings."""
    user_id = _subscriber(conn)
    for begin in (START, END):
        answers = _consume(conn, user_id, [f"{begin} {n}" for n in range(10)], begin)
        assert [a.crossed_80 for a in answers] == [n == 7 for n in range(10)]
        assert [a.crossed_100 for a in answers] == [n == 9 for n in range(10)]
    found = usage_ledger.list_crossings(conn, since=START - timedelta(days=9999))
    assert [(c.crossed_80, c.crossed_100) for c in found] == [(True, False), (False, True)] * 2


def test_a_crossing_is_told_once_a_period(conn: psycopg.Connection) -> None:
    """Not again by a retry, nor behind a refund."""
    user_id = _subscriber(conn)
    _consume(conn, user_id, "0123456789")
    (retry,) = _consume(conn, user_id, "7")
    assert not retry.crossed_80
    for key in "789":
        metering.refund_message(conn, user_id, key, now=START)
    more = _consume(conn, user_id, "abc")
    assert all(a.admitted and not a.crossed_80 and not a.crossed_100 for a in more)
    found = usage_ledger.list_crossings(conn, since=START - timedelta(days=9999))
    assert [(c.crossed_80, c.crossed_100) for c in found] == [(True, False), (False, True)]


def test_one_message_may_cross_both(conn: psycopg.Connection) -> None:
    """A limit of one is 80 % and all of it at once."""
    answer = metering.consume_message(conn, _subscriber(conn, limit=1), "a", now=START)
    assert (answer.crossed_80, answer.crossed_100) == (True, True)


def test_a_jump_past_80_is_told_by_the_next_message(conn: psycopg.Connection) -> None:
    """What increment_messages_used stepped over is not lost."""
    user_id = _subscriber(conn)
    subscriptions.increment_messages_used(conn, user_id=user_id, amount=8)
    assert metering.consume_message(conn, user_id, "a", now=START).crossed_80
    assert _used(conn, user_id) == 9


@pytest.mark.parametrize("status", list(SubscriptionStatus))
def test_which_statuses_may_consume(conn: psycopg.Connection, status: SubscriptionStatus) -> None:
    """Trialing, active and past due may; subscription_rights says so, and knows every status."""
    user_id = _subscriber(conn)
    conn.execute("UPDATE subscriptions SET status = %s::subscription_status", [str(status)])
    (may,) = conn.execute(
        "SELECT may_consume FROM subscription_rights WHERE status = %s::subscription_status",
        [str(status)],
    ).fetchone()
    answer = metering.consume_message(conn, user_id, "a", now=START)
    assert answer.admitted == may == (status in {"TRIALING", "ACTIVE", "PAST_DUE"})
    assert answer.refusal is (None if may else UsageRefusal.INACTIVE)


def test_a_free_period_ends_by_itself(conn: psycopg.Connection) -> None:
    """The first moment after it belongs to the next one."""
    user_id = _subscriber(conn, limit=1)
    last = [metering.consume_message(conn, user_id, key, now=END - MOMENT) for key in "ab"]
    assert [answer.admitted for answer in last] == [True, False]
    next_one = metering.consume_message(conn, user_id, "c", now=END)
    assert (next_one.admitted, next_one.used) == (True, 1)
    assert (next_one.period_start, next_one.period_end) == (END, END + timedelta(days=30))


def test_a_free_period_begins_whole_periods_later(conn: psycopg.Connection) -> None:
    """For somebody who wrote nothing for long; a clock that is slow stays in it."""
    user_id = _subscriber(conn, limit=1)
    metering.consume_message(conn, user_id, "a", now=END)
    later = metering.consume_message(conn, user_id, "b", now=END + timedelta(days=95))
    assert later.period_start == START + timedelta(days=120)
    assert _used(conn, user_id) == 1
    slow = metering.consume_message(conn, user_id, "c", now=START)
    assert (slow.period_start, slow.admitted) == (later.period_start, False)


def test_an_ended_free_period_gives_way_even_to_a_refusal(conn: psycopg.Connection) -> None:
    """A limit of zero is refused in the period of now, and count and ledger still agree."""
    user_id = _subscriber(conn)
    metering.consume_message(conn, user_id, "a", now=START)
    subscriptions.set_limits(conn, user_id=user_id, message_limit=0, installation_limit=1)
    refused = metering.consume_message(conn, user_id, "b", now=END)
    assert (refused.admitted, refused.used, refused.period_start) == (False, 0, END)
    assert _used(conn, user_id) == 0


def test_a_day_is_24_hours_in_any_time_zone(conn: psycopg.Connection) -> None:
    """A FREE period across the night that a clock is changed keeps its seconds."""
    conn.execute("SET TIME ZONE 'America/New_York'")
    begin = datetime(2030, 3, 1, 5, tzinfo=UTC)
    period = {"current_period_start": begin, "current_period_end": begin + timedelta(days=30)}
    user_id = _subscriber(conn, **period)
    answer = metering.consume_message(conn, user_id, "a", now=begin + timedelta(days=30))
    assert answer.period_start == begin + timedelta(days=30)
    assert answer.period_end == begin + timedelta(days=60)


def test_free_periods_are_thirty_days_whatever_came_before(conn: psycopg.Connection) -> None:
    """A month of 31 or of 29 days that a paid plan left behind is not repeated."""
    for days in (29, 31, 366):
        end = START + timedelta(days=days)
        user_id = _subscriber(conn, current_period_end=end)
        answer = metering.consume_message(conn, user_id, "a", now=end + timedelta(days=59))
        assert answer.period_start == end + timedelta(days=30)
        assert answer.period_end == end + timedelta(days=60)


def test_a_paid_period_waits_for_stripe(conn: psycopg.Connection) -> None:
    """Past its end a paid period goes on counting: no second fresh counter."""
    user_id = _subscriber(conn, limit=2, plan=Plan.PRO)
    metering.consume_message(conn, user_id, "a", now=START)
    late = metering.consume_message(conn, user_id, "b", now=END + timedelta(days=3))
    assert (late.used, late.period_start) == (2, START)
    assert not metering.consume_message(conn, user_id, "c", now=END + timedelta(days=3)).admitted


def test_a_refund_is_given_once(conn: psycopg.Connection) -> None:
    """Not twice, and not for a refused or unknown key."""
    user_id = _subscriber(conn, limit=2)
    _consume(conn, user_id, "abc")
    back = metering.refund_message(conn, user_id, "a", now=START)
    assert (back.refunded, back.used) == (True, 1)
    keys = ("a", "c", "unknown")
    assert not any(metering.refund_message(conn, user_id, key, now=START).refunded for key in keys)
    assert _used(conn, user_id) == 1


def test_a_refund_is_given_in_its_own_period(conn: psycopg.Connection) -> None:
    """Not when that is over, whether the next one has begun to count or not."""
    user_id = _subscriber(conn, limit=2)
    _consume(conn, user_id, "b")
    assert not metering.refund_message(conn, user_id, "b", now=END).refunded
    metering.consume_message(conn, user_id, "d", now=END)
    over = metering.refund_message(conn, user_id, "b", now=END)
    assert (over.refunded, over.used) == (False, 1)
    assert _used(conn, user_id) == 1


def test_somebody_without_a_subscription_is_no_row(conn: psycopg.Connection) -> None:
    """Unknown is an error, no refusal."""
    with pytest.raises(RowNotFound, match=r"usage_ledger\.consume"):
        metering.consume_message(conn, uuid4(), "a")
    with pytest.raises(RowNotFound, match=r"usage_ledger\.refund"):
        metering.refund_message(conn, uuid4(), "a")


def test_a_decision_is_part_of_the_callers_transaction(conn: psycopg.Connection) -> None:
    """Rolled back with it, and the connection is fit for use after an error in it."""
    user_id = _subscriber(conn)
    with conn.transaction(force_rollback=True):
        assert metering.consume_message(conn, user_id, "a").admitted
    assert _used(conn, user_id) == 0
    with pytest.raises(psycopg.errors.CheckViolation):
        metering.consume_message(conn, user_id, "")
    assert metering.consume_message(conn, user_id, "a", now=START).used == 1


def test_a_lock_that_is_not_granted_is_the_error(
    conn: psycopg.Connection, database_url: str
) -> None:
    """lock_timeout is reported as itself, with the name of the statement that waited."""
    user_id = _subscriber(conn)
    with psycopg.connect(database_url) as other:
        subscriptions.lock(other, user_id=user_id)
        conn.execute("SET lock_timeout = '50ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            metering.consume_message(conn, user_id, "a")
    assert metering.consume_message(conn, user_id, "a").admitted


def test_a_lost_prepared_statement_is_made_again(conn: psycopg.Connection) -> None:
    """DISCARD ALL behind our back costs nothing and counts nothing twice."""
    user_id = _subscriber(conn)
    metering.consume_message(conn, user_id, "a", now=START)
    conn.execute("DISCARD ALL")
    assert metering.consume_message(conn, user_id, "b", now=START).used == 2


def test_reconcile_mends_what_was_written_by_hand(conn: psycopg.Connection) -> None:
    """Nothing to mend, until somebody goes past the ledger."""
    user_id = _subscriber(conn)
    metering.consume_message(conn, user_id, "a", now=START)
    assert metering.reconcile_usage(conn) == []
    conn.execute("UPDATE subscriptions SET messages_used = 7")
    (found,) = metering.reconcile_usage(conn)
    assert (found.user_id, found.messages_used, found.ledger_units) == (user_id, 7, 1)
    assert _used(conn, user_id) == 1


def test_ended_periods_can_be_forgotten(conn: psycopg.Connection) -> None:
    """The entries of a period that is over go; those of the current one stay, however old."""
    user_id = _subscriber(conn)
    metering.consume_message(conn, user_id, "a", now=START)
    metering.consume_message(conn, user_id, "b", now=END)
    forever = END + timedelta(days=999)
    assert usage_ledger.delete_ended(conn, user_id=user_id, ended_before=forever) == 1
    assert _used(conn, user_id) == 1


def test_a_plan_has_room_for_so_many_widgets(conn: psycopg.Connection) -> None:
    """One more than the limit is refused; -1 has room for any; nobody's plan has none."""
    user_id = _subscriber(conn)
    made = [installations.create(conn, user_id, client_id=f"c{n}", name="x") for n in range(3)]
    assert [m is not None for m in made] == [True, True, False]
    subscriptions.set_limits(conn, user_id=user_id, message_limit=1, installation_limit=-1)
    assert installations.create(conn, user_id, client_id="c3", name="x") is not None
    assert installations.create(conn, make.user(conn).id, client_id="c4", name="x") is None


def test_ten_messages_in_any_minute(conn: psycopg.Connection) -> None:
    """A sliding minute, not a calendar one; a refused message costs nothing."""
    session = make.session(conn)

    def admit(seconds: float) -> Any:
        now = START + timedelta(seconds=seconds)
        return metering.admit_to_session(conn, session.installation_id, session.id, now=now)

    assert all(admit(50 + n).admitted for n in range(10))
    refused = admit(61)
    assert (refused.admitted, refused.retry_at) == (False, START + timedelta(seconds=110))
    assert not admit(109.999999).admitted
    assert [admit(110 + n / 2).admitted for n in range(4)] == [True, False, True, False]
    with pytest.raises(RowNotFound):
        metering.admit_to_session(conn, make.installation(conn).id, session.id)
