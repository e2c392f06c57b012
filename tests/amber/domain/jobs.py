"""What the processes of a crowd do: module-level functions of a connection and one item."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from uuid import uuid4

import psycopg

from amber_sql.domain import installations, metering
from amber_sql.queries import subscriptions

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from amber_sql.models import MessageDecision, RateDecision


def consume(
    conn: psycopg.Connection, item: tuple[UUID, str, datetime | None]
) -> tuple[str, MessageDecision]:
    """Consume one key."""
    user_id, key, now = item
    return key, metering.consume_message(conn, user_id, key, now=now)


def mixed(conn: psycopg.Connection, item: tuple[UUID, str, str]) -> None:
    """Consume a key, give it back, or count without asking."""
    user_id, key, act = item
    if act == "consume":
        metering.consume_message(conn, user_id, key)
    elif act == "refund":
        metering.refund_message(conn, user_id, key)
    else:
        subscriptions.increment_messages_used(conn, user_id=user_id)


def install(conn: psycopg.Connection, item: tuple[UUID, str]) -> bool:
    """Ask for one more widget; tell whether there was room."""
    user_id, name = item
    return installations.create(conn, user_id, client_id=name, name=name) is not None


def admit(conn: psycopg.Connection, item: tuple[UUID, UUID, datetime]) -> RateDecision:
    """Ask to write in a session."""
    installation_id, session_id, now = item
    return metering.admit_to_session(conn, installation_id, session_id, now=now)


_BARE = """
    UPDATE subscriptions SET messages_used = messages_used + 1, updated_at = now()
    WHERE user_id = $1 AND (message_limit = -1 OR messages_used < message_limit)
"""


def bare(conn: psycopg.Connection, item: tuple[UUID, float]) -> int:
    """Count by a bare conditional UPDATE, for so many seconds; return how often."""
    user_id, seconds = item
    cursor, count, end = psycopg.RawCursor(conn), 0, time.monotonic() + seconds
    while time.monotonic() < end:
        cursor.execute(_BARE, [user_id], prepare=True)
        count += 1
    return count


def metered(conn: psycopg.Connection, item: tuple[UUID, float]) -> int:
    """Consume new keys for so many seconds; return how many."""
    user_id, seconds = item
    count, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        metering.consume_message(conn, user_id, str(uuid4()))
        count += 1
    return count
