"""A migration's text → what can never run as a migration, with its line, before anything runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amber_sql.deploy.files.statements import ENDS_TRANSACTION, parse_statements
from amber_sql.errors import BadMigrationFile, MigrationFailed
from amber_sql.sqltext.client_copy import client_channel

if TYPE_CHECKING:
    from amber_sql.deploy.files.migration_file import MigrationFile

_NOTHING_RAN = "Nothing of it was run."


def refuse_unrunnable(file: MigrationFile) -> None:
    """Raise where the server would stop in the middle of `file`, or could not undo it as a whole."""
    if file.path.suffix != ".sql":
        return
    if "\0" in file.text:
        line = file.text.count("\n", 0, file.text.index("\0")) + 1
        raise _failed(file, line, "holds a NUL byte, at which PostgreSQL stops reading: remove it")
    for statement in parse_statements(file.text, "COPY", *ENDS_TRANSACTION):
        if statement.ends_transaction:
            what = f"line {statement.line} says {statement.words[0]}, and a migration is one transaction"
            raise BadMigrationFile(file=file.path.name, what=what)
        words = list(statement.words)
        if at := client_channel(words):
            what = (
                f"says COPY … {' '.join(words[at - 1 : at + 1])}, whose rows are no SQL: write the rows as INSERTs"
                " (pg_dump --inserts does), or load them after the deploy"
            )
            raise _failed(file, statement.line, what)


def _failed(file: MigrationFile, line: int, what: str) -> MigrationFailed:
    return MigrationFailed(
        migration=file.name, reason=f"{file.shown}:{line}: it {what}", kept=_NOTHING_RAN
    )
