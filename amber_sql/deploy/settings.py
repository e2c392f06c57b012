"""How long a deploy waits for what, in seconds. The defaults suit a production pipeline."""

from __future__ import annotations

import os

import msgspec

from amber_sql.errors import BadSetting


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds of one deploy. All times are seconds.

    `lock_timeout` bounds the traffic that queues behind us: readers of a table wait at most that
    long for a migration that itself waits for the table. It is tried again, with growing pauses,
    for about `retry_for`. A statement that builds an index concurrently blocks nobody, so it may
    wait and run for `concurrent_timeout`.
    """

    connect_wait: float = 0.0
    lock_wait: float = 600.0
    lock_timeout: float = 2.0
    retry_for: float = 40.0
    statement_timeout: float = 3600.0
    concurrent_timeout: float = 24 * 3600.0
    allow_ahead: bool = False
    """Deploy an older release: migrations that are newer than all its files are no mistake."""


DEPLOY = Settings(connect_wait=15.0)
"""What a deploy uses, by either command: a database that is just starting is waited for."""

_VARIABLES = {
    "AMBER_CONNECT_WAIT": "connect_wait",
    "AMBER_LOCK_WAIT": "lock_wait",
    "AMBER_LOCK_TIMEOUT": "lock_timeout",
    "AMBER_RETRY_FOR": "retry_for",
    "AMBER_STATEMENT_TIMEOUT": "statement_timeout",
}


def from_environment() -> Settings:
    """Return what a deploy uses where no option can be given: plain `yoyo apply` has none of ours.

    A variable that is no number of seconds raises BadSetting.
    """
    given: dict[str, float] = {}
    for variable, field in _VARIABLES.items():
        if value := os.environ.get(variable):
            try:
                given[field] = float(value)
            except ValueError:
                raise BadSetting(variable=variable, value=value) from None
    return msgspec.structs.replace(DEPLOY, **given)
