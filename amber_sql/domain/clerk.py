# Derived from aio/domain/clerk.py by tools/async_to_sync.py: change that file, never this one.
"""Clerk's events about people → users. The newest event wins, in whatever order they come.

Which is newest is asked of the inbox itself, by (occurred_at, event_id) of what was processed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amber_sql.domain import people
from amber_sql.domain.clerk_payload import person, placeholder
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
    said = person(event)
    if _is_newer(conn, said.id, event):
        return
    email = said.email
    holder = users.get_by_email(conn, email=email)
    known = users.get_by_clerk_id(conn, clerk_id=said.id)
    if known is not None:
        subscriptions.lock(conn, user_id=known.id)
    if holder is not None and holder.clerk_id != said.id:
        # Both at once: two people who exchange their addresses would lock each other's rows.
        users.lock(conn, ids=[holder.id, *([known.id] if known else [])])
        email = _move(conn, email, holder, said.id, event)
    user = users.upsert_from_clerk(
        conn, clerk_id=said.id, email=email, name=said.name, avatar_url=said.image_url
    )
    subscriptions.ensure(conn, user_id=user.id)


def _move(
    conn: Connection[Any], email: str, holder: User, clerk_id: str, event: WebhookEvent
) -> str:
    """Settle whose an address is that two people have had; return this one's.

    Clerk gives an address to one person at a time: the newer event knows who that is.
    """
    if _is_newer(conn, holder.clerk_id, event):
        return placeholder(clerk_id)
    users.set_email(conn, id=holder.id, email=placeholder(holder.clerk_id))
    return email


def _is_newer(conn: Connection[Any], clerk_id: str, event: WebhookEvent) -> bool:
    """Tell whether an event that was processed for this person is newer than `event`."""
    newest = webhook_events.newest_processed(
        conn, provider=CLERK, object_key=clerk_id, types=_SPEAKS
    )
    if newest is None:
        return False
    return (newest.occurred_at, newest.event_id) > (event.occurred_at, event.event_id)
