"""One query's tokens → the statement that is sent: the file's text, with `$1` for `:id`.

Both clocks share it: build time cuts every query of a file, run time those that are called, and of
one with optional lines the variants that are.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from amber_sql.sqltext.lexer import Kind, tokens
from amber_sql.sqltext.optional_lines import (
    choices,
    has_line_tags,
    idle,
    opens_statement,
    pieces,
    selected,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from amber_sql.sqltext.lexer import Token
    from amber_sql.sqltext.optional_lines import Piece

HEADER = re.compile(r"--[^\S\n\r]*name[^\S\n\r]*:[^\S\n\r]*(?P<name>[\w-]*)")
LIKE_HEADER = re.compile(rf"(?<![^\n\r])[ \t\f\v]*(?P<header>{HEADER.pattern})")
"""Every header, and any line like one in quoted text."""
PARAMETERS = re.compile(r"\(([^)]*)\)")
IGNORED = {Kind.SPACE, Kind.LINE_COMMENT, Kind.BLOCK_COMMENT}
_GOES_ON = re.compile(r"[\w$]|[^\x00-\x7f]")
"""What a `$` behind it would be part of: `SELECT:id`, `1e3:id`."""


class Cut(NamedTuple):
    """One query of a file without errors: what its header declares, and its statement's pieces."""

    text: str
    declared: tuple[str, ...]
    pieces: tuple[Piece, ...]

    def idle(self, given: Collection[str]) -> dict[str, tuple[str, ...]]:
        """Return the names that are given in vain, each with those that its lines lack."""
        return idle(self.pieces, given)

    def variant(
        self, given: Collection[str], chosen: Mapping[str, str]
    ) -> tuple[str, tuple[str, ...]]:
        """Return the text that is sent for these names and labels, and its parameters in order."""
        body = selected(self.pieces, given, chosen)
        names = parameters_of(self.text, body, self.declared)
        return numbered(self.text, body, names)[0], names


def statement(text: str, name: str) -> str | None:
    """Return the statement of one query of a file without errors; the rest is not cut."""
    found = _found(text, name)
    if found is None:
        return None
    header, body, whole = found
    if has_line_tags(text, whole):  # as the file stands
        cut = Cut(text, tuple(declared(header, text, body)), pieces(text, whole))
        labels = {name: each[0] for name, each in choices(cut.pieces).items()}
        return cut.variant(cut.declared, labels)[0]
    return numbered(text, body, declared(header, text, body))[0]


def optional_statement(text: str, name: str) -> Cut | None:
    """Return the same of a query with optional lines, in its pieces."""
    found = _found(text, name)
    if found is None:
        return None
    header, body, whole = found
    return Cut(text, tuple(declared(header, text, body)), pieces(text, whole))


def _found(text: str, name: str) -> tuple[str, Sequence[Token], Sequence[Token]] | None:
    """Return a query's header, its statement's tokens, and the same with what stands behind it."""
    alike = [m for m in LIKE_HEADER.finditer(text) if m["name"].replace("-", "_") == name]
    starts = [match.start("header") for match in alike]
    for header, *rest in _blocks(text, starts[0] if len(starts) == 1 else 0):
        if header.start in starts:
            above, body = parted(text, rest)
            return text[header.start : header.end], body, rest[len(above) :]
    return None


def _blocks(text: str, start: int) -> Iterator[list[Token]]:
    """Yield each query's tokens, from its header on; `start` is where a line begins."""
    block: list[Token] = []
    first_in_line = True
    for token in tokens(text, start):
        if first_in_line and is_header(text, token):
            if block:
                yield block
            block = []
        block.append(token)
        first_in_line = begins_line(text, token, first_in_line=first_in_line)
    if block:
        yield block


def is_header(text: str, token: Token) -> bool:
    """Tell whether a token that stands first in its line is a header."""
    comment = token.kind is Kind.LINE_COMMENT
    return comment and HEADER.match(text, token.start, token.end) is not None


def begins_line(text: str, token: Token, *, first_in_line: bool) -> bool:
    """Tell whether what follows `token` stands first in its line."""
    if token.kind is not Kind.SPACE:
        return False
    space = text[token.start : token.end]
    return first_in_line or "\n" in space or "\r" in space


def parted(text: str, rest: Sequence[Token]) -> tuple[Sequence[Token], tuple[Token, ...]]:
    """Part what follows a header into the comment and the statement.

    White space, comments and semicolons behind the statement are dropped.
    """
    begin, end = 0, len(rest)
    while begin < end and rest[begin].kind in {Kind.SPACE, Kind.LINE_COMMENT}:
        if opens_statement(text, rest[begin]):
            break
        begin += 1
    while begin < end and (rest[end - 1].kind in IGNORED or rest[end - 1].kind is Kind.SEMICOLON):
        end -= 1
    return rest[:begin], tuple(rest[begin:end])


def declared(header: str, text: str, body: Sequence[Token]) -> list[str]:
    """Return a query's parameters: those of its header, or where it has no list, those used."""
    stated = PARAMETERS.search(header)
    if stated is None:
        return used(text, body)
    return [name.strip() for name in stated[1].split(",")] if stated[1].strip() else []


def used(text: str, body: Sequence[Token]) -> list[str]:
    """Return the names of the parameters in a statement, in their order."""
    names = (text[token.start + 1 : token.end] for token in body if token.kind is Kind.PLACEHOLDER)
    return list(dict.fromkeys(names))


def parameters_of(text: str, body: Sequence[Token], declared: Sequence[str]) -> tuple[str, ...]:
    """Return the parameters of a variant: those that it uses, in the order of the header."""
    names = used(text, body)
    return tuple(name for name in declared if name in names)


def numbered(
    text: str, body: Sequence[Token], declared: Sequence[str]
) -> tuple[str, tuple[tuple[int, int], ...]]:
    """Return the statement with `$n` for each `:name`, and where its parts stand in the text."""
    pieces: list[str] = []
    length, end = 0, body[0].start
    anchors = [(0, end)]
    for token in body:
        piece = text[token.start : token.end]
        if token.start != end:  # lines between were left out
            anchors.append((length, token.start))
        end = token.end
        if token.kind is Kind.PLACEHOLDER and piece[1:] in declared:
            piece = f"${declared.index(piece[1:]) + 1}"
            if pieces and _GOES_ON.match(pieces[-1][-1]):
                pieces.append(" ")
                length += 1
            anchors.append((length, token.start))
        pieces.append(piece)
        length += len(piece)
        if token.kind is Kind.PLACEHOLDER:
            anchors.append((length, token.end))
    return "".join(pieces), tuple(anchors)
