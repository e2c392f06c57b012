"""An error and the file that ran → the statement that failed: file, line, column, and its text.

The server tells a position for what it could not parse or find; otherwise the number of the
statement tells, and the place is where that statement begins.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from amber_sql.deploy.apply.simple_query import failed_statement
from amber_sql.deploy.files.boundaries import statement_spans
from amber_sql.deploy.files.statements import SqlStatement, nth_statement
from amber_sql.sqltext.lexer import Kind, tokens

if TYPE_CHECKING:
    import psycopg

    from amber_sql.deploy.files.migration_file import MigrationFile

_LONGEST = 120
_LITERALS = {Kind.STRING, Kind.BROKEN}
_SECRET = re.compile(r"passw(?:or)?d|secret|token", re.IGNORECASE)
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
    if number is None:
        return Place(
            f"{file.shown}: "
        )  # a statement of ours failed, or Python's: no place in this text
    statement = nth_statement(file.text, number) if file.path.suffix == ".sql" else None
    if number == 0 and error.sqlstate == "42601":
        # The server parses the whole text before it runs any: the position alone tells which.
        statement = None
    if position:
        offset = int(position) - 1
    elif statement is not None:
        offset = statement.start
    else:
        return Place(f"{file.shown}: ")
    before = file.text[:offset]
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    shown = _shown(error, file.text, offset)
    return Place(
        at=f"{file.shown}:{line}:{column}: ",
        words="" if position or statement is None else statement.first_words,
        snippet=_snippet(shown, line, column),
        statement=statement,
    )


def _shown(error: psycopg.Error, text: str, offset: int) -> str:
    """Return the line, its literals hidden where they may be a row's values or a password."""
    first, last = text.rfind("\n", 0, offset) + 1, text.find("\n", offset)
    last = len(text) if last < 0 else last
    start = next((start for start, end in statement_spans(text) if end >= first), last)
    parse_error = error.sqlstate == "42601"
    about_values = parse_error or (error.sqlstate or "").startswith(QUOTES_DATA)
    if not about_values and not _SECRET.search(text, min(start, first), last):
        return text[first:last]
    piece = text[start:last]  # from a statement's start: a literal may have begun lines before
    for token in reversed(list(tokens(piece))):
        raw = piece[token.start : token.end]
        if token.kind in _LITERALS or raw[:1].isdigit():
            dots = "".join("\n" if letter == "\n" else "•" for letter in raw)
            piece = piece[: token.start] + dots + piece[token.end :]
    return (text[:start] + piece)[first:]


def _snippet(line_text: str, line: int, column: int) -> str:
    """Return the line with a caret below."""
    shown = line_text.replace("\t", " ")
    first = max(0, column - _LONGEST // 2)
    shown = shown[first : first + _LONGEST]
    return f"\n  {line:>4} | {shown}\n       | {' ' * (column - 1 - first)}^"
