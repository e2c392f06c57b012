"""One migration outside a transaction: begun, run, seen to be done, then marked.

What was begun is written down first. After a kill the next deploy finds that note: an index that
is valid needs only its mark, an invalid one is dropped and built again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.pq import TransactionStatus

from amber_sql.compiler.search_path import callers_path
from amber_sql.deploy.apply import outside_state, yoyo_lock
from amber_sql.deploy.apply.failure import failed
from amber_sql.deploy.apply.retry import retried
from amber_sql.deploy.apply.simple_query import run_text
from amber_sql.deploy.compat.release_check import rehearse_drop, running
from amber_sql.deploy.files.outside_statement import OutsideStatement, parse
from amber_sql.deploy.history import marks
from amber_sql.errors import MigrationFailed

if TYPE_CHECKING:
    from amber_sql.deploy.context import Context, Direction
    from amber_sql.deploy.files.migration_file import MigrationFile


def run_nontransactional(
    context: Context,
    migration: Any,
    file: MigrationFile,
    direction: Direction,
) -> bool:
    """Run the one statement of `file`, and mark or unmark the migration.

    Returns False where somebody else has done so in the meantime.
    """
    what = parse(file)
    conn = context.connection
    key = migration.hash if direction == "apply" else f"{migration.hash}-rollback"
    while not yoyo_lock.claim(conn):
        yoyo_lock.wait(conn, seconds=context.settings.lock_wait, progress=context.progress)
    if marks.is_applied(conn, migration.hash) == (direction == "apply"):
        yoyo_lock.clear_ours(conn)
        return False
    try:
        resumed = marks.was_begun(conn, key, file)
        outside_state.heal(conn, what, context.progress)
        if not (resumed and what.kind != "reindex" and outside_state.is_done(conn, what)):
            if what.kind == "drop":
                rehearse(context, migration.id, what)
            marks.begin(conn, key, file)
            _execute(context, file, what)
    except Exception as error:
        # Ctrl-C is as a kill, and leaves the note: the server may have finished at that moment.
        left = _clean_up(context, key, what)
        if isinstance(error, psycopg.Error):
            raise failed(error, migration.id, file, conn=conn, kept=left) from None
        raise
    with context.transaction():
        marks.forget(conn, key)
        context.record(migration, direction)
        yoyo_lock.clear_ours(conn)
    return True


def rehearse(context: Context, name: str, what: OutsideStatement) -> None:
    """Drop the index in a transaction that is rolled back, to see what would break."""
    conn = context.connection
    manifests = running(conn, context.running)

    def attempt() -> bool:
        unique = outside_state.unique_indexes(conn, what)
        rehearse_drop(conn, name, unique, manifests, context.progress)
        return True

    retried(context, name, attempt)


def _execute(context: Context, file: MigrationFile, what: OutsideStatement) -> None:
    """Run the statement, and trust the catalog, not the absence of an error."""
    conn = context.connection
    with _patience(context), callers_path(conn):
        run_text(conn, file.text)
    if not outside_state.is_done(conn, what):
        other = outside_state.in_the_way(conn, what)
        reason = (
            other
            and f"{other} already, and IF NOT EXISTS is content with that: choose another name"
        )
        raise MigrationFailed(
            migration=file.name,
            reason=f"{file.shown}: {reason or 'the server did as it was told, and the catalog says otherwise'}",
            kept=outside_state.left(conn, what),
        )


def _clean_up(context: Context, key: str, what: OutsideStatement) -> str:
    """Drop what a failure left half-built, and say what is there then."""
    conn = context.connection
    if conn.info.transaction_status is not TransactionStatus.IDLE:
        return "What is left of it could not be looked up."
    outside_state.heal(conn, what, context.progress)
    marks.forget(conn, key)
    yoyo_lock.clear_ours(conn)
    return outside_state.left(conn, what)


class _patience:  # reads as a word where it is used  # noqa: N801
    """Wait as long as a concurrent build may take: its waiting blocks no reader and no writer."""

    def __init__(self, context: Context) -> None:
        self.conn: psycopg.Connection = context.connection
        self.seconds = context.settings.concurrent_timeout
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
