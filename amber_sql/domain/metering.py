# Derived from aio/domain/metering.py by tools/async_to_sync.py: change that file, never this one.
"""A message → admitted or refused, counted once; the ledger explains each unit.

Each decision is made under the lock of the row that it is about, in a statement of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from amber_sql.queries import message_rates, sessions, subscriptions, usage_ledger
from amber_sql.runtime import lock_then

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from amber_sql.models import MessageDecision, MessageRefund, RateDecision, UsageDifference
    from amber_sql.runtime import Conn


def consume_message(
    conn: Conn, user_id: UUID, message_key: str, *, now: datetime | None = None
) -> MessageDecision:
    """Answer whether a user may send one more message, and count it.

    `message_key` is the caller's own name for the message, 1 to 255 characters: however often it is
    retried it counts once and gets its first answer, but for the crossings, which are told once.
    Raises RowNotFound for somebody without a subscription.
    """
    return lock_then(
        conn,
        lambda own: subscriptions.lock(own, user_id=user_id),
        lambda own: usage_ledger.consume(own, user_id=user_id, message_key=message_key, now=now),
    )


def refund_message(
    conn: Conn, user_id: UUID, message_key: str, *, now: datetime | None = None
) -> MessageRefund:
    """Give a counted key back: once, and within the period that counted it.

    A retry of the key still gets its first answer. Raises RowNotFound for somebody without a
    subscription.
    """
    return lock_then(
        conn,
        lambda own: subscriptions.lock(own, user_id=user_id),
        lambda own: usage_ledger.refund(own, user_id=user_id, message_key=message_key, now=now),
    )


def admit_to_session(
    conn: Conn, installation_id: UUID, session_id: UUID, *, now: datetime | None = None
) -> RateDecision:
    """Answer whether a visitor may write: ten messages in any minute of a session.

    A refused one costs nothing and says when to try again. Raises RowNotFound where there is no
    such session.
    """
    return lock_then(
        conn,
        lambda own: sessions.lock(own, installation_id=installation_id, id=session_id),
        lambda own: message_rates.admit(
            own, installation_id=installation_id, session_id=session_id, now=now
        ),
    )


def reconcile_usage(conn: Conn) -> list[UsageDifference]:
    """Bring the count of each subscription to the sum of its ledger; return what was mended.

    There is never anything to mend unless somebody wrote to the tables by hand.
    """
    found = subscriptions.list_unreconciled(conn, limit=1000)
    for difference in found:
        _reconcile(conn, difference.user_id)
    return found


def _reconcile(conn: Conn, user_id: UUID) -> int | None:
    return lock_then(
        conn,
        lambda own: subscriptions.lock(own, user_id=user_id),
        lambda own: subscriptions.reconcile(own, user_id=user_id),
    )
