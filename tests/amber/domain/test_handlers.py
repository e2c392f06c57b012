"""amber_sql.domain.clerk and .stripe: the same final rows, whatever the order and however often."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from content import make
from domain import stripe_world as world
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from amber_sql.domain import metering, webhooks
from amber_sql.models import Plan, SubscriptionStatus, WebhookStatus
from amber_sql.queries import subscriptions, users, webhook_events

if TYPE_CHECKING:
    from uuid import UUID

    import psycopg

    from amber_sql.models import Subscription
    from amber_sql.runtime import Pool

NOW = datetime.now(UTC)
BEGIN = datetime.fromtimestamp(world.EPOCH, UTC)
MONTH = 30 * world.DAY
EXAMPLES = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def _process(pool: Pool) -> webhooks.Processed:
    done = webhooks.process(pool, world.HANDLERS, erasure_key=world.KEY)
    assert (done.failed, done.dead, done.busy) == (0, 0, 0)
    return done


def _subscriber(conn: psycopg.Connection) -> UUID:
    """Return somebody on the FREE plan whose period began before Stripe's."""
    start = BEGIN - timedelta(days=20)
    period = {"current_period_start": start, "current_period_end": start + timedelta(days=30)}
    return make.subscription(conn, **period).user_id


def _now(conn: psycopg.Connection, user_id: UUID) -> Subscription:
    known = subscriptions.get_for_user(conn, user_id=user_id)
    assert known is not None
    return known


SNAPSHOTS = st.builds(
    lambda type_, status, price, period, cancel: (
        f"customer.subscription.{type_}",
        {
            "status": status,
            "price": price,
            "start": world.EPOCH + period * MONTH,
            "cancel_at_period_end": cancel,
        },
    ),
    st.sampled_from(["created", "updated", "deleted"]),
    st.sampled_from([status.lower() for status in SubscriptionStatus]),
    st.sampled_from(["price_pro", "price_starter"]),
    st.integers(0, 3),
    st.booleans(),
)
INVOICES = st.sampled_from([("invoice.paid", None), ("invoice.payment_failed", None)])
HISTORY = st.lists(
    st.tuples(st.one_of(SNAPSHOTS, INVOICES), st.integers(0, 5)), min_size=1, max_size=6
)


def _final(
    conn: psycopg.Connection, pool: Pool, events: list[Any], order: list[int], ids: list[int]
) -> tuple[Any, ...]:
    """Return the row of a new subscriber after these events, processed in this order, under these ids."""
    conn.execute("DELETE FROM users")
    conn.execute("DELETE FROM webhook_events")
    user_id = _subscriber(conn)
    for number in order:
        (type_, given_), seconds = events[number]
        meta = {"user_id": str(user_id)}
        about = (
            world.invoice(metadata=meta)
            if given_ is None
            else world.subscription(metadata=meta, **given_)
        )
        at = BEGIN + timedelta(seconds=seconds)
        world.stripe_event(conn, type_, about, at, f"evt_{ids[number]}")
        _process(pool)
    row = _now(conn, user_id)
    return (
        row.plan, row.status, row.message_limit, row.installation_limit, row.messages_used,
        row.stripe_customer_id, row.stripe_subscription_id, row.current_period_start,
        row.current_period_end, row.cancel_at_period_end,
    )  # fmt: skip


@EXAMPLES
@given(HISTORY, st.data())
def test_any_order_of_one_subscriptions_events_ends_alike(
    conn: psycopg.Connection, pool: Pool, events: list[Any], data: st.DataObject
) -> None:
    """Shuffled, repeated and named otherwise, Stripe's events lead to the row of their own order."""
    in_order = sorted(range(len(events)), key=lambda n: events[n][1])
    again = data.draw(st.lists(st.sampled_from(in_order), max_size=4))
    order = data.draw(st.permutations(in_order + again))
    ids = data.draw(st.permutations(range(len(events))))
    expected = _final(conn, pool, events, in_order, list(range(len(events))))
    assert _final(conn, pool, events, order, ids) == expected


