"""A migrated database → one with the test user and a small world to try things in.

Everything goes through the query functions, in one transaction. Who is there already keeps what
they have, so that seeding twice is seeding once; the first upsert makes a second seed wait.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from amber_sql.amber.seed_events import write_events, write_usage
from amber_sql.amber.seed_talk import talk
from amber_sql.amber.seed_world import PEOPLE
from amber_sql.models import Plan, WidgetPosition
from amber_sql.queries import api_keys, installations, messages, sessions, subscriptions, users

if TYPE_CHECKING:
    from psycopg import Connection

    from amber_sql.amber.seed_world import Person, Widget
    from amber_sql.models import MessagesInsertManyParams, User

PERIOD = timedelta(days=30)


def seed(conn: Connection, now: datetime | None = None) -> list[User]:
    """Write the world as it would stand at `now`, and return its people, the test user first.

    Raises psycopg's UniqueViolation where somebody else has one of their addresses.
    """
    moment = (now or datetime.now(UTC)).replace(microsecond=0)
    with conn.transaction():
        return [_write_person(conn, person, moment) for person in PEOPLE]


def _write_person(conn: Connection, person: Person, now: datetime) -> User:
    user = users.upsert_from_clerk(
        conn, clerk_id=person.clerk_id, email=person.email, name=person.name
    )
    if subscriptions.get_for_user(conn, user_id=user.id) is not None:
        return user
    began = now - timedelta(days=person.days_into_period)
    _subscribe(conn, person, user, began)
    for name in person.keys:
        api_keys.create(
            conn,
            user_id=user.id,
            key_id=f"{person.clerk_id}_{name.lower().replace(' ', '_')}",
            key_hash=sha256(secrets.token_bytes(32)).digest(),  # nobody has this secret
            name=name,
            scopes=["messages:read"],
        )
    said = [
        message for widget in person.widgets for message in _write_widget(conn, user, widget, now)
    ]
    used = sum(message.created_at >= began for message in said)
    if used:
        subscriptions.increment_messages_used(conn, user_id=user.id, amount=used)
    write_events(conn, person, now)
    write_usage(conn, user, said, now)
    return user


def _subscribe(conn: Connection, person: Person, user: User, began: datetime) -> None:
    if person.plan == Plan.FREE:
        subscriptions.create(
            conn, user_id=user.id, current_period_start=began, current_period_end=began + PERIOD
        )
        return
    subscriptions.upsert_from_stripe(
        conn,
        user_id=user.id,
        stripe_customer_id=person.clerk_id.replace("user_", "cus_"),
        stripe_subscription_id=person.clerk_id.replace("user_", "sub_"),
        plan=person.plan,
        status=person.status,
        current_period_start=began,
        current_period_end=began + PERIOD,
        cancel_at_period_end=False,
    )


def _write_widget(
    conn: Connection, user: User, widget: Widget, now: datetime
) -> list[MessagesInsertManyParams]:
    """Add an installation with its sessions; return what was said in them."""
    made = installations.create(
        conn,
        user_id=user.id,
        client_id=widget.client_id,
        name=widget.name,
        allowed_origins=[widget.origin],
    )
    installations.update_branding(
        conn,
        user_id=user.id,
        id=made.id,
        assistant_name=widget.assistant,
        accent_color=widget.color,
        avatar_url=None,
        position=WidgetPosition.BOTTOM_RIGHT,
        welcome_message=widget.welcome,
    )
    installations.set_status(conn, user_id=user.id, id=made.id, status=widget.status)
    visits, said = talk(widget, made.id, now)
    sessions.insert_many(conn, visits)
    messages.insert_many(conn, said)
    installations.recount_messages(conn, user_id=user.id, id=made.id)
    return said
