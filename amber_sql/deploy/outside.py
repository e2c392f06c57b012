"""One migration outside a transaction: begun, run, seen to be done, then marked.

What was begun is written down first. After a kill the next deploy finds that note: an index that
is valid needs only its mark, an invalid one is dropped and built again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from psycopg.pq import TransactionStatus

from amber_sql.deploy import concurrent, history, stock
from amber_sql.deploy.prove import rehearse_drop, running
from amber_sql.deploy.retry import retried
from amber_sql.errors import MigrationFailed

if TYPE_CHECKING:
    import psycopg

    from amber_sql.deploy.backend import AmberBackend
    from amber_sql.deploy.files import MigrationFile


def run_outside(
    backend: AmberBackend,
    migration: Any,
    file: MigrationFile,
    direction: Literal["apply", "rollback"],
) -> bool:
    """Run the one statement of `file`, and mark or unmark the migration.

    Returns False where somebody else has done so in the meantime.
    """
    what = concurrent.parse(file)
    conn = backend.connection
    key = migration.hash if direction == "apply" else f"{migration.hash}-rollback"
    while not stock.claim(conn):
        stock.wait(conn, seconds=backend.settings.lock_wait, progress=backend.progress)
    if history.is_applied(conn, migration.hash) == (direction == "apply"):
        stock.clear_ours(conn)
        return False
    try:
        resumed = history.was_begun(conn, key, file)
        concurrent.heal(conn, what, backend.progress)
        if not (resumed and what.kind != "reindex" and concurrent.is_done(conn, what)):
            if what.kind == "drop":
                rehearse(backend, migration.id, what.names)
            history.begin(conn, key, file)
            with _patience(backend):
                conn.execute(file.text.encode())
            _see(conn, what, migration.id)
    except BaseException:
        if conn.info.transaction_status is TransactionStatus.IDLE:
            concurrent.heal(conn, what, backend.progress)
            history.forget(conn, key)
            stock.clear_ours(conn)
        raise
    with backend.transaction():
        history.forget(conn, key)
        backend.record(migration, direction)
        stock.clear_ours(conn)
    return True


def rehearse(backend: AmberBackend, name: str, indexes: tuple[str, ...]) -> None:
    """Drop the indexes in a transaction that is rolled back, to see what would break."""
    conn = backend.connection
    manifests = running(conn, backend.running)

    def attempt() -> bool:
        rehearse_drop(conn, name, indexes, manifests, backend.progress)
        return True

    retried(backend, name, attempt)


def _see(conn: psycopg.Connection, what: concurrent.Concurrent, name: str) -> None:
    """Trust the catalog, not the absence of an error."""
    if not concurrent.is_done(conn, what):
        raise MigrationFailed(migration=name, reason="its index is not valid")


class _patience:  # reads as a word where it is used  # noqa: N801
    """Wait as long as a concurrent build may take: its waiting blocks no reader and no writer."""

    def __init__(self, backend: AmberBackend) -> None:
        self.conn: psycopg.Connection = backend.connection
        self.seconds = backend.settings.concurrent_timeout
        self.before: tuple[str, str] = ("0", "0")

    def __enter__(self) -> None:
        row = self.conn.execute(
            "SELECT current_setting('lock_timeout'), current_setting('statement_timeout')"
        ).fetchone()
        self.before = row or self.before
        self._set("0", f"{round(self.seconds)}s")

    def __exit__(self, *_: object) -> None:
        if self.conn.info.transaction_status is TransactionStatus.IDLE:
            self._set(*self.before)

    def _set(self, lock: str, statement: str) -> None:
        self.conn.execute(
            "SELECT set_config('lock_timeout', %s, false), set_config('statement_timeout', %s, false)",
            [lock, statement],
        )
