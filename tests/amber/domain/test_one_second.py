"""Events of one second: the same row, and the right one, whatever their ids, their order and how often."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import TYPE_CHECKING, Any

import pytest
from content import make
from domain import stripe_world as world

from amber_sql.domain import webhooks
from amber_sql.models import WebhookProvider
from amber_sql.queries import subscriptions, users, webhook_events

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import psycopg

    from amber_sql.runtime import Pool

AT = datetime.fromtimestamp(world.EPOCH, UTC)
MONTH = 30 * world.DAY
SUBSCRIPTION, INVOICE = "customer.subscription.", "invoice."


def _s(type_: str, status: str, before: Any = None, **given: Any) -> tuple[str, Any, Any]:
    return SUBSCRIPTION + type_, given | {"status": status}, before


STORIES: dict[str, tuple[list[tuple[str, Any, Any]], tuple[Any, ...]]] = {
    "paid at once": ([_s("created", "incomplete"), _s("updated", "active")], ("PRO", "ACTIVE")),
    "bought and canceled": (
        [_s("created", "active"), _s("deleted", "canceled")],
        ("FREE", "ACTIVE"),
    ),
    "changed and canceled": (
        [_s("updated", "active"), _s("deleted", "canceled")],
        ("FREE", "ACTIVE"),
    ),
    "a deletion whose object is still active": (
        [_s("updated", "past_due"), _s("deleted", "active")],
        ("FREE", "ACTIVE"),
    ),
    "created, paid and canceled": (
        [_s("created", "incomplete"), _s("updated", "active"), _s("deleted", "canceled")],
        ("FREE", "ACTIVE"),
    ),
    "an end that came as an update": (
        [_s("updated", "active"), _s("updated", "canceled")],
        ("FREE", "ACTIVE"),
    ),
    "a trial that ended": ([_s("updated", "trialing"), _s("updated", "active")], ("PRO", "ACTIVE")),
    "renewed": (
        [_s("updated", "past_due"), _s("updated", "active", start=world.EPOCH + MONTH)],
        ("PRO", "ACTIVE"),
    ),
    "a renewal that failed": (
        [
            _s("updated", "active", start=world.EPOCH),
            _s("updated", "past_due", start=world.EPOCH + MONTH),
        ],
        ("PRO", "PAST_DUE"),
    ),
    "a failure that says what it changed": (
        [_s("updated", "active"), _s("updated", "past_due", {"status": "active"})],
        ("PRO", "PAST_DUE"),
    ),
    "another plan, and what it was": (
        [
            _s("created", "active", price="price_starter"),
            _s("updated", "active", {"latest_invoice": "in_1"}, price="price_starter"),
            _s("updated", "active", {"latest_invoice": None, "cancel_at_period_end": False}),
        ],
        ("PRO", "ACTIVE"),
    ),
    "resumed": ([_s("updated", "paused"), _s("resumed", "active")], ("PRO", "ACTIVE")),
    "created, and its invoice paid": (
        [_s("created", "incomplete"), (INVOICE + "paid", None, None)],
        ("PRO", "ACTIVE"),
    ),
    "its own status and a failed invoice": (
        [(INVOICE + "payment_failed", None, None), _s("updated", "active")],
        ("PRO", "ACTIVE"),
    ),
}


def _orders(count: int) -> Iterator[tuple[Sequence[int], Sequence[int]]]:
    """Yield every order to arrive in, each repeated, with every order of ids."""
    for ids in permutations(range(count)):
        for arrival in permutations(range(count)):
            yield ids, (*arrival, arrival[0])


def _finals(
    conn: psycopg.Connection,
    pool: Pool,
    count: int,
    record: Callable[[int, str], None],
    final: Callable[[], Any],
) -> set[Any]:
    """Return the rows that all orders lead to, processed one by one and all at once."""
    found = set()
    for ids, arrival in _orders(count):
        for at_once in (False, True):
            for table in ("users", "webhook_events"):
                conn.execute(f"DELETE FROM {table}")
            for number in arrival:
                record(number, f"evt_{ids[number]}")
                if not at_once:
                    _process(pool)
            _process(pool)
            found.add(final())
    return found


def _process(pool: Pool) -> None:
    done = webhooks.process(pool, world.HANDLERS, erasure_key=world.KEY)
    assert (done.failed, done.dead, done.busy) == (0, 0, 0)


@pytest.mark.parametrize("name", STORIES)
def test_a_second_of_stripes_ends_as_it_ended(
    conn: psycopg.Connection, pool: Pool, name: str
) -> None:
    """Every order of arrival and of ids, each event twice or once: the row that Stripe has."""
    story, expected = STORIES[name]

    def record(number: int, id_: str) -> None:
        owner = users.get_by_clerk_id(conn, clerk_id="user_p") or make.user(conn, clerk_id="user_p")
        type_, given, before = story[number]
        meta = {"metadata": {"user_id": str(owner.id)}}
        about = world.invoice(**meta) if given is None else world.subscription(**meta, **given)
        world.stripe_event(conn, type_, about, AT, id_, before=before)

    def final() -> tuple[str, ...]:
        owner = users.get_by_clerk_id(conn, clerk_id="user_p")
        assert owner is not None
        row = subscriptions.get_for_user(conn, user_id=owner.id)
        assert row is not None
        return row.plan.value, row.status.value

    assert _finals(conn, pool, len(story), record, final) == {expected}


CLERK = {
    "created and changed": (
        [("user.created", "Old", 5), ("user.updated", "New", 5)],
        "New",
    ),
    "changed twice": (
        [("user.updated", "Zoe", 1), ("user.updated", "Ann", 2)],
        "Ann",
    ),
    "created, changed twice": (
        [("user.created", "Old", 9), ("user.updated", "Zoe", 1), ("user.updated", "Ann", 2)],
        "Ann",
    ),
}


@pytest.mark.parametrize("name", CLERK)
def test_a_moment_of_clerks_ends_as_it_ended(
    conn: psycopg.Connection, pool: Pool, name: str
) -> None:
    """Created first, and then as the user itself was updated."""
    story, expected = CLERK[name]

    def record(number: int, id_: str) -> None:
        type_, first, updated = story[number]
        about = world.person("user_p", first_name=first, last_name=None, updated_at=updated)
        world.clerk_event(conn, type_, about, AT, id_)

    def final() -> Any:
        found = users.get_by_clerk_id(conn, clerk_id="user_p")
        return found and found.name

    assert _finals(conn, pool, len(story), record, final) == {expected}


def test_an_address_of_two_users_of_one_moment_is_the_later_ones(
    conn: psycopg.Connection, pool: Pool
) -> None:
    """Whose user was updated last has it, whatever the ids of the events."""
    story = [("user_b", 1), ("user_a", 2)]

    def record(number: int, id_: str) -> None:
        clerk_id, updated = story[number]
        about = world.person(clerk_id, "same@example.com", updated_at=updated)
        world.clerk_event(conn, "user.updated", about, AT, id_)

    def final() -> tuple[str, ...]:
        return tuple(sorted(user.email for user in users.list(conn)))

    assert _finals(conn, pool, 2, record, final) == {("same@example.com", "user_b@moved.invalid")}


def test_a_deletion_of_one_moment_is_last(conn: psycopg.Connection, pool: Pool) -> None:
    """Nobody comes back by an event of the moment in which they were deleted."""
    story = ["user.created", "user.updated", "user.deleted"]

    def record(number: int, id_: str) -> None:
        about = world.person("user_p") if number < 2 else {"id": "user_p", "deleted": True}
        world.clerk_event(conn, story[number], about, AT, id_)

    def final() -> int:
        conn.execute("DELETE FROM erased_people")
        return len(users.list(conn))

    assert _finals(conn, pool, 3, record, final) == {0}


def test_a_late_repetition_of_a_deleted_event_changes_nothing(
    conn: psycopg.Connection, pool: Pool
) -> None:
    """When the inbox has forgotten the events of a second, one that comes again decides nothing."""
    meta = {"metadata": {"user_id": str(make.user(conn).id)}}
    early = world.subscription(status="incomplete", **meta)
    for number, (type_, about) in enumerate(
        [("created", early), ("updated", world.subscription(**meta))]
    ):
        world.stripe_event(conn, f"{SUBSCRIPTION}{type_}", about, AT, f"evt_{number}")
    _process(pool)
    conn.execute("DELETE FROM webhook_events")
    world.stripe_event(conn, f"{SUBSCRIPTION}created", early, AT, "evt_0")
    _process(pool)
    assert conn.execute("SELECT plan, status FROM subscriptions").fetchall() == [("PRO", "ACTIVE")]


def test_all_words_of_the_newest_clerk_moment_are_kept(
    conn: psycopg.Connection, pool: Pool
) -> None:
    """Deleting processed events leaves each of them, so that a late one finds all to compare with."""
    for number in range(2):
        about = world.person("user_p", updated_at=number)
        world.clerk_event(conn, "user.updated", about, AT, f"evt_{number}")
    world.clerk_event(conn, "user.created", world.person("user_p"), AT - timedelta(1), "evt_9")
    _process(pool)
    ids = [id_ for (id_,) in conn.execute("SELECT id FROM webhook_events").fetchall()]
    assert webhook_events.delete_processed(conn, ids=ids) == 1
    kept = webhook_events.list_of_moment(
        conn,
        provider=WebhookProvider.CLERK,
        object_key="user_p",
        occurred_at=AT,
        types=["user.updated"],
    )
    assert [event.event_id for event in kept] == ["evt_0", "evt_1"]
