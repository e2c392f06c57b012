"""SQL text → where each of its statements begins and ends, as the server's grammar has it.

A semicolon ends a statement but in two places of the grammar: within the parentheses of CREATE
RULE, and within a routine's BEGIN ATOMIC body, each statement of which ends with a semicolon, so
that the body's END is the one that follows a semicolon or ATOMIC. Only these statements are cut
into tokens; any other is passed over by one match, since a file may hold hundreds of thousands.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from amber_sql.sqltext.lexer import Kind, tokens

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amber_sql.sqltext.lexer import Token

SILENT = {Kind.SPACE, Kind.LINE_COMMENT, Kind.BLOCK_COMMENT}
"""What the grammar does not see."""

# As in `sqltext.lexer`: a letter, `_` or anything beyond ASCII, and what may follow in a name.
_LETTER = r"[^\x00-@\[-^`{-\x7f]"
_WORD = r"[^\x00-/:-@\[-^`{-\x7f]"
_NAME = r"[^\x00-#%-/:-@\[-^`{-\x7f]"
_GAP = r"(?>(?:[ \t\f\v]|--[^\n\r]*)*[\n\r](?:[ \t\n\r\f\v]|--[^\n\r]*[\n\r])*)"
_ESCAPED = r"'(?>[^'\\]+|\\[\s\S])*+'"

# One statement up to its semicolon, or up to a block comment, which nests, or quotes without an end.
# An `E` before quotes, and a `$` in a name, are told by what stands before them.
_REST = rf"""
    (?>
        [^;'"$/\-]+
      | (?<=[eE])(?<!{_NAME}[eE]){_ESCAPED}(?:{_GAP}?{_ESCAPED})*+
      | (?:(?<![eE])|(?<={_NAME}[eE]))'[^']*'
      | "[^"]*"
      | --[^\n\r]*
      | -
      | /(?!\*)
      | (?<={_NAME})\$
      | \$(?P<tag>(?:{_LETTER}{_WORD}*)?)\$[\s\S]*?\$(?P=tag)\$
      | \$(?!(?:{_LETTER}{_WORD}*)?\$)
    )*+
"""
_BETWEEN = r"(?>[\s;]+|--[^\n\r]*)*+"
_STATEMENT = re.compile(_REST, re.VERBOSE)
_SILENCE = re.compile(_BETWEEN)
_FIRST_WORD = re.compile(r"[A-Za-z]*")
_ROUTINES = {"FUNCTION", "PROCEDURE"}


@cache
def _run_of_others(words: tuple[str, ...]) -> re.Pattern[str]:
    """Return what matches a run of whole statements that begin with none of `words`."""
    known = "|".join(words)
    return re.compile(rf"(?>{_BETWEEN}(?!(?i:{known})(?!{_NAME})|/\*){_REST};)*+", re.VERBOSE)


def statement_spans(text: str, *words: str) -> Iterator[tuple[int, int]]:
    """Yield where each statement begins, at its first token, and ends, before its semicolon.

    With `words`, those that begin with none of them may be left out, which is faster.
    """
    position = 0
    others = _run_of_others(("CREATE", *words)) if words else None
    while True:
        if others and (run := others.match(text, position)):
            position = run.end()
        if (start := _first_token(text, position)) == len(text):
            return
        word = _FIRST_WORD.match(text, start)
        if word and word[0].upper() == "CREATE":
            end = _end_of_create(text, start)
        else:
            end = _end(text, start)
        yield start, end
        position = end + 1


def _first_token(text: str, position: int) -> int:
    """Return where the first token at or behind `position` begins that is no semicolon."""
    while True:
        between = _SILENCE.match(text, position)
        position = between.end() if between else position
        if not text.startswith("/*", position):
            return position
        position = next(tokens(text, position)).end


def _end(text: str, position: int) -> int:
    """Return where the next semicolon is that no quotes and no comment hold, or the text's end."""
    while True:
        rest = _STATEMENT.match(text, position)
        position = rest.end() if rest else position
        if position == len(text) or text[position] == ";":
            return position
        # A block comment; or quotes that are never closed, which reach to the end.
        position = next(tokens(text, position)).end


def _end_of_create(text: str, start: int) -> int:
    """Return where a statement that begins with CREATE ends."""
    reader = _Reader(text, start)
    reader.statement()
    return reader.position


class _Reader:
    """The tokens of one statement, those apart that the grammar does not see."""

    def __init__(self, text: str, start: int) -> None:
        self.text = text
        self.position = start
        self._tokens = (token for token in tokens(text, start) if token.kind not in SILENT)
        self.word = ""
        self._next()

    def statement(self) -> None:
        """Read up to the semicolon that ends a statement, or the text's end."""
        head: list[str] = []
        depth, before = 0, ""
        while self.word and (depth > 0 or self.word != ";"):
            depth += {"(": 1, ")": -1}.get(self.word, 0)
            head += [self.word] if len(head) < 4 else []  # noqa: PLR2004  # CREATE OR REPLACE FUNCTION
            body = depth == 0 and before == "BEGIN" and self.word == "ATOMIC"
            before = self.word
            self._next()
            if body and head[0] == "CREATE" and _ROUTINES & {head[1], head[-1]}:
                self._body()

    def _body(self) -> None:
        """Read the statements of a BEGIN ATOMIC body, and its END."""
        while self.word and self.word != "END":
            self.statement()
            self._next()
        self._next()

    def _next(self) -> None:
        token: Token | None = next(self._tokens, None)
        if token is None:
            self.word, self.position = "", len(self.text)
        else:
            self.position = token.start
            raw = self.text[token.start : token.end]
            self.word = "'" if token.kind is Kind.STRING else raw.upper()
