# Derived from aio/domain/retention.py by tools/async_to_sync.py: change that file, never this one.
"""Delete expired rows: idle sessions, ledger entries of ended periods, processed webhook events.

One owner after the other and in small batches: no lock is held for long, and a session that
is in use is left for the next run. Safe to stop anywhere and to repeat.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from amber_sql.queries import installations, sessions, usage_ledger, webhook_events

if TYPE_CHECKING:
    from amber_sql.runtime import Conn

PAGE = 1000


class SessionCounts(msgspec.Struct):
    """How many sessions were deleted, and how many were blanked."""

    deleted: int = 0
    blanked: int = 0


def forget_visitors(
    conn: Conn, *, idle: timedelta, blank: timedelta, now: datetime | None = None
) -> SessionCounts:
    """Delete sessions that have been idle for `idle`, blank visitors who were last seen `blank` ago."""
    moment = now or datetime.now(UTC)
    done = SessionCounts()
    after = None
    while page := installations.list_ids(conn, after_id=after, limit=PAGE):
        for installation_id in page:
            while count := sessions.delete_idle_since(
                conn, installation_id=installation_id, idle_since=moment - idle
            ):
                done.deleted += count
            while count := sessions.blank_visitors(
                conn, installation_id=installation_id, blank_before=moment - blank
            ):
                done.blanked += count
        after = page[-1]
    return done


def forget_usage(conn: Conn, *, ended: timedelta, now: datetime | None = None) -> int:
    """Delete the ledger's entries of periods that ended `ended` ago; return how many.

    The entries of the current period stay, however old, so that they always add up to messages_used.
    A key gets its first answer for as long as its entry stands: at least `ended` from its period's end on.
    """
    before = (now or datetime.now(UTC)) - ended
    done, after = 0, None
    while page := usage_ledger.list_ended(
        conn, ended_before=before, after_user_id=after, limit=PAGE
    ):
        for user_id in page:
            while count := usage_ledger.delete_ended(conn, user_id=user_id, ended_before=before):
                done += count
        after = page[-1]
    return done


def forget_events(conn: Conn, *, processed: timedelta, now: datetime | None = None) -> int:
    """Delete the webhook events that were done with `processed` ago; return how many.

    Those that are open or DEAD stay, and the newest event of each Clerk user. A delivery of a deleted
    event is taken for a new one; the handlers that ship make nothing of it.
    """
    before = (now or datetime.now(UTC)) - processed
    done, after_id, after_processed_at = 0, None, None
    while page := webhook_events.list_processed(
        conn,
        processed_before=before,
        after_processed_at=after_processed_at,
        after_id=after_id,
        limit=PAGE,
    ):
        done += webhook_events.delete_processed(conn, ids=[event.id for event in page])
        after_id, after_processed_at = page[-1].id, page[-1].processed_at
    return done
