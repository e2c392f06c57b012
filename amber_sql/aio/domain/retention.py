"""Visitors' sessions → forgotten in time: idle ones whole, of the others IP and user agent.

One installation after the other and in small batches: no lock is held for long, and whoever is
chatting right now is left for the next time.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from amber_sql.aio.queries import installations, sessions

if TYPE_CHECKING:
    from amber_sql.runtime.aio import AsyncConn

PAGE = 1000


class Forgotten(msgspec.Struct):
    """How many sessions were deleted, and how many were blanked."""

    deleted: int = 0
    blanked: int = 0


async def forget_visitors(
    conn: AsyncConn, *, idle: timedelta, blank: timedelta, now: datetime | None = None
) -> Forgotten:
    """Delete sessions that have been idle for `idle`, blank visitors who were last seen `blank` ago."""
    moment = now or datetime.now(UTC)
    done = Forgotten()
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
