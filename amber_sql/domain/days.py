# Derived from aio/domain/days.py by tools/async_to_sync.py: change that file, never this one.
"""Count each past day once, for the dashboard.

One day of one widget after the other, each in a transaction of its own: safe to stop anywhere, to
repeat, and to run twice at once. What was not counted yet the dashboard counts itself, so a widget
that somebody holds for long is left for the next time.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from psycopg.errors import LockNotAvailable

from amber_sql.queries import installation_days, installations
from amber_sql.runtime import lock_then

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from amber_sql.runtime import Conn

PAGE = 1000
PATIENCE = "500ms"
"""For how long visitors of a widget may queue behind us."""


def count_days(conn: Conn) -> int:
    """Count every day of UTC that is over and not counted, at every widget; return how many.

    Outside of any transaction.
    """
    done, after = 0, None
    while page := installations.list_ids(conn, after_id=after, limit=PAGE):
        for installation_id in page:
            with suppress(LockNotAvailable):
                done += _count_widget(conn, installation_id)
        after = page[-1]
    return done


def _count_widget(conn: Conn, installation_id: UUID) -> int:
    done = 0
    while days := installation_days.list_uncounted(conn, installation_id=installation_id):
        for day in days:
            if not _count(conn, installation_id, day):
                return done  # the widget is gone
            done += 1
    return done


def _count(conn: Conn, installation_id: UUID, day: date) -> int:
    """Count a day when nobody is at work at the widget any more who may have begun before its end."""
    return lock_then(
        conn,
        lambda own: installations.lock_briefly(own, id=installation_id, patience=PATIENCE),
        lambda own: installation_days.count_day(own, installation_id=installation_id, day=day),
    )