CLERK_EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["user.created", "user.updated", "user.updated", "user.deleted"]),
        st.sampled_from(["a@x.org", "b@x.org", "C@x.org"]),
        st.sampled_from(["Ann", None, "Bo"]),
        st.integers(0, 5),
    ),
    min_size=1,
    max_size=6,
)


def _person(
    conn: psycopg.Connection, pool: Pool, events: list[Any], order: list[int], ids: list[int]
) -> list[Any]:
    """Return the users after these events, processed in this order, under these ids."""
    for table in ("users", "webhook_events", "erased_people"):
        conn.execute(f"DELETE FROM {table}")
    for number in order:
        type_, email, name, seconds = events[number]
        deleted = type_ == "user.deleted"
        about = (
            {"id": "user_1", "deleted": True}
            if deleted
            else world.person("user_1", email, first_name=name)
        )
        world.clerk_event(
            conn, type_, about, BEGIN + timedelta(seconds=seconds), f"msg_{ids[number]}"
        )
        _process(pool)
    return [(u.clerk_id, u.email, u.name, u.avatar_url) for u in users.list(conn)]


@EXAMPLES
@given(CLERK_EVENTS, st.data())
def test_any_order_of_one_clerk_users_events_ends_alike(
    conn: psycopg.Connection, pool: Pool, events: list[Any], data: st.DataObject
) -> None:
    """Shuffled, repeated and named otherwise, Clerk's events lead to the rows of their own order."""
    in_order = sorted(range(len(events)), key=lambda n: events[n][3])
    again = data.draw(st.lists(st.sampled_from(in_order), max_size=4))
    order = data.draw(st.permutations(in_order + again))
    ids = data.draw(st.permutations(range(len(events))))
    expected = _person(conn, pool, events, in_order, list(range(len(events))))
    assert _person(conn, pool, events, order, ids) == expected


def test_a_person_arrives_with_the_free_plan(conn: psycopg.Connection, pool: Pool) -> None:
    """user.created writes the primary address and both names, and gives a plan to count on."""
    world.clerk_event(conn, "user.created", world.person("user_1"), NOW, "msg_1")
    _process(pool)
    user = users.get_by_clerk_id(conn, clerk_id="user_1")
    assert user is not None
    assert (user.email, user.name) == ("ann@example.com", "Ann Lee")
    assert user.avatar_url == "https://img.example/ann.png"
    known = _now(conn, user.id)
    assert (known.plan, known.message_limit) == (Plan.FREE, 100)
    assert known.current_period_end - known.current_period_start == timedelta(days=30)


@pytest.mark.parametrize("new_first", [False, True])
def test_an_address_moves_to_a_re_created_user(
    conn: psycopg.Connection, pool: Pool, new_first: bool
) -> None:
    """Whoever Clerk gave it last has it, whichever event we see first; the other is not lost."""
    events = [("user_old", NOW), ("user_new", NOW + timedelta(hours=1))]
    for clerk_id, at in reversed(events) if new_first else events:
        world.clerk_event(conn, "user.created", world.person(clerk_id), at, f"msg_{clerk_id}")
        _process(pool)
    emails = {user.clerk_id: user.email for user in users.list(conn)}
    assert emails == {"user_old": "user_old@moved.invalid", "user_new": "ann@example.com"}


