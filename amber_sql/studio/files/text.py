"""Anybody's text → Markdown that shows it, and is nothing else: no link, no tag, no cell of its own."""

from __future__ import annotations

import re

_MEANS = re.compile(r"(?<![`\\])(`\w[\w .,:()=-]*`)(?!`)|[\\`*_\[\]<>|~&!$#:@.+=)-]")
_ALWAYS = set("\\`*[]<>|~&$")
"""What Markdown gives a meaning to in the middle of a line; the rest only at its place."""


def prose(text: str) -> str:
    """Return a text of several lines as a paragraph of Markdown."""
    return "\n".join(map(_line, _lines(text)))


def cell(text: str) -> str:
    """Return a text as the cell of a table."""
    return "<br>".join(map(_line, _lines(text)))


def code(text: str) -> str:
    """Return a text as code, on one line, in a table or out of it."""
    text = "".join(c if c.isprintable() else " " for c in text)
    if not text:
        return ""
    if text.strip() == text and "  " not in text and not re.search(r"[`|\\]", text):
        return f"`{text}`"
    written = re.sub(r"[^\w ]|_", lambda match: f"&#{ord(match[0])};", text)
    return f"<code>{written}</code>"


def block(text: str, language: str) -> str:
    """Return a text as a fenced block, whose fence is longer than any in the text."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


def _lines(text: str) -> list[str]:
    shown = "".join(c if c.isprintable() or c == "\n" else " " for c in text.replace("\r\n", "\n"))
    return [line.strip() for line in shown.strip().split("\n")]


def _line(line: str) -> str:
    """Write what has a meaning as an entity, which means nothing to Markdown; `plain words` stay code."""
    return _MEANS.sub(lambda match: match[1] or _entity(line, match.start(), match[0]), line)


def _entity(line: str, at: int, character: str) -> str:
    before, after = line[:at], line[at + 1 :]
    means = (
        character in _ALWAYS
        or (character == "_" and not (before[-1:].isalnum() and after[:1].isalnum()))
        # What would begin a heading, a list, a rule or a table's delimiter at the start of a line.
        or (not before.strip(" -=:") and character in "#-+=:")
        or (character in ".)" and before.isdigit())
        # What forges make a link of by themselves.
        or (character == ":" and after.startswith("//"))
        or (character == "." and before.lower().endswith("www"))
        or (character == "@" and before[-1:].strip() != "")
        or (character == "!" and after.startswith("["))
    )
    return f"&#{ord(character)};" if means else character
