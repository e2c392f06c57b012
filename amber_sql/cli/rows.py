"""Typed rows → text that fits the terminal: a struct as its class would be called, long lists cut.

Of a list two items are shown, of a list inside a row one.
"""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Any

import msgspec

INDENT = "    "
LONGEST = 60
"""Characters of a text that are shown."""


def text(value: Any, width: int) -> str:
    """Return `value` as lines of at most `width` characters, where its parts allow."""
    return "\n".join(_lines(value, width, shown=2))


def _lines(value: Any, width: int, shown: int = 1) -> list[str]:
    inner = width - len(INDENT)
    if isinstance(value, msgspec.Struct):
        fields = [(name, getattr(value, name)) for name in value.__struct_fields__]
        parts = [_named(name, field, inner) for name, field in fields]
        return _group(f"{type(value).__name__}(", parts, ")", width)
    if isinstance(value, list):
        parts = [_lines(item, inner) for item in value[:shown]]
        if len(value) > shown:
            parts.append([f"… {len(value) - shown} more"])
        return _group("[", parts, "]", width)
    return [_scalar(value)]


def _named(name: str, value: Any, width: int) -> list[str]:
    first, *rest = _lines(value, width)
    return [f"{name}={first}", *rest]


def _group(opening: str, parts: list[list[str]], closing: str, width: int) -> list[str]:
    """Put parts on one line if they fit, else fill lines with them; a part of several keeps its own."""
    if all(len(part) == 1 for part in parts):
        line = f"{opening}{', '.join(part[0] for part in parts)}{closing}"
        if len(line) <= width:
            return [line]
    lines, filling = [opening], ""
    for part in parts:
        piece = part[0] + ","
        if len(part) > 1 or len(f"{INDENT}{filling} {piece}") > width:
            lines += [INDENT + filling] * bool(filling)
            filling = ""
        if len(part) > 1:
            lines += [INDENT + line for line in (*part[:-1], part[-1] + ",")]
        else:
            filling = f"{filling} {piece}".lstrip()
    return [*lines, *[INDENT + filling] * bool(filling), closing]


def _scalar(value: Any) -> str:
    if isinstance(value, Enum):
        return f"{type(value).__name__}.{value.name}"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%SZ}"
    if isinstance(value, str) and len(value) > LONGEST:
        return f"{value[:LONGEST]!r}…"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:_}"
    return repr(value)
