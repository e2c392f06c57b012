"""Export everything that is stored of a person, or erase it.

Erasing keeps the counts, on a row that names nobody, and keyed hashes of the ids, so that a late
webhook does not bring the person back. The row of somebody without counts is deleted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg import Rollback

from amber_sql.aio.domain.transactions import transaction
from amber_sql.aio.queries import (
    api_keys,
    erased_people,
    installations,
    sessions,
    stripe_subscriptions,
    subscriptions,
    usage_ledger,
    usage_logs,
    users,
    webhook_events,
)
from amber_sql.domain.erasure_key import erasure_key, hashes
from amber_sql.models import WebhookProvider

if TYPE_CHECKING:
    from uuid import UUID

    from psycopg import AsyncConnection

    from amber_sql.models import PersonExport, PersonIdentifiers
    from amber_sql.runtime.aio import AsyncConn


async def export(conn: AsyncConn, user_id: UUID) -> PersonExport | None:
    """Return everything about a person as one document, of one moment; None if there is no such person.

    `msgspec.json.encode` writes it. Secrets are not in it: of an API key only what is not secret.
    """
    return await users.export(conn, id=user_id)


async def erase(conn: AsyncConn, user_id: UUID, *, key: bytes | None = None) -> bool:
    """Erase a person, in one transaction; False if there is no such person.

    Gone from every table are the ids of Clerk and Stripe, e-mail, name and avatar, and all that their
    visitors said, with IP and user agent; their widgets keep a number and a count. `key` is
    AMBER_ERASURE_KEY unless given, and must stay the same: raises NoErasureKey without one.
    """
    secret = erasure_key(key)
    async with transaction(conn, "people.erase") as own:
        return await _erase(own, user_id, secret)


async def erase_clerk_user(conn: AsyncConn, clerk_id: str, *, key: bytes | None = None) -> bool:
    """Erase whom Clerk knows by this id, and never let them in again; False if nobody was known."""
    secret = erasure_key(key)
    async with transaction(conn, "people.erase_clerk_user") as own:
        await webhook_events.wait_for_object(
            own, provider=WebhookProvider.CLERK, object_key=clerk_id
        )
        await erased_people.remember(own, hashes=hashes(secret, [clerk_id]))
        user = await users.get_by_clerk_id(own, clerk_id=clerk_id)
        found = user is not None and await _erase(own, user.id, secret)
        await erased_people.lock_ids(own, ids=[clerk_id])
        await webhook_events.forget(own, ids=[clerk_id], texts=[])
        return found


async def _erase(conn: AsyncConnection[Any], user_id: UUID, key: bytes) -> bool:
    before, who = None, await users.get_identifiers(conn, id=user_id)
    while who != before:
        # Stripe's id of a new subscription may come while we wait: its lock goes before what we hold.
        before, who = who, await _locked(conn, user_id, who) if who else None
    if who is None:
        return False
    ids = [who.clerk_id, *who.stripe_ids, str(user_id)]
    # Our own id too: a checkout under way names nothing else of theirs.
    await erased_people.remember(conn, hashes=hashes(key, ids))
    await installations.anonymise(conn, user_id=user_id)
    await sessions.delete_for_user(conn, user_id=user_id)
    await api_keys.delete_for_user(conn, user_id=user_id)
    await usage_ledger.anonymise(conn, user_id=user_id)
    await stripe_subscriptions.delete_for_user(conn, user_id=user_id)
    await subscriptions.anonymise(conn, user_id=user_id)
    await usage_logs.forget(conn, user_id=user_id, texts=[*ids, who.email])
    if not await users.delete_unused(conn, id=user_id):
        await users.anonymise(conn, id=user_id)
    return True


async def _locked(
    conn: AsyncConnection[Any], user_id: UUID, before: PersonIdentifiers
) -> PersonIdentifiers | None:
    """Take what an erasure locks, in the order of docs/domain.md, and return whom it is about.

    Gives every lock back, to be taken anew, where that is no longer what it was `before`.
    """
    async with conn.transaction() as savepoint:
        # Who is at work on an event of theirs finishes first; who comes later finds the hash.
        await webhook_events.wait_for_object(
            conn, provider=WebhookProvider.CLERK, object_key=before.clerk_id
        )
        for object_key in before.stripe_ids:
            await webhook_events.wait_for_object(
                conn, provider=WebhookProvider.STRIPE, object_key=object_key
            )
        await _forget_events(conn, before, user_id)
        await subscriptions.lock(conn, user_id=user_id)
        await users.lock(conn, ids=[user_id])
        await installations.lock_for_user(conn, user_id=user_id)
        who = await users.get_identifiers(conn, id=user_id)
        if who != before:
            raise Rollback(savepoint)
    return who


async def _forget_events(conn: AsyncConnection[Any], who: PersonIdentifiers, user_id: UUID) -> None:
    """Empty their events, and take ids and address, never the avatar, out of what else was said."""
    ids = [who.clerk_id, *who.stripe_ids, str(user_id)]
    # What only mentions them may be in work, too; what is recorded from here on is processed behind us.
    await erased_people.lock_ids(conn, ids=ids)
    await webhook_events.forget(conn, ids=ids, texts=[who.email])
