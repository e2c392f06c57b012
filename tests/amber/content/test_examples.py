"""amber_sql/amber/examples.py: what a service does, sync and async, on every PostgreSQL found here."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from amber_sql import aio, open_pool
from amber_sql.amber import examples, examples_async
from amber_sql.amber.commands.demo import seeded
from amber_sql.amber.commands.demo_page import Example
from amber_sql.amber.commands.demo_page import examples as examples_of
from amber_sql.models import (
    Installation,
    InstallationStatus,
    Message,
    MessageAllowance,
    MessageRole,
    Plan,
    Session,
    Subscription,
    User,
)
from amber_sql.queries import installations, messages, sessions, users

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amber_sql import Pool
    from amber_sql.amber.examples import Dashboard


class World:
    """A seeded database, and a way to run an example in it, sync or async."""

    def __init__(self, url: str, pool: Pool, *, awaits: bool) -> None:
        self.pool = pool
        self._url = url
        self._awaits = awaits
        self._given = seeded(pool)
        self.user: User = self._given["user"]
        self.session: Session = self._given["session"]

    def run(self, name: str) -> Any:
        """Return what the example of this name gives."""
        module = examples_async if self._awaits else examples
        (example,) = [found for found in examples_of(module) if found.name == name]
        assert example.is_async == self._awaits
        return asyncio.run(self._await(example)) if self._awaits else example.call(self._given)

    async def _await(self, example: Example) -> Any:
        async with aio.open_pool(self._url) as pool:
            return await example.call(self._given | {"pool": pool})

    def counts(self) -> tuple[int, int]:
        """Return message_count of the session and of its installation, as they are now."""
        place = {"installation_id": self.session.installation_id, "id": self.session.id}
        session = sessions.get(self.pool, **place)
        widget = installations.get(self.pool, user_id=self.user.id, id=self.session.installation_id)
        return session.message_count, widget.message_count


@pytest.fixture(params=["sync", "async"])
def world(app_url_by_major: str, request: pytest.FixtureRequest) -> Iterator[World]:
    """Seed a database of this test."""
    with open_pool(app_url_by_major) as pool:
        yield World(app_url_by_major, pool, awaits=request.param == "async")


def test_there_are_ten_and_their_twins_have_the_same_names() -> None:
    """The issue's ten, in the same order in both halves."""
    names = [example.name for example in examples_of(examples)]
    assert names == [example.name for example in examples_of(examples_async)]
    assert len(names) == 10


def test_1_create_a_user(world: World) -> None:
    """The new row comes back, and is in the database."""
    user = world.run("create_user")
    assert isinstance(user, User)
    assert (user.clerk_id, user.email, user.name) == ("user_xyz", "user@example.com", "John Doe")
    assert users.get(world.pool, id=user.id) == user


def test_2_find_a_user_with_the_subscription(world: World) -> None:
    """The subscription is nested, typed, and the test user's: FREE, 100 messages, 30 days."""
    found = world.run("find_user_with_subscription")
    assert found.id == world.user.id
    assert isinstance(found.subscription, Subscription)
    assert (found.subscription.plan, found.subscription.message_limit) == (Plan.FREE, 100)
    period = found.subscription.current_period_end - found.subscription.current_period_start
    assert period.days == 30


def test_3_active_installations_with_user_and_sessions(world: World) -> None:
    """Each has its owner and its sessions, the one seen last first; a paused one is left out."""
    paused = installations.create(
        world.pool, user_id=world.user.id, client_id="paused", name="Paused"
    )
    installations.set_status(
        world.pool, user_id=world.user.id, id=paused.id, status=InstallationStatus.PAUSED
    )
    (active,) = world.run("active_installations")
    assert active.client_id == "client_test"
    assert active.user == world.user
    assert active.sessions[0] == world.session
    seen = [session.last_seen_at for session in active.sessions]
    assert len(seen) > 1
    assert seen == sorted(seen, reverse=True)


def test_4_add_one_to_messages_used(world: World) -> None:
    """Each call counts one."""
    assert [world.run("count_message").messages_used for _ in range(2)] == [1, 2]


def test_5_installation_stats(world: World) -> None:
    """Count and sum agree with the rows."""
    stats = world.run("installation_stats")
    owned = installations.list_for_user(world.pool, user_id=world.user.id)
    assert all(isinstance(row, Installation) for row in owned)
    assert stats.installation_count == len(owned) == 1
    assert stats.message_count == owned[0].message_count > 10


def test_6_the_ten_newest_messages(world: World) -> None:
    """Ten of them, newest first, each with its session; the first one is the session's last."""
    newest = world.run("newest_messages")
    times = [message.created_at for message in newest]
    assert len(newest) == 10
    assert times == sorted(times, reverse=True)
    assert all(message.session.id == message.session_id for message in newest)
    assert newest[0].session == world.session
    assert newest[0].seq == world.session.message_count


def test_7_is_the_user_within_the_limit(world: World) -> None:
    """The plan and both numbers come with the answer."""
    assert world.run("check_limit") == MessageAllowance(
        plan=Plan.FREE, message_limit=100, messages_used=0, within_limit=True
    )


def test_8_an_exception_rolls_the_message_back(world: World) -> None:
    """Neither the message nor its counts are left; the newest one is what it was."""
    before = world.counts()
    (newest,) = world.run("append_or_roll_back")
    assert isinstance(newest, Message)
    assert newest.seq == world.session.message_count
    assert newest.role is MessageRole.ASSISTANT
    assert world.counts() == before


def test_9_three_calls_on_one_connection(world: World) -> None:
    """What 2, 3 and 5 give, together."""
    dashboard: Dashboard = world.run("load_dashboard")
    assert dashboard.user == world.run("find_user_with_subscription")
    assert dashboard.installations == world.run("active_installations")
    assert dashboard.stats == world.run("installation_stats")


def test_10_a_bulk_insert(world: World) -> None:
    """Ten thousand messages are written and counted, and the next one goes on from there."""
    of_session, of_installation = world.counts()
    assert world.run("import_messages") == 10_000
    assert world.counts() == (of_session + 10_000, of_installation + 10_000)
    following = messages.append(
        world.pool,
        installation_id=world.session.installation_id,
        session_id=world.session.id,
        role=MessageRole.USER,
        content="And now?",
    )
    assert following.seq == of_session + 10_001
