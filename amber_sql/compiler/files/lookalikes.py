"""Characters that an editor or a chat puts in the place of SQL's own → what to write instead.

PostgreSQL takes them for letters of a name, and says that the name does not exist.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from unicodedata import category, name, normalize

from amber_sql.sqltext.lexer import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amber_sql.compiler.files.source import Block
    from amber_sql.errors import Finding

_QUOTES = {
    **dict.fromkeys("\u2018\u2019\u201a\u2032\u00b4", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u2033", "' for text, or \" for a name"),
}
_INVISIBLE = "\ufeff\u200b\u2060\u00ad"
_SPACES = {"Zs", "Zl", "Zp"}


def lookalikes(block: Block, label: str) -> Iterator[Finding]:
    """Yield the first of each kind that stands outside of quotes and comments."""
    seen = set()
    for token in block.body:
        text = block.text(token)
        if token.kind is not Kind.IDENT or text.isascii() or text.endswith('"'):
            continue
        for at, char in enumerate(text):
            if not (hint := _instead(char)) or char in seen:
                continue
            seen.add(char)
            said = f"U+{ord(char):04X} {name(char, '')}".strip()
            said = said if category(char)[0] in "ZC" else f"{char} ({said})"
            message = f"{said} is part of a name here"
            yield block.source.finding(token.start + at, message, hint, label)


def _instead(char: str) -> str:
    """Return what to write for a character, or nothing where it may stand in a name."""
    if char in _QUOTES:
        return f"write {_QUOTES[char]}"
    if char in _INVISIBLE:
        return "delete it"
    if category(char) in _SPACES:
        return "write a plain space"
    if category(char) == "Pd" or char == "\u2212":
        return "write -"
    plain = normalize("NFKC", char)
    return f"write {plain}" if plain.isascii() and not plain.isalnum() and plain != "_" else ""
