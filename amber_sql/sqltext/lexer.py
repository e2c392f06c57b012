"""SQL text → tokens, by PostgreSQL's lexical rules.

aiosql's own scanner knows `'…'` and `"…"` only, and would rewrite dollar quotes, E strings and
nested comments in silence; so the text is cut here, by the rules of the manual's section 4.1
"Lexical Structure" (and of `scan.l`, where the manual is silent), and nothing is ever changed but
a `:name` into its `$n`.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator


class Kind(StrEnum):
    """What a token is, as far as placeholders, comments and statement ends need to know."""

    SPACE = "space"
    LINE_COMMENT = "line_comment"
    BLOCK_COMMENT = "block_comment"
    STRING = "string"
    IDENT = "ident"
    PLACEHOLDER = "placeholder"
    PARAM = "param"
    SEMICOLON = "semicolon"
    OTHER = "other"
    BROKEN = "broken"


class Token(NamedTuple):
    """A piece of the text: `text[start:end]` is exactly what the file holds."""

    kind: Kind
    start: int
    end: int


_KINDS: dict[str, Kind] = {kind.value: kind for kind in Kind}

# Quoted text goes on after white space that holds a newline (`quotecontinue` in scan.l).
# Atomic, since a line of dashes can be cut into comments in exponentially many ways.
_GAP = r"(?>(?:[ \t\f\v]|--[^\n\r]*)*[\n\r](?:[ \t\n\r\f\v]|--[^\n\r]*[\n\r])*)"
_PLAIN = r"'[^']*'(?:'[^']*')*"
_ESCAPED = r"'(?:[^'\\]|\\[\s\S])*'(?:'(?:[^'\\]|\\[\s\S])*')*"
# A letter, `_` or anything beyond ASCII; or a digit; or `$`. Written as what they leave out, since
# `re` compiles a set that reaches beyond \xff in milliseconds, and these in microseconds.
_LETTER = r"[^\x00-@\[-^`{-\x7f]"
_WORD = r"[^\x00-/:-@\[-^`{-\x7f]"
_NAME = r"[^\x00-#%-/:-@\[-^`{-\x7f]"

_TOKEN = re.compile(
    rf"""
    (?P<space>[ \t\n\r\f\v]+)
  | (?P<line_comment>--[^\n\r]*)
  | (?P<block_comment>/\*)
  | (?P<string>
        [eE]{_ESCAPED}(?:{_GAP}{_ESCAPED})*
      | [bBxX]'[^']*'(?:{_GAP}'[^']*')*
      | (?:[nN]|[uU]&)?{_PLAIN}(?:{_GAP}{_PLAIN})*
      | \$(?P<tag>(?:{_LETTER}{_WORD}*)?)\$[\s\S]*?\$(?P=tag)\$
    )
  | (?P<broken>
        (?:[eEbBxXnN]|[uU]&)?'
      | (?:[uU]&)?"(?![^"]*")
      | \$(?:{_LETTER}{_WORD}*)?\$
    )
  | (?P<ident>(?:[uU]&)?"[^"]*"(?:"[^"]*")*|{_LETTER}{_NAME}*)
  | (?P<placeholder>:{_LETTER}{_WORD}*)
  | (?P<param>\$[0-9]+)
  | (?P<semicolon>;)
  | (?P<other>
        ::|:=|\.\.
      | 0[xX](?:_?[0-9a-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+
      | (?:[0-9](?:_?[0-9])*(?:\.(?!\.)(?:[0-9](?:_?[0-9])*)?)?|\.[0-9](?:_?[0-9])*)
        (?:[eE][+-]?[0-9](?:_?[0-9])*)?
      | [-+*/<>=~!@#%^&|`?](?:(?!--|/\*)[-+*/<>=~!@\#%^&|`?])*
      | [\s\S]
    )
    """,
    re.VERBOSE,
)
_COMMENT_MARK = re.compile(r"/\*|\*/")


def tokens(text: str, start: int = 0) -> Iterator[Token]:
    """Cut `text` into tokens without a gap; text that never ends is one BROKEN token."""
    position = start
    while match := _TOKEN.match(text, position):
        kind, end = _KINDS[match.lastgroup or ""], match.end()
        if kind is Kind.BLOCK_COMMENT and not (end := _comment_end(text, end)):
            kind = Kind.BROKEN
        if kind is Kind.BROKEN:
            end = len(text)
        yield Token(kind, position, end)
        position = end


def _comment_end(text: str, position: int) -> int:
    """Return where the block comment that was opened before `position` ends (they nest), or 0."""
    depth = 1
    for mark in _COMMENT_MARK.finditer(text, position):
        depth += 1 if mark[0] == "/*" else -1
        if not depth:
            return mark.end()
    return 0
