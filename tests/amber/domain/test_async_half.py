"""The async half of the domain, of which the sync half is derived: each function, on a real pool."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import pytest
from content import make
from domain import stripe_world as world

from amber_sql import RowNotFound, aio
from amber_sql.aio.domain import (
    api_keys,
    clerk,
    installations,
    metering,
    people,
    retention,
    stripe,
    webhooks,
)
from amber_sql.domain.refusals import InvalidApiKey, MissingScope
from amber_sql.models import Plan, WebhookEvent, WebhookProvider
from amber_sql.queries import subscriptions, users

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import psycopg

    from amber_sql.aio import Pool

    R = TypeVar("R")
    Run = Callable[[Callable[[Pool], Awaitable[R]]], R]

NOW = datetime.now(UTC)


@pytest.fixture
def run(database_url: str) -> Run[Any]:
    """Run a coroutine function that takes a pool, in a loop of its own."""

    def in_loop(work: Callable[[Pool], Awaitable[R]]) -> R:
        async def main() -> R:
            async with aio.open_pool(database_url, max_size=8) as pool:
                return await work(pool)

        return asyncio.run(main())

    return in_loop


# ── metering ─────────────────────────────────────────────────────────────────────────────────


def test_tasks_share_the_last_messages(conn: psycopg.Connection, run: Run[Any]) -> None:
    """Twenty tasks and a limit of seven: seven are admitted, and counted once each."""
    user_id = make.subscription(conn).user_id
    subscriptions.set_limits(conn, user_id=user_id, message_limit=7, installation_limit=1)

    async def race(pool: Pool) -> list[bool]:
        keys = [f"key_{number}" for number in range(20)]
        decisions = await asyncio.gather(
            *(metering.consume_message(pool, user_id, key) for key in keys)
        )
        return [decision.admitted for decision in decisions]

    assert sum(run(race)) == 7
    assert subscriptions.get_for_user(conn, user_id=user_id).messages_used == 7


def test_a_refund_gives_a_message_back(conn: psycopg.Connection, run: Run[Any]) -> None:
    """Once, however often it is asked for."""
    user_id = make.subscription(conn).user_id

    async def work(pool: Pool) -> None:
        await metering.consume_message(pool, user_id, "key")
        await metering.refund_message(pool, user_id, "key")
        await metering.refund_message(pool, user_id, "key")

    run(work)
    assert subscriptions.get_for_user(conn, user_id=user_id).messages_used == 0


def test_nobody_s_message_is_refused_by_name(conn: psycopg.Connection, run: Run[Any]) -> None:
    """Somebody without a subscription raises RowNotFound."""
    user_id = make.user(conn).id
    with pytest.raises(RowNotFound):
        run(lambda pool: metering.consume_message(pool, user_id, "key"))


def test_a_visitor_writes_ten_times_a_minute(conn: psycopg.Connection, run: Run[Any]) -> None:
    """The eleventh at once is told when to come again."""
    session = make.session(conn)

    async def work(pool: Pool) -> list[bool]:
        asked = [
            metering.admit_to_session(pool, session.installation_id, session.id, now=NOW)
            for _ in range(11)
        ]
        return [(await one).admitted for one in asked]

    assert run(work) == [True] * 10 + [False]


def test_a_count_that_somebody_wrote_is_mended(conn: psycopg.Connection, run: Run[Any]) -> None:
    """The ledger says how many there were."""
    user_id = make.subscription(conn).user_id
    conn.execute("UPDATE subscriptions SET messages_used = 5 WHERE user_id = %s", [user_id])
    (difference,) = run(metering.reconcile_usage)
    assert difference.user_id == user_id
    assert subscriptions.get_for_user(conn, user_id=user_id).messages_used == 0


# ── installations and API keys ───────────────────────────────────────────────────────────────


def test_two_tasks_never_share_the_last_widget(conn: psycopg.Connection, run: Run[Any]) -> None:
    """One gets it, the other None."""
    user_id = make.subscription(conn).user_id
    subscriptions.set_limits(conn, user_id=user_id, message_limit=1, installation_limit=1)

    async def race(pool: Pool) -> list[Any]:
        return await asyncio.gather(
            *(
                installations.create(pool, user_id, client_id=f"client_{n}", name="Shop")
                for n in range(4)
            )
        )

    assert [widget is not None for widget in run(race)].count(True) == 1


def test_a_key_may_what_its_scopes_say(conn: psycopg.Connection, run: Run[Any]) -> None:
    """It is found by its text, and refused for another scope."""
    user_id = make.user(conn).id

    async def work(pool: Pool) -> None:
        made = await api_keys.create(pool, user_id, name="CI", scopes=["messages:read"])
        assert (await api_keys.verify(pool, made.text, "messages:read")).id == made.key.id
        with pytest.raises(MissingScope):
            await api_keys.verify(pool, made.text, "messages:write")

    run(work)


def test_a_rotated_key_ends_with_its_overlap(conn: psycopg.Connection, run: Run[Any]) -> None:
    """The new one is valid at once, the old one until then."""
    user_id = make.user(conn).id

    async def work(pool: Pool) -> None:
        old = await api_keys.create(pool, user_id, name="CI", scopes=[])
        new = await api_keys.rotate(pool, user_id, old.key.id, overlap=timedelta(hours=1))
        assert await api_keys.verify(pool, old.text)
        assert await api_keys.verify(pool, new.text)
        with pytest.raises(InvalidApiKey):
            await api_keys.verify(pool, old.text, now=NOW + timedelta(hours=2))

    run(work)


# ── webhooks, people, retention ──────────────────────────────────────────────────────────────


def test_an_event_that_fails_leaves_nothing_behind(conn: psycopg.Connection, run: Run[Any]) -> None:
    """What its handler did is rolled back, and the attempt is counted."""
    make.event(conn, type="x")

    async def fail(own: psycopg.AsyncConnection, _event: WebhookEvent) -> None:
        await own.execute("DELETE FROM webhook_events")
        raise RuntimeError

    handlers = {(WebhookProvider.STRIPE, "x"): fail}
    done = run(lambda pool: webhooks.process(pool, handlers, limit=1))
    assert (done.processed, done.failed) == (0, 1)
    assert conn.execute("SELECT attempts FROM webhook_events").fetchall() == [(1,)]


def test_clerk_s_and_stripe_s_events_have_their_effect(
    conn: psycopg.Connection, run: Run[Any]
) -> None:
    """A person signs up, and pays."""
    world.clerk_event(conn, "user.created", world.person("user_1"), NOW, "evt_1")
    handlers = {**clerk.handlers(erasure_key=world.KEY), **stripe.handlers(world.PLANS)}
    run(lambda pool: webhooks.process(pool, handlers, erasure_key=world.KEY))
    user = users.get_by_clerk_id(conn, clerk_id="user_1")
    about = world.subscription(metadata={"user_id": str(user.id)})
    world.stripe_event(conn, "customer.subscription.created", about, NOW, "evt_2")
    run(lambda pool: webhooks.process(pool, handlers, erasure_key=world.KEY))
    assert subscriptions.get_for_user(conn, user_id=user.id).plan is Plan.PRO


def test_a_person_is_exported_and_erased(conn: psycopg.Connection, run: Run[Any]) -> None:
    """What is known of them can be had, until they are gone."""
    user = make.user(conn)

    async def work(pool: Pool) -> tuple[Any, bool, bool]:
        before = await people.export(pool, user.id)
        return (
            before,
            await people.erase(pool, user.id, key=world.KEY),
            await people.erase_clerk_user(pool, user.clerk_id, key=world.KEY),
        )

    before, erased, again = run(work)
    assert before.user.email == user.email
    assert (erased, again) == (True, False)
    assert users.get_by_clerk_id(conn, clerk_id=user.clerk_id) is None


def test_what_has_had_its_time_is_forgotten(conn: psycopg.Connection, run: Run[Any]) -> None:
    """A visitor who was idle for long, and nobody else."""
    make.session(conn)
    later = NOW + timedelta(days=400)

    async def work(pool: Pool) -> tuple[Any, int, int]:
        days = timedelta(days=90)
        return (
            await retention.forget_visitors(pool, idle=days, blank=days, now=later),
            await retention.forget_usage(pool, ended=days, now=later),
            await retention.forget_events(pool, processed=days, now=later),
        )

    visitors, usage, events = run(work)
    assert (visitors.deleted, usage, events) == (1, 0, 0)
