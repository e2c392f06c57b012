"""A number → that many messages at one installation, by COPY, to try queries on large tables.

One transaction: interrupted, it leaves nothing. Rows are made while the server takes them, so the
memory that this needs does not grow with their number.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

import msgspec

from amber_sql.amber.seed_talk import time_key
from amber_sql.amber.seed_world import SUPPORT
from amber_sql.models import (
    Installation,
    MessageRole,
    MessagesInsertManyParams,
    Plan,
    SessionsInsertManyParams,
)
from amber_sql.queries import installations, messages, sessions, subscriptions, users

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from uuid import UUID

    from psycopg import Connection

CLIENT = "client_bulk"
PER_SESSION = 40
SPAN = timedelta(days=90)
PAUSE = timedelta(seconds=20)
TICK = 1000
LINES = [
    (role, text)
    for pair in SUPPORT
    for role, text in zip((MessageRole.USER, MessageRole.ASSISTANT), pair, strict=True)
]


class Visit(msgspec.Struct, frozen=True):
    """One session of the load: the number of its first message, and how many it has."""

    id: UUID
    key: str
    began: datetime
    length: int


def seed_messages(conn: Connection, count: int, progress: Callable[[int], object]) -> int:
    """Bring the installation `client_bulk` to `count` messages; return how many were added.

    `progress` is told after every thousand how many of them have been sent.
    """
    with conn.transaction():
        where = _installation(conn)
        installations.lock(conn, id=where.id)
        missing = max(0, count - where.message_count)
        now = datetime.now(UTC)
        sessions.insert_many(
            conn, (_session(where, visit) for visit in _visits(where, missing, now))
        )
        messages.insert_many(conn, _messages(where, _visits(where, missing, now), progress))
        installations.recount_messages(conn, user_id=where.user_id, id=where.id)
    return missing


def _installation(conn: Connection) -> Installation:
    """Find or make the installation that the load goes to, of a user without limits."""
    user = users.upsert_from_clerk(
        conn, clerk_id="user_bulk", email="bulk@example.com", name="Bulk Load"
    )
    if found := installations.get_by_client_id(conn, client_id=CLIENT):
        return found
    subscriptions.create(conn, user_id=user.id, plan=Plan.ENTERPRISE)
    return installations.create(conn, user_id=user.id, client_id=CLIENT, name="Bulk load")


def _visits(where: Installation, missing: int, now: datetime) -> Iterator[Visit]:
    """Yield the sessions of the load, oldest first: the same ones each time it is called."""
    for first in range(0, missing, PER_SESSION):
        began = now - SPAN + SPAN * (first / missing)
        number = where.message_count + first
        dice = Random(number)  # noqa: S311  # for looks, not for secrets
        yield Visit(
            time_key(began, dice), f"bulk_{number}", began, min(PER_SESSION, missing - first)
        )


def _session(where: Installation, visit: Visit) -> SessionsInsertManyParams:
    return SessionsInsertManyParams(
        installation_id=where.id,
        id=visit.id,
        session_key=visit.key,
        user_agent=None,
        ip=None,
        referrer=None,
        message_count=0,  # installations.recount_messages counts them
        last_seen_at=visit.began + PAUSE * visit.length,
        created_at=visit.began,
    )


def _messages(
    where: Installation, visits: Iterator[Visit], progress: Callable[[int], object]
) -> Iterator[MessagesInsertManyParams]:
    sent = 0
    for visit in visits:
        for seq in range(1, visit.length + 1):
            role, content = LINES[(sent + seq) % len(LINES)]
            answers = role is MessageRole.ASSISTANT
            yield MessagesInsertManyParams(
                installation_id=where.id,
                session_id=visit.id,
                seq=seq,
                role=role,
                content=content,
                model="amber-small" if answers else None,
                prompt_tokens=240 if answers else None,
                completion_tokens=len(content) // 4 if answers else None,
                latency_ms=900 if answers else None,
                created_at=visit.began + PAUSE * seq,
            )
        sent += visit.length
        if sent % TICK < PER_SESSION:
            progress(sent)
    progress(sent)
