"""queries/subscriptions.sql: plans, limits and periods."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from content import make

from amber_sql.models import Plan, SubscriptionStatus
from amber_sql.queries import subscriptions

if TYPE_CHECKING:
    import psycopg

    from amber_sql.models import Subscription

START = datetime(2030, 1, 1, tzinfo=UTC)
MONTH = timedelta(days=31)


def _stripe(conn: psycopg.Connection, known: Subscription, **given: Any) -> Subscription:
    """Tell a later period of the STARTER plan, as Stripe would."""
    default = {
        "user_id": known.user_id,
        "stripe_customer_id": "cus_1",
        "stripe_subscription_id": "sub_1",
        "plan": Plan.STARTER,
        "status": SubscriptionStatus.ACTIVE,
        "current_period_start": START,
        "current_period_end": START + MONTH,
        "cancel_at_period_end": False,
    }
    return subscriptions.upsert_from_stripe(conn, **default | given)


def test_a_new_subscription_is_free_for_thirty_days(conn: psycopg.Connection) -> None:
    """Without anything given: FREE, 100 messages, one installation, thirty days."""
    new = make.subscription(conn)
    assert (new.plan, new.status) == (Plan.FREE, SubscriptionStatus.ACTIVE)
    assert (new.message_limit, new.installation_limit, new.messages_used) == (100, 1, 0)
    assert new.current_period_end - new.current_period_start == timedelta(days=30)
    assert subscriptions.get_for_user(conn, user_id=new.user_id) == new


@pytest.mark.parametrize(
    ("plan", "limits"),
    [
        (Plan.FREE, (100, 1)),
        (Plan.STARTER, (5_000, 3)),
        (Plan.PRO, (20_000, 10)),
        (Plan.ENTERPRISE, (-1, -1)),
    ],
)
def test_a_plan_brings_its_limits(
    conn: psycopg.Connection, plan: Plan, limits: tuple[int, int]
) -> None:
    """Created with it, changed to it or told by Stripe, a plan means the same limits."""
    created = make.subscription(conn, plan=plan)
    assert (created.message_limit, created.installation_limit) == limits
    other = make.subscription(conn, plan=Plan.PRO if plan is Plan.FREE else Plan.FREE)
    changed = subscriptions.change_plan(conn, user_id=other.user_id, plan=plan)
    assert changed is not None
    assert (changed.plan, changed.message_limit, changed.installation_limit) == (plan, *limits)
    told = _stripe(conn, make.subscription(conn), plan=plan)
    assert (told.message_limit, told.installation_limit) == limits


def test_the_limit_is_reached_by_counting(conn: psycopg.Connection) -> None:
    """Within the limit until as many are used."""
    user_id = make.subscription(conn).user_id
    used = subscriptions.increment_messages_used(conn, user_id=user_id)
    assert used.messages_used == 1
    subscriptions.increment_messages_used(conn, user_id=user_id, amount=98)
    allowance = subscriptions.check_limit(conn, user_id=user_id)
    assert (allowance.plan, allowance.message_limit) == (Plan.FREE, 100)
    assert (allowance.messages_used, allowance.within_limit) == (99, True)
    subscriptions.increment_messages_used(conn, user_id=user_id)
    assert subscriptions.check_limit(conn, user_id=user_id).within_limit is False


def test_unlimited_is_never_reached(conn: psycopg.Connection) -> None:
    """A limit of -1 lets everybody through who has reached another one."""
    user_id = make.subscription(conn).user_id
    subscriptions.increment_messages_used(conn, user_id=user_id, amount=100)
    subscriptions.set_limits(conn, user_id=user_id, message_limit=-1, installation_limit=1)
    assert subscriptions.check_limit(conn, user_id=user_id).within_limit is True


def test_a_period_starts_once(conn: psycopg.Connection) -> None:
    """Starting a period clears what was used; starting it again, or an older one, does nothing."""
    user_id = make.subscription(conn).user_id
    subscriptions.increment_messages_used(conn, user_id=user_id, amount=5)
    period = {"current_period_start": START, "current_period_end": START + MONTH}
    started = subscriptions.start_period(conn, user_id=user_id, **period)
    assert started is not None
    assert (started.messages_used, started.current_period_start) == (0, START)
    assert subscriptions.start_period(conn, user_id=user_id, **period) is None
    earlier = {"current_period_start": START - MONTH, "current_period_end": START}
    assert subscriptions.start_period(conn, user_id=user_id, **earlier) is None


def test_stripe_begins_a_period_and_never_winds_one_back(conn: psycopg.Connection) -> None:
    """A later period clears what was used; an event of an earlier one leaves period and count."""
    free = make.subscription(conn)
    subscriptions.increment_messages_used(conn, user_id=free.user_id, amount=7)
    paid = _stripe(conn, free)
    assert (paid.id, paid.messages_used, paid.stripe_customer_id) == (free.id, 0, "cus_1")
    assert subscriptions.get_by_stripe_customer_id(conn, stripe_customer_id="cus_1") == paid
    subscriptions.increment_messages_used(conn, user_id=free.user_id, amount=3)
    late = _stripe(
        conn,
        free,
        status=SubscriptionStatus.PAST_DUE,
        current_period_start=START - MONTH,
        current_period_end=START,
    )
    assert late.status is SubscriptionStatus.PAST_DUE
    assert (late.messages_used, late.current_period_start) == (3, START)
    assert late.current_period_end == START + MONTH


def test_a_deal_outlives_stripes_events_until_the_plan_changes(conn: psycopg.Connection) -> None:
    """A customer's own limits stay through renewals and end with another plan."""
    paid = _stripe(conn, make.subscription(conn))
    subscriptions.set_limits(conn, user_id=paid.user_id, message_limit=9_000, installation_limit=4)
    renewed = _stripe(
        conn, paid, current_period_start=START + MONTH, current_period_end=START + 2 * MONTH
    )
    assert (renewed.message_limit, renewed.installation_limit) == (9_000, 4)
    changed = _stripe(conn, paid, plan=Plan.PRO)
    assert (changed.message_limit, changed.installation_limit) == (20_000, 10)
