"""One migration, up or down: statements, yoyo's log and yoyo's mark in one transaction.

A file is one simple query: the server splits it, and whatever fails undoes all of it.
`outside.py` does the same for the one statement that cannot run in a transaction.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import psycopg

from amber_sql.deploy import history, session, stock
from amber_sql.deploy.failure import failed
from amber_sql.deploy.files import MigrationFile, read
from amber_sql.deploy.outside import run_outside
from amber_sql.deploy.progress import Event, Kind
from amber_sql.deploy.prove import prove, running
from amber_sql.deploy.retry import retried
from amber_sql.deploy.statements import split
from amber_sql.errors import BadMigrationFile, MigrationFailed, NoRollback

if TYPE_CHECKING:
    from amber_sql.deploy.backend import AmberBackend

Direction: TypeAlias = Literal["apply", "rollback"]


def run(backend: AmberBackend, migration: Any, direction: Direction, *, mark: bool = True) -> None:
    """Apply or roll back `migration`, and mark or unmark it. Raises MigrationFailed."""
    file = _file(migration, direction)
    started = time.monotonic()
    try:
        if file.transactional:
            refuse_transaction_control(file)
            done = retried(
                backend,
                migration.id,
                lambda: _inside(backend, migration, file, direction, mark=mark),
            )
        else:
            done = run_outside(backend, migration, file, direction)
    except psycopg.Error as error:
        raise failed(error, migration.id, file) from None
    if done:
        kind: Kind = "applied" if direction == "apply" else "rolled back"
        backend.progress(Event(kind, migration.id, time.monotonic() - started))


def refuse_transaction_control(file: MigrationFile) -> None:
    """Refuse a file that begins or ends a transaction: it could not be undone as a whole."""
    if file.path.suffix != ".sql":
        return
    for statement in split(file.text):
        if statement.ends_transaction:
            what = f"line {statement.line} says {statement.words[0]}, and a migration is one transaction"
            raise BadMigrationFile(file=file.path.name, what=what)


def _inside(
    backend: AmberBackend, migration: Any, file: MigrationFile, direction: Direction, *, mark: bool
) -> bool:
    """Run all of it in one transaction; False where somebody else has done so in the meantime."""
    conn = backend.connection
    while True:
        stock.wait(conn, seconds=backend.settings.lock_wait, progress=backend.progress)
        with backend.transaction():
            if not stock.claim(conn):
                continue
            if mark and history.is_applied(conn, migration.hash) == (direction == "apply"):
                stock.release(conn)
                return False
            settings = session.remember(conn)
            if file.path.suffix == ".sql":
                conn.execute(file.text.encode())
            else:
                migration.process_steps(backend, direction)
            session.restore(conn, settings)
            if mark:
                prove(conn, migration.id, running(conn, backend.running), backend.progress)
            if not stock.release(conn):
                raise MigrationFailed(migration=migration.id, reason="it ended its own transaction")
            if mark:
                backend.record(migration, direction)
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
