"""extract and date_part → may they be NULL: of an infinite value the day is NULL, the year is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amber_sql.compiler.infer.never_null import signatures
from amber_sql.compiler.infer.nodes import bytes_of

if TYPE_CHECKING:
    from amber_sql.compiler.tree import Node

_TEXT = 25
OF_TIMES = signatures("extract(text,time|text,timetz) date_part(text,time|text,timetz)")
"""They answer for every field of a time of the day."""
OF_INFINITE = signatures("""
    extract(text,date|text,timestamp|text,timestamptz|text,interval)
    date_part(text,date|text,timestamp|text,timestamptz|text,interval)
""")
_MONOTONIC = {"epoch", "year", "isoyear", "decade", "century", "millennium", "julian"}
"""Fields that answer Infinity for an infinite value, where the others answer NULL (9.9.1)."""


def answers(function: str, args: list[Node]) -> bool:
    """Tell whether such a call answers for every value that is not NULL."""
    field = _text_of(args[0]) if args else None
    return function in OF_TIMES or (field is not None and field.lower() in _MONOTONIC)


def _text_of(constant: Node) -> str | None:
    """Return a text constant, behind its length word."""
    if (
        constant.kind != "CONST"
        or constant.flag("constisnull")
        or constant.int("consttype") != _TEXT
    ):
        return None
    return bytes_of(constant)[4:].decode(errors="replace")
