"""What one deploy works with: its connection and bounds, and how it tells, marks and undoes.

yoyo's backend makes it, and hands it to what applies a migration; so nothing below knows yoyo.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    import psycopg

    from amber_sql.deploy.compat.manifest import Manifest
    from amber_sql.deploy.progress import Progress
    from amber_sql.deploy.settings import Settings

Direction: TypeAlias = Literal["apply", "rollback"]


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """One deploy, on the one connection that holds its lock.

    `transaction` begins one, or a savepoint within one. `record` writes yoyo's log and mark of a
    migration, within the caller's transaction. `run_python` runs the steps of a `.py` migration.
    """

    url: str
    connection: psycopg.Connection
    settings: Settings
    progress: Progress
    running: Sequence[Manifest]
    """Releases that the caller says are running, beside those that the database remembers."""
    transaction: Callable[[], AbstractContextManager[Any]]
    record: Callable[[Any, Direction], None]
    run_python: Callable[[Any, Direction], None]
