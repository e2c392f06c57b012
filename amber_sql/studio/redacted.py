"""A running statement → its text without literals, which may be passwords or somebody's data."""

from __future__ import annotations

import re

from amber_sql.sqltext.lexer import Kind, tokens

NAMED = re.compile(r"\s*/\*\s*([^\W\d]\w*(?:\.\w+)+)\s*\*/")
"""The name that our calls write in front of a statement, where spans or logs are asked for."""
_SPACE = {Kind.SPACE, Kind.LINE_COMMENT, Kind.BLOCK_COMMENT}
_HIDDEN = {Kind.STRING: "'…'", Kind.BROKEN: "…"}


def without_literals(text: str) -> str:
    """Return `text` with `…` for each literal, and without comments; what is cut off in one is hidden."""
    parts = []
    for kind, start, end in tokens(text):
        if kind is Kind.OTHER and text[start].isdigit():
            parts.append("…")
        else:
            parts.append(" " if kind in _SPACE else _HIDDEN.get(kind, text[start:end]))
    return " ".join("".join(parts).split())


def normal(text: str) -> str:
    """Return a statement as two texts of one query are equal: without comments and spacing."""
    kept = (
        " " if kind in _SPACE else text[start:end]
        for kind, start, end in tokens(text)
    )  # fmt: skip
    return " ".join("".join(kept).split()).rstrip("; ")
