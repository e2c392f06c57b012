"""An error and the file that ran → the statement that failed: file, line, column, and its text.

The server tells a position for what it could not parse or find; otherwise the number of the
statement tells, and the place is where that statement begins.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from amber_sql.deploy.apply.simple_query import failed_statement
from amber_sql.deploy.files.statements import SqlStatement, nth_statement

if TYPE_CHECKING:
    import psycopg

    from amber_sql.deploy.files.migration_file import MigrationFile

_LONGEST = 120
_LITERAL = re.compile(r"'[^']*'?|\b\d[\w.]*")
QUOTES_DATA = ("22", "23")
"""Classes of errors whose messages may quote a row's values."""


class Place(msgspec.Struct, frozen=True):
    """Where in a file; the default is nowhere."""

    at: str = ""
    words: str = ""
    snippet: str = ""
    statement: SqlStatement | None = None

    def __str__(self) -> str:
        """`file:line:column: `, and the statement's first words where no position points into it."""
        return f"{self.at}{self.words and f'{self.words}: '}"


def place_of(error: psycopg.Error, file: MigrationFile) -> Place:
    """Return the place of `error` in `file`."""
    number, position = failed_statement(error), error.diag.statement_position
    statement = nth_statement(file.text, number or 0) if file.path.suffix == ".sql" else None
    if number == 0 and error.sqlstate == "42601":
        # The server parses the whole text before it runs any: the position alone tells which.
        statement = None
    if position:
        offset = int(position) - 1
    elif number is not None and statement is not None:
        offset = statement.start
    else:
        return Place(f"{file.shown}: ")
    before = file.text[:offset]
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    return Place(
        at=f"{file.shown}:{line}:{column}: ",
        words="" if position or statement is None else statement.first_words,
        snippet=_snippet(file.text, line, column, hidden=_hidden(error, statement)),
        statement=statement,
    )


def _hidden(error: psycopg.Error, statement: SqlStatement | None) -> bool:
    """Tell whether the literals may be a row's values or a password."""
    about_values = (error.sqlstate or "").startswith(QUOTES_DATA)
    return about_values or statement is None or "PASSWORD" in statement.words


def _snippet(text: str, line: int, column: int, *, hidden: bool) -> str:
    """Return the line with a caret below."""
    shown = text.split("\n", line)[line - 1].replace("\t", " ")
    if hidden:
        shown = _LITERAL.sub(lambda found: "•" * len(found[0]), shown)
    first = max(0, column - _LONGEST // 2)
    shown = shown[first : first + _LONGEST]
    return f"\n  {line:>4} | {shown}\n       | {' ' * (column - 1 - first)}^"
