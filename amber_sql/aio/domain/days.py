"""Count each past day once, for the dashboard.

One day of one widget after the other, each in a transaction of its own: safe to stop anywhere, to
repeat, and to run twice at once. What was not counted yet the dashboard counts itself, so a widget
that somebody holds for long is left for the next time.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from psycopg.errors import LockNotAvailable

from amber_sql.aio.queries import installation_days, installations
from amber_sql.runtime.aio import lock_then

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from amber_sql.runtime.aio import AsyncConn

PAGE = 1000
PATIENCE = "500ms"
"""For how long visitors of a widget may queue behind us."""


async def count_days(conn: AsyncConn) -> int:
    """Count every day of UTC that is over and not counted, at every widget; return how many.

    Outside of any transaction.
    """
    done, after = 0, None
    while page := await installations.list_ids(conn, after_id=after, limit=PAGE):
        for installation_id in page:
            with suppress(LockNotAvailable):
                done += await _count_widget(conn, installation_id)
        after = page[-1]
    return done


async def _count_widget(conn: AsyncConn, installation_id: UUID) -> int:
    done = 0
    while days := await installation_days.list_uncounted(conn, installation_id=installation_id):
        for day in days:
            if not await _count(conn, installation_id, day):
                return done  # the widget is gone
            done += 1
    return done


async def _count(conn: AsyncConn, installation_id: UUID, day: date) -> int:
    """Count a day when nobody is at work at the widget any more who may have begun before its end."""
    return await lock_then(
        conn,
        lambda own: installations.lock_briefly(own, id=installation_id, patience=PATIENCE),
        lambda own: installation_days.count_day(own, installation_id=installation_id, day=day),
    )
