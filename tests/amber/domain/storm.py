"""All that Amber's services and jobs call, on one small world: any two of them at once, again and again.

Each call is a transaction of its own on the world's rows, picked at random, and puts back what it
removes. What a caller may be told on the way (gone, refused, known already) is no finding; what the
server counts as a deadlock is.
"""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeAlias

import psycopg
from content import make
from domain import stripe_world
from psycopg import errors

from amber_sql import open_pool
from amber_sql.domain import api_keys, days, installations, metering, people, retention, webhooks
from amber_sql.domain.refusals import InvalidApiKey
from amber_sql.errors import RowNotFound
from amber_sql.models import InstallationStatus, Plan
from amber_sql.queries import api_keys as keys
from amber_sql.queries import installations as widgets
from amber_sql.queries import sessions, subscriptions, users

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from amber_sql.models import Installation, Session

TOLD = (
    RowNotFound,
    InvalidApiKey,
    errors.ForeignKeyViolation,
    errors.UniqueViolation,
)
Call: TypeAlias = Callable[[Any, Any], object]
"""Takes the world and a connection."""

CALLS: dict[str, Call] = {}
KEY = stripe_world.KEY


def _call(function: Call) -> Call:
    CALLS[function.__name__] = function
    return function


class World:
    """Three people with widgets, sessions and keys; whoever is removed comes back as somebody new."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.dice = random.Random()  # noqa: S311
        self.people: list[UUID] = []
        self.appended: dict[UUID, int] = {}
        self.guard = threading.Lock()
        self.pool = open_pool(url, min_size=0, max_size=8)
        with psycopg.connect(url, autocommit=True) as conn:
            for _ in range(3):
                self.join(conn)

    def join(self, conn: psycopg.Connection) -> None:
        """Add a person with two widgets, three sessions at each, and a key."""
        user = make.user(conn)
        make.subscription(conn, user_id=user.id)
        subscriptions.set_limits(conn, user_id=user.id, message_limit=-1, installation_limit=-1)
        for _ in range(2):
            self.widget(conn, user.id)
        api_keys.create(conn, user.id, name="CI", scopes=[])
        self.people.append(user.id)

    def leave(self, conn: psycopg.Connection, user_id: UUID) -> None:
        """Put somebody new in the place of whom nobody is to meet any more."""
        with self.guard, contextlib.suppress(ValueError):
            self.people.remove(user_id)
            self.join(conn)

    def widget(self, conn: psycopg.Connection, user_id: UUID) -> Installation:
        """Add a widget with three sessions."""
        made = make.installation(conn, user_id=user_id)
        for number in range(3):
            make.session(conn, installation_id=made.id, session_key=f"v{number}", ip="10.0.0.1")
        # Of days that maintenance counts, and that a word or a deletion changes.
        conn.execute(
            "UPDATE sessions SET created_at = created_at - interval '1 day' * ascii(right(session_key, 1))"
            " WHERE installation_id = %s",
            [made.id],
        )
        return made

    def who(self) -> UUID:
        """Pick a person."""
        return self.dice.choice(self.people)

    def site(self, conn: psycopg.Connection) -> Installation:
        """Pick a widget that is there."""
        user_id = self.who()
        found = widgets.list_for_user(conn, user_id=user_id)
        return self.dice.choice(found) if found else self.widget(conn, user_id)

    def visit(self, conn: psycopg.Connection) -> Session:
        """Pick a session that is there."""
        site = self.site(conn)
        found = sessions.list_for_installation(conn, installation_id=site.id, limit=20)
        return self.dice.choice(found) if found else make.session(conn, installation_id=site.id)

    def say(self, conn: psycopg.Connection, session: Session) -> None:
        """Write a message, and remember that it was counted."""
        make.message(conn, session)
        with self.guard:
            where = session.installation_id
            self.appended[where] = self.appended.get(where, 0) + 1


@_call
def append(world: World, conn: psycopg.Connection) -> None:
    """Write a message."""
    world.say(conn, world.visit(conn))


@_call
def visit(world: World, conn: psycopg.Connection) -> None:
    """Do in one transaction what a service does for one message."""
    site, number = world.site(conn), world.dice.randrange(3)
    with conn.transaction():
        metering.consume_message(conn, site.user_id, str(world.dice.random()))
        session = make.session(conn, installation_id=site.id, session_key=f"v{number}")
        metering.admit_to_session(conn, site.id, session.id)
        make.message(conn, session)
    with world.guard:
        world.appended[site.id] = world.appended.get(site.id, 0) + 1


@_call
def start(world: World, conn: psycopg.Connection) -> None:
    """Open a session, known or new."""
    key = f"v{world.dice.randrange(9)}"
    make.session(conn, installation_id=world.site(conn).id, session_key=key, ip="10.0.0.2")


@_call
def touch(world: World, conn: psycopg.Connection) -> None:
    """Note that a visitor is here."""
    found = world.visit(conn)
    sessions.touch(conn, installation_id=found.installation_id, id=found.id)


@_call
def admit(world: World, conn: psycopg.Connection) -> None:
    """Ask whether a visitor may write."""
    found = world.visit(conn)
    metering.admit_to_session(conn, found.installation_id, found.id)


@_call
def delete_session(world: World, conn: psycopg.Connection) -> None:
    """Remove a session."""
    found = world.visit(conn)
    sessions.delete(conn, installation_id=found.installation_id, id=found.id)


@_call
def delete_sessions_of_user(world: World, conn: psycopg.Connection) -> None:
    """Remove every session at somebody's widgets."""
    sessions.delete_for_user(conn, user_id=world.who())


