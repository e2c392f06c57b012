"""Rows to test with: each factory fills what a test does not care about, through the real queries."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from typing import TYPE_CHECKING, Any

from amber_sql.models import MessageRole, WebhookProvider
from amber_sql.queries import (
    api_keys,
    installations,
    messages,
    sessions,
    subscriptions,
    users,
    webhook_events,
)

if TYPE_CHECKING:
    import psycopg

    from amber_sql import models

_numbers = count(1)


def user(conn: psycopg.Connection, **given: Any) -> models.User:
    """Add a person nobody has heard of."""
    number = next(_numbers)
    default = {"clerk_id": f"user_{number}", "email": f"user{number}@example.com", "name": "Ann"}
    return users.create(conn, **default | given)


def subscription(conn: psycopg.Connection, **given: Any) -> models.Subscription:
    """Give somebody a subscription, somebody new unless `user_id` is given."""
    return subscriptions.create(conn, **{"user_id": given.get("user_id") or user(conn).id} | given)


def installation(conn: psycopg.Connection, **given: Any) -> models.Installation:
    """Add a widget, of somebody new unless `user_id` is given."""
    owner = given.get("user_id") or user(conn).id
    default = {"user_id": owner, "client_id": f"client_{next(_numbers)}", "name": "Shop"}
    return installations.create(conn, **default | given)


def session(conn: psycopg.Connection, **given: Any) -> models.Session:
    """Open a visitor's session, at a new widget unless `installation_id` is given."""
    where = given.get("installation_id") or installation(conn).id
    default = {"installation_id": where, "session_key": f"visitor_{next(_numbers)}"}
    return sessions.start(conn, **default | given)


def message(conn: psycopg.Connection, where: models.Session, **given: Any) -> models.Message:
    """Write the next message of a session."""
    default = {"role": MessageRole.USER, "content": "Do you ship to Norway?"}
    place = {"installation_id": where.installation_id, "session_id": where.id}
    return messages.append(conn, **place | default | given)


def api_key(conn: psycopg.Connection, **given: Any) -> models.ApiKey:
    """Add a key, of somebody new unless `user_id` is given."""
    owner = given.get("user_id") or user(conn).id
    default = {
        "user_id": owner,
        "key_id": f"key_{next(_numbers)}",
        "key_hash": bytes(32),
        "name": "CI",
        "scopes": ["messages:read"],
    }
    return api_keys.create(conn, **default | given)


def event(conn: psycopg.Connection, **given: Any) -> models.RecordedEvent:
    """Take in a delivery of an event that nobody has seen."""
    default = {
        "provider": WebhookProvider.STRIPE,
        "event_id": f"evt_{next(_numbers)}",
        "object_key": "sub_1",
        "type": "customer.subscription.updated",
        "payload": {"id": "sub_1"},
        "occurred_at": datetime.now(UTC),
    }
    return webhook_events.record(conn, **default | given)
