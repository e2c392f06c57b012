"""Migrations → what they say to the whole server, which the end of a scratch database does not undo.

Read from the text alone, bodies and Python included: taking a word too many for such costs a
second, one too few leaves a role on somebody's server. Comments, and what is only written into
rows, say nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from amber_sql.deploy.files.boundaries import statement_spans
from amber_sql.sqltext.lexer import Kind, tokens

if TYPE_CHECKING:
    from pathlib import Path

# `%I` stands for the scratch database itself, in what is put together from its name.
_SAID = re.compile(
    r"""
    \b(?: (?P<undone> (?:CREATE|ALTER) \s+ (?:ROLE|USER|GROUP) \b (?!\s+MAPPING)
          | (?:GRANT|REVOKE) \b (?! [^;]* \b ON \b)
          | COMMENT \s+ ON \s+ ROLE \b )
      | (?: DROP \s+ (?:ROLE|USER|GROUP|OWNED) \b (?!\s+MAPPING) | REASSIGN \s+ OWNED \b
          | (?:CREATE|ALTER|DROP) \s+ (?:TABLESPACE|SUBSCRIPTION) \b | ALTER \s+ SYSTEM \b
          | (?:CREATE|DROP) \s+ DATABASE \b | (?: ALTER \s+ | ON \s+ ) DATABASE \s+ (?!%)
          | ON \s+ (?:TABLESPACE|PARAMETER) \b )
      )
    """,
    re.VERBOSE | re.IGNORECASE,
)


_WRITES = re.compile(r"(?:INSERT|UPDATE|COMMENT)\b", re.IGNORECASE)


class ServerWide(msgspec.Struct, frozen=True):
    """One thing that is said: where, in which words, and whether we know how to undo it."""

    file: str
    line: int
    words: str
    can_be_undone: bool

    def __str__(self) -> str:
        """`file:line says WORDS`."""
        return f"{self.file}:{self.line} says {self.words}"


def server_wide(migrations: Path) -> list[ServerWide]:
    """Return all that the migrations of a folder say to the server."""
    found = []
    for name, text in texts(migrations).items():
        silent = _silent(text) if name.endswith(".sql") and _SAID.search(text) else []
        for match in _SAID.finditer(text):
            if any(start <= match.start() < end for start, end in silent):
                continue
            line = text.count("\n", 0, match.start()) + 1
            words = " ".join(match[0].split()).upper()
            found.append(ServerWide(name, line, words, match["undone"] is not None))
    return found


def _silent(text: str) -> list[tuple[int, int]]:
    """Return where comments are, and the literals of statements that only write them into rows."""
    rows = [(start, end) for start, end in statement_spans(text) if _WRITES.match(text, start)]
    literals = [
        (start + token.start, start + token.end)
        for start, end in rows
        for token in tokens(text[start:end])
        if token.kind is Kind.STRING
    ]
    comments = {Kind.LINE_COMMENT, Kind.BLOCK_COMMENT}
    return literals + [(token.start, token.end) for token in tokens(text) if token.kind in comments]


def texts(migrations: Path) -> dict[str, str]:
    """Return the text of what a deploy of the folder runs, by file."""
    return {
        path.name: path.read_text(encoding="utf-8", errors="replace")
        for path in sorted(migrations.iterdir())
        if path.suffix in {".sql", ".py"} and not path.name.endswith(".rollback.sql")
    }
