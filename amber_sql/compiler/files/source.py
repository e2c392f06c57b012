"""A file's text and its parts: blocks, their tags, and the place of whatever is wrong in it."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec

from amber_sql.errors import Finding

if TYPE_CHECKING:
    from amber_sql.sqltext.lexer import Token


class SourceText(msgspec.Struct, frozen=True, kw_only=True):
    """A file's text, cut into blocks."""

    file: str
    text: str
    doc: str = ""
    blocks: tuple[Block, ...] = ()
    findings: tuple[Finding, ...] = ()

    def place(self, offset: int) -> tuple[int, int]:
        """Return line and column of a character offset; both count from 1."""
        starts = _line_starts(self.text)
        number = bisect_right(starts, offset)
        return number, offset - starts[number - 1] + 1

    def line(self, number: int) -> str:
        """Return the text of a line, without its end."""
        starts = [*_line_starts(self.text), len(self.text)]
        return self.text[starts[number - 1] : starts[number]].rstrip("\r\n")

    def finding(
        self, offset: int, message: str, hint: str = "", query: str = "", rule: str = ""
    ) -> Finding:
        """Return a finding at a character offset."""
        line, column = self.place(offset)
        return Finding(
            file=self.file,
            line=line,
            column=column,
            message=message,
            hint=hint,
            query=query,
            rule=rule,
            text=self.line(line),
        )


@lru_cache(maxsize=8)
def _line_starts(text: str) -> tuple[int, ...]:
    return (0, *(match.end() for match in re.finditer(r"\r\n|\r|\n", text)))


class Block(msgspec.Struct, frozen=True, kw_only=True):
    """One query's part of a file."""

    source: SourceText
    header: str
    start: int
    line: int
    doc: tuple[str, ...]
    tags: tuple[Tag, ...]
    body: tuple[Token, ...]
    """The statement's tokens, from its first to its last, without the final semicolon."""
    whole: tuple[Token, ...] = ()
    """The same with all that stands behind it, where an optional line may end."""

    def text(self, token: Token) -> str:
        """Return a token's text."""
        return self.source.text[token.start : token.end]


class Tag(msgspec.Struct, frozen=True):
    """A comment line `-- @name argument`."""

    name: str
    argument: str
    line: int
    column: int