def test_a_paid_plan_begins_is_renewed_and_ends(conn: psycopg.Connection, pool: Pool) -> None:
    """Limits and period follow Stripe; when it ends, what is left is FREE in the same period."""
    user_id = _subscriber(conn)
    metering.consume_message(conn, user_id, "before", now=BEGIN - timedelta(days=1))
    renewed = world.EPOCH + MONTH
    story = [
        ("created", 0, world.subscription(metadata={"user_id": str(user_id)})),
        ("updated", 30, world.subscription(start=renewed)),
        ("deleted", 32, world.subscription(start=renewed, status="canceled")),
    ]
    states = []
    for what, day, about in story:
        at = BEGIN + timedelta(days=day)
        world.stripe_event(conn, f"customer.subscription.{what}", about, at, f"evt_{day}")
        _process(pool)
        now = _now(conn, user_id)
        states.append(
            (now.plan, now.message_limit, now.messages_used, now.current_period_start - BEGIN)
        )
        assert (now.status, now.stripe_customer_id) == (SubscriptionStatus.ACTIVE, "cus_1")
        assert now.stripe_subscription_id == ("sub_1" if now.plan is Plan.PRO else None)
        metering.consume_message(conn, user_id, what, now=at)
    assert states == [
        (Plan.PRO, 20_000, 0, timedelta(0)),
        (Plan.PRO, 20_000, 0, timedelta(days=30)),
        (Plan.FREE, 100, 1, timedelta(days=30)),
    ]
    assert metering.reconcile_usage(conn) == []


def _canceled_year(conn: psycopg.Connection, pool: Pool) -> UUID:
    """Return somebody who paid for a year, wrote 15,000 messages and canceled after 100 days."""
    user_id = _subscriber(conn)
    given_ = {"end": world.EPOCH + 365 * world.DAY, "metadata": {"user_id": str(user_id)}}
    for number, (status, day) in enumerate([("active", 0), ("canceled", 100), ("canceled", 100)]):
        about = world.subscription(status=status, **given_)
        at = BEGIN + timedelta(days=day)
        world.stripe_event(conn, "customer.subscription.updated", about, at, f"evt_{number}")
        _process(pool)
        metering.consume_message(conn, user_id, f"key {number}", now=BEGIN)
    subscriptions.increment_messages_used(conn, user_id=user_id, amount=15_000)
    return user_id


def test_a_year_that_is_canceled_leaves_months_of_the_free_plan(
    conn: psycopg.Connection, pool: Pool
) -> None:
    """Nobody waits for the end of a year that they no longer pay for, nor gets a year for 100 messages."""
    user_id = _canceled_year(conn, pool)
    first_month = _now(conn, user_id)
    assert (first_month.plan, first_month.current_period_start) == (Plan.FREE, BEGIN)
    assert not metering.consume_message(conn, user_id, "b", now=BEGIN + timedelta(days=30)).admitted
    free = metering.consume_message(conn, user_id, "c", now=BEGIN + timedelta(days=100))
    assert (free.admitted, free.used, free.message_limit) == (True, 1, 100)
    assert free.period_end - free.period_start == timedelta(days=30)
    assert free.period_start <= BEGIN + timedelta(days=100) < free.period_end


def test_a_late_word_on_a_canceled_year_winds_nothing_back(
    conn: psycopg.Connection, pool: Pool
) -> None:
    """A bill of the year that was paid leaves the free month as it is."""
    user_id = _canceled_year(conn, pool)
    free = metering.consume_message(conn, user_id, "c", now=BEGIN + timedelta(days=100))
    world.stripe_event(conn, "invoice.paid", world.invoice(), BEGIN, "evt_late")
    _process(pool)
    assert _now(conn, user_id).current_period_start == free.period_start
    assert metering.reconcile_usage(conn) == []


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_a_late_word_on_an_old_customer_leaves_the_new_one(
    conn: psycopg.Connection, pool: Pool, order: tuple[int, ...]
) -> None:
    """Who is made a new customer stays that, whatever comes late of the old one."""
    meta = {"user_id": str(_subscriber(conn))}
    old = {"sub": "sub_old", "customer": "cus_old", "metadata": meta}
    new = world.subscription("sub_new", "cus_new", created=world.EPOCH + 50, metadata=meta)
    story = [
        ("customer.subscription.created", world.subscription(**old), 0),
        ("customer.subscription.deleted", world.subscription(**old, status="canceled"), 1),
        ("customer.subscription.created", new, 2),
    ]
    for number in order:
        type_, about, hours = story[number]
        world.stripe_event(conn, type_, about, BEGIN + timedelta(hours=hours), f"evt_{number}")
        _process(pool)
    (known,) = conn.execute(
        "SELECT array[stripe_customer_id, stripe_subscription_id] FROM subscriptions"
    ).fetchone()
    assert known == ["cus_new", "sub_new"]


