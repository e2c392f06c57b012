"""Types that the project's settings or `@type` map to a class of somebody's: text → value → text.

What generated code knows such a type by holds the two functions' paths: `inet=ipaddress.ip_interface,str`.
They are imported when the first value comes, and nothing is registered. A type whose binary form is
nobody's here, such as PostGIS's geometry, gives its function that form, as bytes.
"""

from __future__ import annotations

import re
from enum import Enum
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from ._interval import Interval, iso_8601
from ._literals import Unfit, text
from ._reading import as_loader

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._literals import Text
    from ._reading import Reading

_DATED = ("date", "timestamp", "timestamptz")
_INFINITE = {
    bits: text
    for size in (4, 8)
    for bits, text in (
        (b"\x7f" + b"\xff" * (size - 1), "infinity"),
        (b"\x80" + b"\0" * (size - 1), "-infinity"),
    )
}
_PAIR = re.compile(r"=[\w.,]+")


def is_mapped(pg_type: str) -> bool:
    """Tell whether a type is one of somebody's, or an array or a range of it."""
    return "=" in pg_type


def plain(pg_type: str) -> str:
    """Return what PostgreSQL calls a type."""
    return _PAIR.sub("", pg_type) if "=" in pg_type else pg_type


def base_of(pg_type: str) -> str:
    """Return what PostgreSQL calls a mapped type that is no array and no range."""
    return pg_type.partition("=")[0]


@cache
def found(path: str) -> Any:
    """Return the class or function that a path names; a method is found in its class."""
    owner, _, name = path.rpartition(".")
    if not owner:
        return str
    try:
        module = import_module(owner)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{owner}.".startswith(f"{error.name}."):
            raise
        return getattr(found(owner), name)
    return getattr(module, name)


def reader_of(pg_type: str, natural: Reading, write: Text) -> Callable[[bytes], Any]:
    """Return what reads a value that `natural` makes a text, or something that `write` does."""
    decode = _from_text(found(pg_type.partition("=")[2].partition(",")[0]))
    load, dated = as_loader(natural)(0).load, base_of(pg_type) in _DATED

    def read(data: bytes) -> Any:
        if dated and data in _INFINITE:
            return decode(_INFINITE[data])
        value = load(data)
        if isinstance(value, Interval):
            return decode(iso_8601(value))
        return decode(value if isinstance(value, str | bytes) else write(value))

    return read


def _from_text(decode: Any) -> Callable[[Any], Any]:
    """Return what makes a value of a text: a class, a function, or an enum, whose values may be numbers."""
    if not (isinstance(decode, type) and issubclass(decode, Enum)):
        made: Callable[[Any], Any] = decode
        return made
    if issubclass(decode, int):  # a flag may be none of its members
        return lambda text: decode(int(text))
    members = {str(member.value): member for member in decode}
    return lambda text: members[text] if text in members else decode(text)


@cache
def writer_of(pg_type: str) -> Text:
    """Return what writes a value as text: its class has to be the one that reading it gives."""
    made_by, written_by = pg_type.partition("=")[2].split(",")
    decode, encode = found(made_by), _shown if written_by == "str" else found(written_by)

    def write(value: Any) -> str:
        if isinstance(decode, type) and not isinstance(value, decode):
            raise TypeError
        try:
            written = encode(value)
        except Exception as why:  # noqa: BLE001  # its message may hold the value
            raise Unfit(f"is refused by {written_by}: {type(why).__name__}") from None
        if isinstance(written, bytes):
            return rf"\x{written.hex()}"
        if not isinstance(written, str):
            raise Unfit(f"is no text: {written_by} gave {type(written).__name__}")
        return text(written)

    return write


def _shown(value: Any) -> str | bytes:
    """Return a member of any enum as what it stands for, bytes as they are, all else by `str`."""
    if isinstance(value, bytes):
        return value
    return str(value.value if isinstance(value, Enum) else value)
