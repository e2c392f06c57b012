# Derived from aio/domain/clerk.py by tools/async_to_sync.py: change that file, never this one.
"""Clerk's events about people → users. The newest event wins, in whatever order they come.

Which is newest is asked of the inbox itself, by occurred_at of what was processed; of one moment's
events by what they say, never by their ids.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amber_sql.domain import people
from amber_sql.domain.clerk_payload import Person, is_person, order, person, placeholder
from amber_sql.models import WebhookProvider
from amber_sql.queries import subscriptions, users, webhook_events

if TYPE_CHECKING:
    from psycopg import Connection

    from amber_sql.domain.webhooks import Handlers
    from amber_sql.models import User, WebhookEvent

CLERK = WebhookProvider.CLERK
_SPEAKS = ["user.created", "user.updated"]


def handlers(*, erasure_key: bytes | None = None) -> Handlers:
    """Return what to do on user.created, user.updated and user.deleted.

    A new person gets the FREE plan; a deleted one is erased, as `people.erase` does it with this key.
    """

    def delete(conn: Connection[Any], event: WebhookEvent) -> None:
        people.erase_clerk_user(conn, event.object_key, key=erasure_key)

    return {
        (CLERK, "user.created"): _write,
        (CLERK, "user.updated"): _write,
        (CLERK, "user.deleted"): delete,
    }


def _write(conn: Connection[Any], event: WebhookEvent) -> None:
    """Write what Clerk says of a person, unless a newer event has spoken."""
    said, mine = person(event), order(event)
    newest = _newest(conn, said.id)
    if newest and newest[0].occurred_at > event.occurred_at:
        return
    if newest and newest[0].occurred_at == event.occurred_at and max(map(order, newest)) > mine:
        return
    email = said.email
    holder = users.get_by_email(conn, email=email)
    known = users.get_by_clerk_id(conn, clerk_id=said.id)
    # In the order of docs/domain.md: what we write last is locked first.
    if known is not None:
        subscriptions.lock(conn, user_id=known.id)
    if holder is not None and holder.clerk_id != said.id:
        # Both at once: two people who exchange their addresses would lock each other's rows.
        users.lock(conn, ids=[holder.id, *([known.id] if known else [])])
        email = _move(conn, email, holder, said, event)
    user = users.upsert_from_clerk(
        conn, clerk_id=said.id, email=email, name=said.name, avatar_url=said.image_url
    )
    subscriptions.ensure(conn, user_id=user.id)


def _move(
    conn: Connection[Any], email: str, holder: User, said: Person, event: WebhookEvent
) -> str:
    """Settle whose an address is that two people have had; return this one's.

    Clerk gives an address to one person at a time: the newer event knows who that is, and of two of one
    moment that of the user who was updated last.
    """
    newest = _newest(conn, holder.clerk_id)
    if newest:
        theirs = person(max(newest, key=order))
        if (newest[0].occurred_at, *_age(theirs)) > (event.occurred_at, *_age(said)):
            return placeholder(said.id)
    users.set_email(conn, id=holder.id, email=placeholder(holder.clerk_id))
    return email


def _age(said: Person) -> tuple[int, int, str]:
    return said.updated_at, said.created_at, said.id


def _newest(conn: Connection[Any], clerk_id: str) -> list[WebhookEvent]:
    """Return what was processed for a person of the newest moment: mostly one event, in no order."""
    moment = webhook_events.newest_moment(conn, provider=CLERK, object_key=clerk_id, types=_SPEAKS)
    if moment is None:
        return []
    found = webhook_events.list_of_moment(
        conn, provider=CLERK, object_key=clerk_id, occurred_at=moment, types=_SPEAKS
    )
    return [event for event in found if is_person(event)]
