"""A statement's tokens → its optional lines, and the tokens of each variant.

`-- @if name` behind a line, or alone above a block that `-- @end` ends; `-- @choose name label` behind
the line that stands by default, `-- @choose name label: text` below it for another text in its place.
What is cut is whole lines, so that a variant is the file's own text; what tags say goes with them.
Both clocks read it here: build time also says what is wrong with a tag.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from amber_sql.sqltext.lexer import Kind, Token, tokens

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

_SPACE = r"[^\S\n\r]*"
_TAG = re.compile(rf"--{_SPACE}@(?P<name>if|end|choose)(?![\w-])(?P<argument>.*)", re.DOTALL)
_BEHIND = re.compile(rf"(?<=\s){_TAG.pattern}", re.DOTALL)
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_CHOOSE = re.compile(
    rf"{_SPACE}(?P<name>\w+){_SPACE}(?P<label>[\w.+-]+){_SPACE}(?P<colon>:?)(?P<text>.*)", re.DOTALL
)
_SILENT = {Kind.SPACE, Kind.LINE_COMMENT, Kind.BLOCK_COMMENT}


class LineTag(NamedTuple):
    """`@if`, `@end` or `@choose` of a line: where it begins, and what stands behind its name."""

    name: str
    start: int
    argument: str
    at: int
    """Where the argument begins."""

    @property
    def names(self) -> tuple[str, ...]:
        """The names of an `@if`; commas between them do not count."""
        return tuple(dict.fromkeys(self.argument.replace(",", " ").split()))

    @property
    def choice(self) -> Choice | None:
        """What a `@choose` says, or None where it is written otherwise."""
        match = _CHOOSE.fullmatch(self.argument)
        if match is None or (match["text"].strip() and not match["colon"]):
            return None
        text = match["text"].rstrip()
        begin = len(text) - len(text.lstrip())
        other = text.lstrip() if match["colon"] else None
        return Choice(match["name"], match["label"], other, self.at + match.start("text") + begin)


class Choice(NamedTuple):
    """A label, and the text that it stands for; None for the line's own."""

    name: str
    label: str
    text: str | None
    at: int


class Line(NamedTuple):
    """A line's tokens, those that its tag is in left out, up to its end."""

    tokens: tuple[Token, ...]
    tag: LineTag | None

    @property
    def start(self) -> int:
        """Where its first word begins, or its tag."""
        words = (token.start for token in self.tokens if token.kind is not Kind.SPACE)
        return next(words, self.tag.start if self.tag else self.tokens[0].start)

    @property
    def has_sql(self) -> bool:
        """Whether anything but comments stands in it."""
        return any(token.kind not in _SILENT for token in self.tokens)


class Piece(NamedTuple):
    """Tokens that a statement has where all `names` are given and the choice is this label."""

    tokens: tuple[Token, ...]
    names: tuple[str, ...] = ()
    choice: tuple[str, str] | None = None


def opens_statement(text: str, token: Token) -> bool:
    """Tell whether a comment above the statement is the first line of it: a block's `-- @if`."""
    tag = _TAG.match(text, token.start, token.end)
    return token.kind is Kind.LINE_COMMENT and tag is not None and tag["name"] == "if"


def may_have_line_tags(text: str, statement: Sequence[Token]) -> bool:
    """Tell whether a statement, and what is behind it, has the character that each tag begins with."""
    return bool(statement) and text.find("@", statement[0].start, statement[-1].end) >= 0


def has_line_tags(text: str, statement: Sequence[Token]) -> bool:
    """Tell whether a statement is to be looked at line by line."""
    return may_have_line_tags(text, statement) and any(
        token.kind is Kind.LINE_COMMENT and _BEHIND.search(" " + text[token.start : token.end])
        for token in statement
    )


def lines(text: str, statement: Iterable[Token]) -> Iterator[Line]:
    """Cut a statement, and the comments behind it, into lines; a token is in the line it begins in."""
    line: list[Token] = []
    for token in statement:
        if token.kind is not Kind.SPACE:
            line.append(token)
            continue
        for part in _LINE.finditer(text, token.start, token.end):
            line.append(Token(Kind.SPACE, part.start(), part.end()))
            if part[0].endswith(("\n", "\r")):
                yield _line(text, line)
                line = []
    if line:
        yield _line(text, line)


