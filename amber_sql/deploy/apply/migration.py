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
from amber_sql.deploy.apply import advisory_lock, transaction_outcome, yoyo_lock
from amber_sql.deploy.apply.failure import failed
from amber_sql.deploy.apply.nontransactional import run_nontransactional
from amber_sql.deploy.apply.retry import retried
from amber_sql.deploy.apply.simple_query import run_text
from amber_sql.deploy.compat.release_check import check_running, running
from amber_sql.deploy.connect import session
from amber_sql.deploy.files.migration_file import MigrationFile, read
from amber_sql.deploy.files.refusals import refuse_unrunnable
from amber_sql.deploy.history import intact, marks
from amber_sql.deploy.progress import Event, EventKind
from amber_sql.errors import DeployLocked, MigrationFailed, NoRollback

if TYPE_CHECKING:
    from amber_sql.deploy.context import Context, Direction

_TOUCHED = (
    "changes what deploys keep for themselves ({}): leave these tables alone; `amber-sql migrate"
    " mark` and `unmark` correct what is remembered as applied"
)
_UNMARKED = (
    "ran, and its mark in _yoyo_migration was not kept: remove the trigger or rule from that table"
)
_UNLOCKED = "gave the deploy lock away (pg_advisory_unlock), and another deploy has taken it"


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
    locked = advisory_lock.is_held(conn)

    def attempt() -> bool:
        done = _in_transaction(context, migration, file, direction, outcome, mark=mark)
        if locked and not advisory_lock.take_again(conn):
            raise DeployLocked(seconds=0.0, holder=advisory_lock.holder(conn))
        return done

    try:
        return retried(context, migration.id, attempt)
    except psycopg.Error as error:
        raise failed(error, migration.id, file, conn=conn, kept=outcome.look()) from None
    except transaction_outcome.Refused as refused:
        reason = f"{file.shown} {refused}"
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
            tables = intact.look(conn)
            with callers_path(conn):
                if file.path.suffix == ".sql":
                    run_text(conn, file.text)
                else:
                    context.run_python(migration, direction)
            session.restore(conn, settings)
            _refuse_what_no_migration_may(conn, outcome, tables)
            if mark:
                check_running(conn, migration.id, running(conn, context.running), context.progress)
            if not yoyo_lock.release(conn):
                raise transaction_outcome.Refused(transaction_outcome.ENDED)
            if mark:
                _record(context, migration, direction)
        session.forget(conn)
        return True


def _refuse_what_no_migration_may(
    conn: psycopg.Connection, outcome: transaction_outcome.Outcome, tables: intact.State
) -> None:
    """Raise Refused where the migration that just ran took from deploys what they stand on."""
    if not advisory_lock.is_held(conn) and advisory_lock.holder(conn):
        raise transaction_outcome.Refused(_UNLOCKED)
    if outcome.is_current() and (touched := intact.changed(tables, intact.look(conn))):
        raise transaction_outcome.Refused(_TOUCHED.format(touched))


def _record(context: Context, migration: Any, direction: Direction) -> None:
    """Mark or unmark, and see that it is so: a trigger may stand on the history's tables."""
    context.record(migration, direction)
    if marks.is_applied(context.connection, migration.hash) != (direction == "apply"):
        raise transaction_outcome.Refused(_UNMARKED)


def _file(migration: Any, direction: Direction) -> MigrationFile:
    """Return the text to run."""
    file = read(Path(migration.path))
    if direction == "apply" or file.path.suffix != ".sql":
        return file
    undo = file.rollback()
    if undo is None:
        raise NoRollback(migration=file.name, file=file.path.with_suffix(".rollback.sql").name)
    return undo
