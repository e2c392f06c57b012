# ruff: noqa: PLC0415, T201, TC003
"""What a service must not write: a marked line is reported, by mypy and by pyright, no other is.

Never run; see tests/test_typing.py.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from msgspec import UNSET

from amber_sql import Conn, aio, one_of, open_pool
from amber_sql.aio.queries import users as async_users
from amber_sql.models import Plan, WebhookProvider
from amber_sql.queries import installations, messages, subscriptions, users, webhook_events


def none_is_looked_at(conn: Conn, user_id: UUID) -> None:
    """Read a row that may not be there, a nested one, and a column that may be NULL."""
    user = users.get(conn, id=user_id)
    print(user.email)  # union-attr, reportOptionalMemberAccess
    found = users.get_with_subscription(conn, clerk_id="user_xyz")
    if found is not None:
        print(found.subscription.plan)  # union-attr, reportOptionalMemberAccess
        print(found.name.upper())  # union-attr, reportOptionalMemberAccess
    for widget in installations.list_active_with_sessions(conn, user_id=user_id):
        agent: str = widget.sessions[0].user_agent  # assignment, reportAssignmentType
        print(agent)


def labels_and_unset_are_checked(conn: Conn, widget_id: UUID, sort: str) -> None:
    """Pass text for a label, and UNSET where None leaves the line out."""
    messages.search(conn, installation_id=widget_id, sort="upwards")  # arg-type, reportArgumentType
    messages.search(conn, installation_id=widget_id, sort=sort)  # arg-type, reportArgumentType
    messages.search(conn, installation_id=widget_id, since=UNSET)  # arg-type, reportArgumentType
    label = one_of(sort, messages.SEARCH_SORT)
    installations.list_for_user(conn, user_id=widget_id, sort=label)


def names_are_checked(conn: Conn, user_id: UUID) -> None:
    """Name a query, a column, a parameter and an enum's member that do not exist."""
    from amber_sql.queries import api_tokens  # attr-defined, reportAttributeAccessIssue

    api_tokens.get(conn)
    users.get_by_name(conn, name="Ann")  # attr-defined, reportAttributeAccessIssue
    stats = installations.get_stats(conn, user_id=user_id)
    print(stats.messages)  # attr-defined, reportAttributeAccessIssue
    users.get(conn, user_id=user_id)  # call-arg, reportCallIssue
    print(Plan.GOLD)  # attr-defined, reportAttributeAccessIssue


def types_are_checked(conn: Conn, user_id: UUID) -> None:
    """Pass a value of another type, None where NULL is not taken, a text for an enum."""
    users.get(conn, id="3f")  # arg-type, reportArgumentType
    users.get_by_email(conn, email=None)  # arg-type, reportArgumentType
    subscriptions.change_plan(conn, user_id=user_id, plan="PRO")  # arg-type, reportArgumentType
    count: str = users.delete(conn, id=user_id)  # assignment, reportAssignmentType
    messages.insert_many(conn, [user_id])  # list-item, reportArgumentType
    users.get("postgresql://", id=user_id)  # arg-type, reportArgumentType
    print(count)


def calls_are_checked(conn: Conn, user_id: UUID) -> None:
    """Leave a parameter out, pass one by position, change a row."""
    users.create(conn, clerk_id="user_xyz")  # call-arg, reportCallIssue
    users.get(conn, user_id)  # call-arg, reportCallIssue
    user = users.create(conn, clerk_id="user_xyz", email="user@example.com")
    user.email = "new@example.com"  # misc, reportAttributeAccessIssue


def json_null_is_not_none(conn: Conn, source: WebhookProvider, at: datetime) -> None:
    """Pass NULL for JSON that may not be NULL."""
    webhook_events.record(
        conn,
        provider=source,
        event_id="evt_1",
        object_key="cus_1",
        type="customer.created",
        payload=None,  # arg-type, reportArgumentType
        occurred_at=at,
    )


async def awaits_are_checked(user_id: UUID) -> None:
    """Never await a call, use its result at once, and mix the halves up."""
    async with aio.open_pool() as pool:
        async_users.delete(pool, id=user_id)  # unused-coroutine, reportUnusedCoroutine
        user = async_users.get(pool, id=user_id)
        print(user.email)  # attr-defined, reportAttributeAccessIssue
        users.get(pool, id=user_id)  # arg-type, reportArgumentType
    with open_pool() as sync_pool:
        await async_users.get(sync_pool, id=user_id)  # arg-type, reportArgumentType
