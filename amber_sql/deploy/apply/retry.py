"""A migration that waits for a lock gives way after `lock_timeout`, and is tried again.

While it waits, every later query of the table queues behind it; so it never waits long, and pauses
in between grow, to let that traffic through.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from psycopg import errors

from amber_sql.deploy.apply.blockers import Blockers
from amber_sql.deploy.progress import Event
from amber_sql.errors import MigrationBlocked

if TYPE_CHECKING:
    from collections.abc import Callable

    from amber_sql.deploy.context import Context

_PASSING = (errors.LockNotAvailable, errors.DeadlockDetected, errors.SerializationFailure)


def retried(context: Context, name: str, attempt: Callable[[], bool]) -> bool:
    """Call `attempt`, which undoes itself when it fails, until it passes or the time is up.

    Raises MigrationBlocked, saying who holds the lock, after `settings.retry_for` seconds.
    """
    started, pause = time.monotonic(), 0.25
    patience = min(1.0, context.settings.lock_timeout / 2)
    while True:
        blockers = Blockers(context.url, context.connection.info.backend_pid, patience)
        try:
            with blockers:
                return attempt()
        except _PASSING as error:
            why = blockers.seen or str(error.diag.message_primary)
        spent = time.monotonic() - started
        left = context.settings.retry_for - spent
        if left <= 0:
            raise MigrationBlocked(migration=name, holder=why, seconds=spent)
        context.progress(Event("retrying", name, detail=why))
        time.sleep(min(pause, left))
        pause = min(pause * 2, 5.0)
