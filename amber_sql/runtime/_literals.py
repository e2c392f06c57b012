"""Python values → PostgreSQL's text literals, by the value's own class: scalars, arrays, rows.

This is what remains when the declared type says nothing: enums, composites, domains, and what is
nested in them. Structs are written by position, as they are read.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from functools import singledispatch
from ipaddress import (
    IPv4Address,
    IPv4Interface,
    IPv4Network,
    IPv6Address,
    IPv6Interface,
    IPv6Network,
)
from typing import TYPE_CHECKING, Any
from uuid import UUID

from psycopg.types.multirange import Multirange
from psycopg.types.range import Range

if TYPE_CHECKING:
    from collections.abc import Callable

    Text = Callable[[Any], str]


class Unfit(ValueError):
    """A value that its parameter cannot take; the text never holds the value."""


def refusal(value: Any, problem: Exception) -> str:
    """Return why `value` was refused; a message of Python's own may hold it, and is not kept."""
    return str(problem) if isinstance(problem, Unfit) else f"takes no {type(value).__name__}"


def refuse_at(place: str, value: Any, problem: Exception) -> Unfit:
    """Return the refusal of a value that is part of another."""
    return Unfit(f"at {place} {refusal(value, problem)}")


def text(value: Any) -> str:
    """Return the characters of a str or of a str-valued enum member."""
    if isinstance(value, str):
        if "\0" in value:
            raise Unfit("cannot hold the character NUL")
        return str.__str__(value)
    if isinstance(value, Enum):
        return text(value.value)
    raise TypeError


@singledispatch
def to_text(value: Any) -> str:  # noqa: ARG001  # the classes below use it
    """Return `value` as PostgreSQL writes it. TypeError where its class has no such form."""
    raise TypeError


@to_text.register(str)
def _(value: str) -> str:
    return str.__str__(value)


@to_text.register(Enum)
def _(value: Enum) -> str:
    return to_text(value.value)


@to_text.register(bool)
def _(value: bool) -> str:
    return "t" if value else "f"


@to_text.register(int)
def _(value: int) -> str:
    return f"{value:d}"


@to_text.register(float)
def _(value: float) -> str:
    return repr(value)


@to_text.register(Decimal)
def _(value: Decimal) -> str:
    return "NaN" if value.is_nan() else str(value)


@to_text.register(UUID)
def _(value: UUID) -> str:
    return str(value)


@to_text.register(bytes)
@to_text.register(bytearray)
@to_text.register(memoryview)
def _(value: bytes) -> str:
    return rf"\x{value.hex()}"


@to_text.register(datetime)
@to_text.register(date)
@to_text.register(time)
def _(value: date | time) -> str:
    return value.isoformat()


@to_text.register(timedelta)
def _(value: timedelta) -> str:
    # A sign on every part: IntervalStyle sql_standard would spread a single one over all.
    return f"{value.days:+d} days {value.seconds:+d} seconds {value.microseconds:+d} microseconds"


for address in (IPv4Address, IPv4Interface, IPv4Network, IPv6Address, IPv6Interface, IPv6Network):
    to_text.register(address, str)


def quoted(literal: str) -> str:
    """Return `literal` in the quotes that arrays, rows and ranges share."""
    return '"' + literal.replace("\\", "\\\\").replace('"', '\\"') + '"'


def range_of(write: Text) -> Text:
    """Return the writer of a range whose bounds `write` writes."""

    def bound(side: str, value: Any) -> str:
        try:
            return "" if value is None else quoted(write(value))
        except Exception as problem:  # noqa: BLE001  # whatever it was, its place is named
            raise refuse_at(f"its {side} bound", value, problem) from None

    def whole(value: Any) -> str:
        if not isinstance(value, Range):
            raise TypeError
        if value.isempty:
            return "empty"
        lower, upper = bound("lower", value.lower), bound("upper", value.upper)
        return f"{value.bounds[0]}{lower},{upper}{value.bounds[1]}"

    return whole


def multirange_of(write: Text) -> Text:
    """Return the writer of a multirange whose bounds `write` writes."""
    one = range_of(write)

    def whole(value: Any) -> str:
        if not isinstance(value, Multirange):
            raise TypeError
        return f"{{{','.join(map(one, value))}}}"

    return whole


def no_null() -> Any:
    """Refuse None, from within an expression: SQL would take it, and answer something else."""
    raise Unfit("does not accept None")


def array_of(write: Text, *, nested: bool = True, nulls: bool = True) -> Text:
    """Return the writer of an array whose elements `write` writes, and None if `nulls` says so.

    A list among the elements is a further dimension, unless an element may be a list itself.
    """

    def element(item: Any) -> str:
        if item is None:
            return "NULL" if nulls else no_null()
        if nested and isinstance(item, list):
            return whole(item)
        return quoted(write(item))

    def whole(value: Any) -> str:
        if isinstance(value, str | bytes | dict):
            raise TypeError
        try:
            return f"{{{','.join(map(element, value))}}}"
        except Exception:
            for number, item in enumerate(value, 1):
                try:
                    element(item)
                except Exception as problem:  # noqa: BLE001  # whatever it was, its place is named
                    raise refuse_at(f"element {number}", item, problem) from None
            raise

    return whole


to_text.register(Range, range_of(to_text))
to_text.register(Multirange, multirange_of(to_text))
to_text.register(list, array_of(to_text))
to_text.register(tuple, array_of(to_text))
