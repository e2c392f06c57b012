"""One migration, up or down: statements, yoyo's log and yoyo's mark in one transaction.

A file is one simple query: the server splits it, and whatever fails undoes all of it.
`nontransactional.py` does the same for the one statement that cannot run in a transaction.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from amber_sql.compiler.search_path import callers_path
from amber_sql.deploy.apply import transaction_outcome, yoyo_lock
from amber_sql.deploy.apply.failure import failed
from amber_sql.deploy.apply.nontransactional import run_nontransactional
from amber_sql.deploy.apply.retry import retried
from amber_sql.deploy.apply.simple_query import run_text
from amber_sql.deploy.compat.release_check import check_running, running
from amber_sql.deploy.connect import session
from amber_sql.deploy.files.migration_file import MigrationFile, read
from amber_sql.deploy.files.refusals import refuse_unrunnable
from amber_sql.deploy.history import marks
from amber_sql.deploy.progress import Event, EventKind
from amber_sql.errors import MigrationFailed, NoRollback

if TYPE_CHECKING:
    from amber_sql.deploy.context import Context, Direction


def run(context: Context, migration: Any, direction: Direction, *, mark: bool = True) -> None:
    """Apply or roll back `migration`, and mark or unmark it. Raises MigrationFailed."""
    file = _file(migration, direction)
    refuse_unrunnable(file)
    if file.path.suffix == ".py":
        detail = "it is Python, and runs with the rights of this process"
        context.progress(Event("warning", migration.id, detail=detail))
    started = time.monotonic()
    if file.transactional:
        done = _run_transactional(context, migration, file, direction, mark=mark)
    else:
        done = run_nontransactional(context, migration, file, direction)
    if done:
        kind: EventKind = "applied" if direction == "apply" else "rolled back"
        context.progress(Event(kind, migration.id, time.monotonic() - started))


def _run_transactional(
    context: Context, migration: Any, file: MigrationFile, direction: Direction, *, mark: bool
) -> bool:
    """Run a file until its locks are to be had; what it leaves behind when it fails is looked up."""
    conn = context.connection
    outcome = transaction_outcome.Outcome(conn)
    try:
        return retried(
            context,
            migration.id,
            lambda: _in_transaction(context, migration, file, direction, outcome, mark=mark),
        )
    except psycopg.Error as error:
        raise failed(error, migration.id, file, conn=conn, kept=outcome.look()) from None
    except transaction_outcome.Ended:
        reason = f"{file.shown} ended its own transaction"
        raise MigrationFailed(migration=migration.id, reason=reason, kept=outcome.look()) from None


def _in_transaction(
    context: Context,
    migration: Any,
    file: MigrationFile,
    direction: Direction,
    outcome: transaction_outcome.Outcome,
    *,
    mark: bool,
) -> bool:
    """Run all of it in one transaction; False where somebody else has done so in the meantime."""
    conn = context.connection
    while True:
        yoyo_lock.wait(conn, seconds=context.settings.lock_wait, progress=context.progress)
        with context.transaction():
            if not yoyo_lock.claim(conn):
                continue
            if mark and marks.is_applied(conn, migration.hash) == (direction == "apply"):
                yoyo_lock.release(conn)
                return False
            outcome.began()
            settings = session.read_settings(conn)
            if file.path.suffix == ".sql":
                with callers_path(conn):
                    run_text(conn, file.text)
            else:
                with callers_path(conn):
                    context.run_python(migration, direction)
            session.restore(conn, settings)
            if mark:
                check_running(conn, migration.id, running(conn, context.running), context.progress)
            if not yoyo_lock.release(conn):
                raise transaction_outcome.Ended
            if mark:
                context.record(migration, direction)
        conn.execute("DISCARD TEMP")
        return True


def _file(migration: Any, direction: Direction) -> MigrationFile:
    """Return the text to run."""
    file = read(Path(migration.path))
    if direction == "apply" or file.path.suffix != ".sql":
        return file
    undo = file.rollback()
    if undo is None:
        raise NoRollback(migration=file.name, file=file.path.with_suffix(".rollback.sql").name)
    return undo
