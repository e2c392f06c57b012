"""Functions that answer NULL for some arguments only: what their arguments must look like."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amber_sql.compiler.infer.nodes import bytes_of, type_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from amber_sql.compiler.tree import Node

_TEXT, _INT4 = 25, 23
_TIMES = {1083, 1266}
_INFINITE = {1082, 1114, 1184, 1186}
"""date, timestamp, timestamptz, interval: they can be infinite."""
_TIME_OF = {1083, 1186, 1266}
"""An infinite timestamp has no time of the day, an infinite interval as time is an error."""
_NUMBERS = {20, 23, 700, 701, 1700}
_MONOTONIC = {"epoch", "year", "isoyear", "decade", "century", "millennium", "julian"}
"""Fields that answer Infinity for an infinite value, where the others answer NULL (9.9.1)."""


def _text_of(constant: Node) -> str | None:
    """Return a text constant, behind its length word."""
    if (
        constant.kind != "CONST"
        or constant.flag("constisnull")
        or constant.int("consttype") != _TEXT
    ):
        return None
    return bytes_of(constant)[4:].decode(errors="replace")


def _field(args: list[Node]) -> bool:
    field = _text_of(args[0]) if args else None
    of = type_of(args[1]) if len(args) > 1 else 0
    return of in _TIMES or (of in _INFINITE and field is not None and field.lower() in _MONOTONIC)


def _on_text(args: list[Node]) -> bool:
    return bool(args) and type_of(args[0]) == _TEXT


BY_ARGUMENTS: dict[str, Callable[[list[Node]], bool]] = {
    "extract": _field,
    "date_part": _field,
    "lower": _on_text,
    "upper": _on_text,
    "substring": lambda args: all(type_of(arg) == _INT4 for arg in args[1:]),
    "time": lambda args: bool(args) and type_of(args[0]) in _TIME_OF,
    "timetz": lambda args: bool(args) and type_of(args[0]) in _TIME_OF,
    "to_char": lambda args: bool(args) and type_of(args[0]) in _NUMBERS,
}
"""Name → whether it answers for arguments of these forms: `lower` of a range may not."""
