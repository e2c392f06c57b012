"""What a service does, ten times: each function is written as a service would write it.

`amber-sql demo` shows them, the README quotes them, and the tests run them.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from amber_sql.aio.queries import installations, messages, subscriptions, users
from amber_sql.models import MessageRole, MessagesInsertManyParams

if TYPE_CHECKING:
    from amber_sql.aio import Pool
    from amber_sql.models import (
        InstallationStats,
        InstallationWithSessions,
        Message,
        MessageAllowance,
        MessageWithSession,
        Session,
        Subscription,
        User,
        UserWithSubscription,
    )


async def create_user(pool: Pool) -> User:
    """Create a user."""
    return await users.create(
        pool,
        clerk_id="user_xyz",
        email="user@example.com",
        name="John Doe",
    )


async def find_user_with_subscription(pool: Pool) -> UserWithSubscription | None:
    """Find a user with the subscription by Clerk id."""
    return await users.get_with_subscription(pool, clerk_id="user_test")


async def active_installations(pool: Pool, user: User) -> list[InstallationWithSessions]:
    """List the active installations of a user, with the user and the sessions."""
    return await installations.list_active_with_sessions(pool, user_id=user.id)


async def count_message(pool: Pool, user: User) -> Subscription | None:
    """Add one to messages_used."""
    return await subscriptions.increment_messages_used(pool, user_id=user.id)


async def installation_stats(pool: Pool, user: User) -> InstallationStats:
    """Count a user's installations, and the messages in them."""
    return await installations.get_stats(pool, user_id=user.id)


async def newest_messages(pool: Pool, session: Session) -> list[MessageWithSession]:
    """List the ten newest messages of an installation, each with its session."""
    return await messages.list_recent(pool, installation_id=session.installation_id)


async def check_limit(pool: Pool, user: User) -> MessageAllowance | None:
    """Tell whether a user is within the limit."""
    return await subscriptions.check_limit(pool, user_id=user.id)


async def append_or_roll_back(pool: Pool, session: Session) -> list[Message]:
    """Append a message in a transaction that rolls back on an exception."""
    try:
        async with pool.connection() as conn, conn.transaction():
            question = await messages.append(
                conn,
                installation_id=session.installation_id,
                session_id=session.id,
                role=MessageRole.USER,
                content="Are you there?",
            )
            await _answer(question)
    except TimeoutError:
        # The newest message is the one before: nothing of the question is left.
        return await messages.list_latest_for_session(
            pool,
            installation_id=session.installation_id,
            session_id=session.id,
            limit=1,
        )
    else:
        return [question]


async def _answer(question: Message) -> None:
    raise TimeoutError(question.id)


class Dashboard(msgspec.Struct, frozen=True):
    """What a user sees first."""

    user: UserWithSubscription
    stats: InstallationStats
    installations: list[InstallationWithSessions]


async def load_dashboard(pool: Pool) -> Dashboard | None:
    """Make three of these calls on one connection."""
    async with pool.connection() as conn:
        user = await users.get_with_subscription(conn, clerk_id="user_test")
        if user is None:
            return None
        return Dashboard(
            user,
            await installations.get_stats(conn, user_id=user.id),
            await installations.list_active_with_sessions(conn, user_id=user.id),
        )


async def import_messages(pool: Pool, user: User, session: Session) -> int:
    """Insert 10,000 messages at once."""
    rows = (
        MessagesInsertManyParams(
            installation_id=session.installation_id,
            session_id=session.id,
            seq=session.message_count + number,
            role=MessageRole.USER,
            content=f"Imported message {number}",
            model=None,
            prompt_tokens=None,
            completion_tokens=None,
            latency_ms=None,
            created_at=datetime.now(UTC),
        )
        for number in range(1, 10_001)
    )
    async with pool.connection() as conn, conn.transaction():
        written = await messages.insert_many(conn, rows)
        await installations.recount_messages(
            conn,
            user_id=user.id,
            id=session.installation_id,
        )
    return written