@_call
def consume(world: World, conn: psycopg.Connection) -> None:
    """Count a message, or be told what was answered before."""
    metering.consume_message(conn, world.who(), str(world.dice.randrange(50)))


@_call
def refund(world: World, conn: psycopg.Connection) -> None:
    """Give a message back."""
    metering.refund_message(conn, world.who(), str(world.dice.randrange(50)))


@_call
def increment(world: World, conn: psycopg.Connection) -> None:
    """Count a message without asking."""
    subscriptions.increment_messages_used(conn, user_id=world.who())


@_call
def reconcile(_: World, conn: psycopg.Connection) -> None:
    """Compare counters with the ledger."""
    assert metering.reconcile_usage(conn) == []


@_call
def change_plan(world: World, conn: psycopg.Connection) -> None:
    """Move somebody to another plan, and back to no limits."""
    user_id = world.who()
    subscriptions.change_plan(conn, user_id=user_id, plan=Plan.PRO)
    subscriptions.set_limits(conn, user_id=user_id, message_limit=-1, installation_limit=-1)


@_call
def ensure(world: World, conn: psycopg.Connection) -> None:
    """Give somebody the FREE plan if they have none."""
    subscriptions.ensure(conn, user_id=world.who())


@_call
def install(world: World, conn: psycopg.Connection) -> None:
    """Add a widget if the plan has room."""
    name = str(world.dice.random())
    installations.create(conn, world.who(), client_id=name, name=name)


@_call
def delete_widget(world: World, conn: psycopg.Connection) -> None:
    """Remove a widget."""
    site = world.site(conn)
    widgets.delete(conn, user_id=site.user_id, id=site.id)


@_call
def pause_widget(world: World, conn: psycopg.Connection) -> None:
    """Set a widget's status."""
    site = world.site(conn)
    widgets.set_status(conn, user_id=site.user_id, id=site.id, status=InstallationStatus.PAUSED)


@_call
def recount(world: World, conn: psycopg.Connection) -> None:
    """Bring a widget's counters up."""
    site = world.site(conn)
    widgets.recount_messages(conn, user_id=site.user_id, id=site.id)


@_call
def delete_user(world: World, conn: psycopg.Connection) -> None:
    """Remove a person with everything."""
    user_id = world.who()
    users.delete(conn, id=user_id)
    world.leave(conn, user_id)


@_call
def erase(world: World, conn: psycopg.Connection) -> None:
    """Erase a person."""
    user_id = world.who()
    people.erase(conn, user_id, key=KEY)
    world.leave(conn, user_id)


@_call
def erase_clerk_user(world: World, conn: psycopg.Connection) -> None:
    """Erase whom Clerk knows."""
    user = users.get(conn, id=world.who())
    if user is not None:
        people.erase_clerk_user(conn, user.clerk_id, key=KEY)
        world.leave(conn, user.id)


@_call
def export(world: World, conn: psycopg.Connection) -> None:
    """Read all that is known of a person."""
    people.export(conn, world.who())


@_call
def rename(world: World, conn: psycopg.Connection) -> None:
    """Change a person's name."""
    users.update_profile(conn, id=world.who(), name="Bo", avatar_url=None)


@_call
def make_key(world: World, conn: psycopg.Connection) -> None:
    """Make a key and use it."""
    made = api_keys.create(conn, world.who(), name="CI", scopes=[])
    api_keys.verify(conn, made.text)


