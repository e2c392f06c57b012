"""Delete expired rows: idle sessions, ledger entries of ended periods, processed webhook events.

One owner after the other and in small batches: no lock is held for long, and a session that
is in use is left for the next run. Safe to stop anywhere and to repeat.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from amber_sql.aio.queries import installations, sessions, usage_ledger, webhook_events

if TYPE_CHECKING:
    from amber_sql.runtime.aio import AsyncConn

PAGE = 1000


class SessionCounts(msgspec.Struct):
    """How many sessions were deleted, and how many were blanked."""

    deleted: int = 0
    blanked: int = 0


async def forget_visitors(
    conn: AsyncConn, *, idle: timedelta, blank: timedelta, now: datetime | None = None
) -> SessionCounts:
    """Delete sessions that have been idle for `idle`, blank visitors who were last seen `blank` ago."""
    moment = now or datetime.now(UTC)
    done = SessionCounts()
    after = None
    while page := await installations.list_ids(conn, after_id=after, limit=PAGE):
        for installation_id in page:
            while count := await sessions.delete_idle_since(
                conn, installation_id=installation_id, idle_since=moment - idle
            ):
                done.deleted += count
            while count := await sessions.blank_visitors(
                conn, installation_id=installation_id, blank_before=moment - blank
            ):
                done.blanked += count
        after = page[-1]
    return done


async def forget_usage(conn: AsyncConn, *, ended: timedelta, now: datetime | None = None) -> int:
    """Delete the ledger's entries of periods that ended `ended` ago; return how many.

    The entries of the current period stay, however old, so that they always add up to messages_used.
    A key gets its first answer for as long as its entry stands: at least `ended` from its period's end on.
    """
    before = (now or datetime.now(UTC)) - ended
    done, after = 0, None
    while page := await usage_ledger.list_ended(
        conn, ended_before=before, after_user_id=after, limit=PAGE
    ):
        for user_id in page:
            while count := await usage_ledger.delete_ended(
                conn, user_id=user_id, ended_before=before
            ):
                done += count
        after = page[-1]
    return done


async def forget_events(
    conn: AsyncConn, *, processed: timedelta, now: datetime | None = None
) -> int:
    """Delete the webhook events that were done with `processed` ago; return how many.

    Those that are open or DEAD stay, and the newest event of each Clerk user. A delivery of a deleted
    event is taken for a new one; the handlers that ship make nothing of it.
    """
    before = (now or datetime.now(UTC)) - processed
    done, after_id, after_processed_at = 0, None, None
    while page := await webhook_events.list_processed(
        conn,
        processed_before=before,
        after_processed_at=after_processed_at,
        after_id=after_id,
        limit=PAGE,
    ):
        done += await webhook_events.delete_processed(conn, ids=[event.id for event in page])
        after_id, after_processed_at = page[-1].id, page[-1].processed_at
    return done
