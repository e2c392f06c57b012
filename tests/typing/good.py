# ruff: noqa: TC002
"""What a service may write: type checkers accept every line. Never run; see tests/test_typing.py."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from datetime import datetime
from typing import Any, Literal, assert_type
from uuid import UUID

import psycopg
import psycopg_pool
from msgspec import UNSET

from amber_sql import (
    JSON_NULL,
    Conn,
    Json,
    JsonNull,
    Pool,
    RowNotFound,
    TooManyRows,
    aio,
    one_of,
    open_pool,
)
from amber_sql.aio.queries import messages as async_messages
from amber_sql.aio.queries import users as async_users
from amber_sql.models import (
    Installation,
    InstallationStats,
    InstallationWithSessions,
    Message,
    MessageAllowance,
    MessageRole,
    MessagesInsertManyParams,
    MessageWithSession,
    Plan,
    Session,
    Subscription,
    User,
    UserWithSubscription,
)
from amber_sql.queries import (
    installations,
    messages,
    sessions,
    subscriptions,
    usage_logs,
    users,
    webhook_events,
)


def connections(plain: psycopg.Connection, their_pool: psycopg_pool.ConnectionPool) -> None:
    """Pass a connection or a pool, ours or psycopg's own."""
    with open_pool() as pool:
        assert_type(pool, Pool)
        users.get_by_clerk_id(pool, clerk_id="user_xyz")
        with pool.connection() as conn, conn.transaction():
            users.get_by_clerk_id(conn, clerk_id="user_xyz")
    users.get_by_clerk_id(plain, clerk_id="user_xyz")
    users.get_by_clerk_id(their_pool, clerk_id="user_xyz")


def rows(conn: Conn, user_id: UUID) -> None:
    """Each suffix gives its shape: a row, perhaps a row, a list, a number, a value."""
    created = users.create(conn, clerk_id="user_xyz", email="user@example.com")
    assert_type(created, User)
    assert_type(created.name, str | None)
    assert_type(created.created_at, datetime)
    assert_type(users.get(conn, id=user_id), User | None)
    assert_type(users.list(conn, limit=5), list[User])
    assert_type(users.delete(conn, id=user_id), int)
    assert_type(usage_logs.record(conn, event="widget.opened"), UUID)
    assert_type(installations.get_stats(conn, user_id=user_id), InstallationStats)
    assert_type(installations.list_for_user(conn, user_id=user_id), list[Installation])
    assert_type(subscriptions.check_limit(conn, user_id=user_id), MessageAllowance | None)


def nested(conn: Conn, user_id: UUID) -> None:
    """Typed all the way down; what a LEFT JOIN may leave out has to be looked at."""
    found = users.get_with_subscription(conn, clerk_id="user_xyz")
    assert_type(found, UserWithSubscription | None)
    if found is not None and found.subscription is not None:
        assert_type(found.subscription, Subscription)
        assert_type(found.subscription.plan, Plan)
        assert_type(found.subscription.message_limit, int)
    for widget in installations.list_active_with_sessions(conn, user_id=user_id):
        assert_type(widget, InstallationWithSessions)
        assert_type(widget.user, User)
        assert_type(widget.sessions, list[Session])
        assert_type(widget.sessions[0].user_agent, str | None)
        assert_type(widget.allowed_origins, list[str])


def optional_lines(conn: Conn, widget: Installation, sort: str | None) -> None:
    """Leave out what is not given; text from outside becomes one of the labels."""
    label = one_of(sort, messages.SEARCH_SORT)
    assert_type(label, Literal["newest", "oldest"])
    assert_type(messages.search(conn, installation_id=widget.id, sort=label), list[Message])
    chosen: messages.SearchSort = "oldest"
    messages.search(conn, installation_id=widget.id, sort=chosen, since=None)
    installations.update_branding(
        conn, user_id=widget.user_id, id=widget.id, avatar_url=None, welcome_message=UNSET
    )


def conversation(conn: Conn, session: Session) -> None:
    """Enums, streams and rows to insert are types of their own."""
    said = messages.append(
        conn,
        installation_id=session.installation_id,
        session_id=session.id,
        role=MessageRole.USER,
        content="Do you ship to Norway?",
    )
    assert_type(said, Message)
    recent = messages.list_recent(conn, installation_id=session.installation_id)
    assert_type(recent, list[MessageWithSession])
    row = MessagesInsertManyParams(
        installation_id=session.installation_id,
        session_id=session.id,
        seq=said.seq + 1,
        role=MessageRole.ASSISTANT,
        content="We do.",
        model=None,
        prompt_tokens=None,
        completion_tokens=None,
        latency_ms=None,
        created_at=said.created_at,
    )
    assert_type(messages.insert_many(conn, [row]), int)
    stream = messages.stream_for_installation(conn, installation_id=session.installation_id)
    assert_type(stream, AbstractContextManager[Iterator[Message]])
    with stream as every:
        for message in every:
            assert_type(message, Message)
    assert_type(sessions.touch(conn, installation_id=session.installation_id, id=session.id), int)


def errors_and_json(conn: Conn, event_id: UUID) -> None:
    """Errors are psycopg's as well, and JSON is what JSON can be."""
    event = webhook_events.get(conn, id=event_id)
    if event is not None:
        assert_type(event.payload, Json)
        if event.payload is JSON_NULL:
            nothing: JsonNull = event.payload
            del nothing
    several: list[Json] = [JSON_NULL, {"a": None}, [None, 1]]
    del several
    try:
        users.create(conn, clerk_id="user_xyz", email="user@example.com")
    except psycopg.errors.UniqueViolation:
        pass
    except (RowNotFound, TooManyRows) as error:
        assert_type(error.sqlstate, str | None)


async def asynchronous(user_id: UUID, plain: psycopg.AsyncConnection[Any]) -> None:
    """Await the same names."""
    async with aio.open_pool() as pool:
        assert_type(pool, aio.Pool)
        assert_type(await async_users.get(pool, id=user_id), User | None)
        async with pool.connection() as conn, conn.transaction():
            assert_type(await async_users.list(conn), list[User])
            stream = async_messages.stream_for_installation(conn, installation_id=user_id)
            async with stream as every:
                async for message in every:
                    assert_type(message, Message)
    assert_type(await async_users.delete(plain, id=user_id), int)
    _: AbstractAsyncContextManager[object] = stream