def _line(text: str, found: list[Token]) -> Line:
    """Part a line's last comment into what it says to people and the tag that ends it."""
    at = next((n for n, token in enumerate(found) if token.kind is Kind.LINE_COMMENT), None)
    if at is None:
        return Line(tuple(found), None)
    comment = found[at]
    has_sql = any(token.kind not in _SILENT for token in found)
    match = _TAG.match(text, comment.start, comment.end)
    if match is None and has_sql:  # `-- people's words -- @if name`
        match = _BEHIND.search(text, comment.start, comment.end)
    if match is None:
        return Line(tuple(found), None)
    tag = LineTag(match["name"], match.start(), match["argument"], match.start("argument"))
    words = text[comment.start : tag.start].rstrip()
    kept = found[:at]
    if words:
        kept.append(Token(Kind.LINE_COMMENT, comment.start, comment.start + len(words)))
    elif has_sql and kept[-1].kind is Kind.SPACE:
        kept.pop()
    return Line((*kept, *found[at + 1 :]), tag)


def pieces(text: str, statement: Iterable[Token]) -> tuple[Piece, ...]:
    """Return the pieces of a statement whose tags are right."""
    found: list[Piece] = []
    block: tuple[str, ...] = ()
    indent: tuple[Token, ...] = ()
    for line in lines(text, statement):
        tag = line.tag
        choice = tag.choice if tag and tag.name == "choose" else None
        if tag is None or (tag.name == "choose" and choice is None):
            found.append(Piece(line.tokens, block))
        elif choice is not None and choice.text is None:
            indent = line.tokens[:1] if line.tokens[0].kind is Kind.SPACE else ()
            found.append(Piece(line.tokens, block, (choice.name, choice.label)))
        elif choice is not None:
            other = (*indent, *text_of(choice), *line.tokens[-1:]) if choice.text else ()
            found.append(Piece(other, block, (choice.name, choice.label)))
        elif tag.name == "if" and line.has_sql:
            found.append(Piece(line.tokens, (*block, *tag.names)))
        else:
            block = tag.names if tag.name == "if" else ()
    return tuple(found)


def text_of(choice: Choice) -> list[Token]:
    """Return the tokens of a choice's text, at their places in the file."""
    return [
        Token(token.kind, token.start + choice.at, token.end + choice.at)
        for token in tokens(choice.text or "")
    ]


def choices(found: Iterable[Piece]) -> dict[str, tuple[str, ...]]:
    """Return the labels of each choice, the default first."""
    labels: dict[str, dict[str, None]] = {}
    for piece in found:
        if piece.choice:
            labels.setdefault(piece.choice[0], {})[piece.choice[1]] = None
    return {name: tuple(each) for name, each in labels.items()}


def idle(found: Iterable[Piece], given: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Return the names that are given in vain: none of their lines is there without these others."""
    together = {piece.names for piece in found if piece.names}
    met = {name for names in together if set(names) <= set(given) for name in names}
    return {
        name: next(tuple(n for n in names if n not in given) for names in together if name in names)
        for name in given
        if name not in met
    }


def selected(
    found: Iterable[Piece], given: Collection[str], chosen: Mapping[str, str]
) -> list[Token]:
    """Return the tokens of a variant, from its first word to its last."""
    kept = [
        token
        for piece in found
        if all(name in given for name in piece.names)
        and (piece.choice is None or chosen[piece.choice[0]] == piece.choice[1])
        for token in piece.tokens
    ]
    begin, end = 0, len(kept)
    while begin < end and kept[begin].kind in {Kind.SPACE, Kind.LINE_COMMENT}:
        begin += 1
    while begin < end and (kept[end - 1].kind in _SILENT or kept[end - 1].kind is Kind.SEMICOLON):
        end -= 1
    return kept[begin:end]