@_call
def rotate_key(world: World, conn: psycopg.Connection) -> None:
    """Put a key in the place of another."""
    user_id = world.who()
    found = keys.list_for_user(conn, user_id=user_id, limit=3)
    if found:
        overlap = timedelta(minutes=world.dice.randrange(2))
        api_keys.rotate(conn, user_id, world.dice.choice(found).id, overlap=overlap)


@_call
def hear_stripe(world: World, conn: psycopg.Connection) -> None:
    """Take in what Stripe says of a subscription, new or known, and process what is due."""
    user_id, number = world.who(), world.dice.randrange(3)
    about = stripe_world.subscription(
        f"sub_{user_id}_{number}", f"cus_{user_id}", metadata={"user_id": str(user_id)}
    )
    at = datetime.now(UTC)
    stripe_world.stripe_event(
        conn, "customer.subscription.updated", about, at, f"evt_{world.dice.random()}"
    )
    webhooks.process(world.pool, stripe_world.HANDLERS, limit=2, erasure_key=KEY)


@_call
def hear_clerk(world: World, conn: psycopg.Connection) -> None:
    """Take in what Clerk says of a person, and process what is due."""
    user = users.get(conn, id=world.who())
    if user is None or user.clerk_id.startswith("erased_"):
        return
    about = stripe_world.person(user.clerk_id, user.email)
    at = datetime.now(UTC)
    stripe_world.clerk_event(conn, "user.updated", about, at, f"evt_{world.dice.random()}")
    webhooks.process(world.pool, stripe_world.HANDLERS, limit=2, erasure_key=KEY)


@_call
def forget_visitors(_: World, conn: psycopg.Connection) -> None:
    """Blank visitors and delete sessions, as maintenance does."""
    retention.forget_visitors(conn, idle=timedelta(seconds=1), blank=timedelta(0))


@_call
def forget_usage(_: World, conn: psycopg.Connection) -> None:
    """Delete what explains ended periods, as maintenance does."""
    retention.forget_usage(conn, ended=timedelta(0))


@_call
def forget_events(_: World, conn: psycopg.Connection) -> None:
    """Delete processed events, as maintenance does."""
    retention.forget_events(conn, processed=timedelta(0))


@_call
def count_days(_: World, conn: psycopg.Connection) -> None:
    """Count the days that are over, as maintenance does."""
    days.count_days(conn)


def pairs() -> list[tuple[Call, Call]]:
    """Return each call with itself and with each other."""
    every = list(CALLS.values())
    return [(one, other) for at, one in enumerate(every) for other in every[at:]]


class Storm:
    """Threads with connections of their own, which run two calls against each other."""

    def __init__(self, world: World, threads: int) -> None:
        self.world = world
        self.connections = [
            psycopg.connect(world.url, autocommit=True, application_name="storm")
            for _ in range(threads)
        ]
        self._threads = ThreadPoolExecutor(threads)

    def run(self, calls: tuple[Call, Call], seconds: float) -> set[str]:
        """Run both for so long, half of the threads each; return the errors that nobody expects."""
        end = time.monotonic() + seconds

        def work(number: int) -> set[str]:
            call, found = calls[number % 2], set()
            while time.monotonic() < end:
                try:
                    call(self.world, self.connections[number])
                except TOLD:
                    continue
                except Exception as problem:  # noqa: BLE001  # whatever it is, it is what is looked for
                    found.add(f"{call.__name__}: {problem!r}")
            return found

        every = self._threads.map(work, range(len(self.connections)))
        return {error for errors_ in every for error in errors_}

    def close(self) -> None:
        """End threads and connections."""
        self._threads.shutdown()
        for connection in self.connections:
            connection.close()
        self.world.pool.close()


def check(conn: psycopg.Connection, world: World) -> None:
    """Compare every counter with the rows that it counts."""
    assert subscriptions.list_unreconciled(conn) == []
    wrong = conn.execute(
        "SELECT s.id FROM sessions AS s WHERE s.message_count <>"
        " (SELECT count(*) FROM messages AS m WHERE (m.installation_id, m.session_id) = (s.installation_id, s.id))"
    ).fetchall()
    assert wrong == []
    counted = dict(conn.execute("SELECT id, message_count FROM installations").fetchall())
    assert counted == {id_: world.appended.get(id_, 0) for id_ in counted}


@contextlib.contextmanager
def storm(url: str, threads: int) -> Iterator[Storm]:
    """Make a world, and threads to run calls in it."""
    made = Storm(World(url), threads)
    try:
        yield made
    finally:
        made.close()