def test_an_unpaid_checkout_resets_no_counter(conn: psycopg.Connection, pool: Pool) -> None:
    """A subscription that was never paid changes nothing: no plan, no period."""
    user_id = _subscriber(conn)
    metering.consume_message(conn, user_id, "a", now=BEGIN - timedelta(days=1))
    before = _now(conn, user_id)
    for number, status in enumerate(("incomplete", "incomplete_expired")):
        about = world.subscription(status=status, metadata={"user_id": str(user_id)})
        world.stripe_event(
            conn,
            "customer.subscription.updated",
            about,
            BEGIN + timedelta(days=number),
            f"evt_{number}",
        )
        _process(pool)
    after = _now(conn, user_id)
    assert (after.plan, after.messages_used) == (Plan.FREE, 1)
    assert after.current_period_start == before.current_period_start


def test_a_failed_payment_is_past_due_until_paid(conn: psycopg.Connection, pool: Pool) -> None:
    """The newer of an invoice's and a subscription's word counts."""
    user_id = _subscriber(conn)
    meta = {"user_id": str(user_id)}
    story = [
        ("customer.subscription.created", world.subscription(metadata=meta), "ACTIVE"),
        ("invoice.payment_failed", world.invoice(), "PAST_DUE"),
        ("customer.subscription.updated", world.subscription(status="unpaid"), "UNPAID"),
        ("invoice.paid", world.invoice(), "ACTIVE"),
        ("customer.subscription.updated", world.subscription(status="active"), "ACTIVE"),
    ]
    for number, (type_, about, status) in enumerate(story):
        world.stripe_event(conn, type_, about, BEGIN + timedelta(hours=number), f"evt_{number}")
        _process(pool)
        assert _now(conn, user_id).status == status


def test_the_end_of_an_old_subscription_leaves_the_new_one(
    conn: psycopg.Connection, pool: Pool
) -> None:
    """A plan replaced by another subscription is not ended by the late end of the first."""
    user_id = _subscriber(conn)
    meta = {"user_id": str(user_id)}
    new = world.subscription(
        "sub_2", price="price_starter", created=world.EPOCH + 50, metadata=meta
    )
    world.stripe_event(
        conn, "customer.subscription.created", world.subscription(metadata=meta), BEGIN, "evt_1"
    )
    world.stripe_event(
        conn, "customer.subscription.created", new, BEGIN + timedelta(seconds=50), "evt_2"
    )
    gone = world.subscription(status="canceled", metadata=meta)
    world.stripe_event(
        conn, "customer.subscription.deleted", gone, BEGIN + timedelta(hours=1), "evt_3"
    )
    _process(pool)
    assert (_now(conn, user_id).plan, _now(conn, user_id).stripe_subscription_id) == (
        Plan.STARTER,
        "sub_2",
    )


def test_what_cannot_be_understood_waits_for_a_person(conn: psycopg.Connection, pool: Pool) -> None:
    """An unknown customer, price or shape fails, and last_error quotes nothing of it."""
    world.stripe_event(
        conn, "customer.subscription.created", world.subscription("sub_a"), BEGIN, "evt_1"
    )
    strange = world.subscription("sub_b", price="price_strange")
    world.stripe_event(conn, "customer.subscription.created", strange, BEGIN, "evt_2")
    world.stripe_event(conn, "invoice.paid", {"id": "sub_c"}, BEGIN, "evt_3")
    done = webhooks.process(pool, world.HANDLERS, erasure_key=world.KEY)
    assert done.failed == 3
    failed = webhook_events.list_failed(conn)
    assert {event.status for event in failed} == {WebhookStatus.FAILED}
    assert [event.last_error for event in failed] == [
        "UnknownCustomer",
        "UnknownPrice",
        "msgspec.ValidationError",
    ]
