"""Scalar types → what writes their values as text, and refuses what another class would lose.

One table for all places: a parameter, an element, a bound, a field, a row of COPY.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from operator import index
from typing import TYPE_CHECKING, Any

from ._addresses import cidr, inet, macaddr, macaddr8
from ._extension_types import WRITERS as EXTENSIONS
from ._interval import interval
from ._json import write_json, write_jsonb
from ._literals import Unfit, text, to_text
from ._numbers import BITS, as_float4

if TYPE_CHECKING:
    from ._literals import Text


def uuid(value: Any) -> str:
    """Return a UUID as PostgreSQL writes it."""
    digits = f"{value.int:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def integer(pg_type: str) -> Text:
    """Return the writer of an integer type, which knows its range."""
    bits, signed = BITS[pg_type]
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
    larger = pg_type in ("int2", "int4")
    more = "; where the SQL means more, cast it to bigint there" if larger else ""

    def write(value: Any) -> str:
        number = index(value)
        if not low <= number <= high:
            raise Unfit(f"is out of range: {low} to {high}{more}")
        return f"{number:d}"

    return write


def boolean(value: Any) -> str:
    """Return a bool; of anything else PostgreSQL and Python think differently what is true."""
    if not isinstance(value, bool):
        raise TypeError
    return "t" if value else "f"


def to_float(value: Any) -> float:
    """Return any number as a float."""
    if isinstance(value, str | bytes | bytearray):
        raise TypeError
    try:
        return float(value)
    except OverflowError:
        raise Unfit("is out of range for double precision") from None


def float8(value: Any) -> str:
    """Return a float with as many digits as tell it from any other."""
    return repr(to_float(value))


def to_float4(value: Any) -> float:
    """Return the float that real keeps of a number."""
    number = to_float(value)
    try:
        kept = as_float4(number)
    except OverflowError:
        kept = 0.0
    if number and not kept:
        raise Unfit("is out of range for real")
    return kept


def float4(value: Any) -> str:
    """Return a number as real keeps it."""
    return repr(to_float4(value))


def to_decimal(value: Any) -> Decimal:
    """Return any number as a Decimal; a float's shortest digits, as PostgreSQL takes them."""
    if isinstance(value, Decimal):
        return value
    return Decimal(repr(value)) if isinstance(value, float) else Decimal(index(value))


def numeric(value: Any) -> str:
    """Return a number in all of its digits."""
    return to_text(to_decimal(value))


def timestamptz(value: Any) -> str:
    """Return a point in time; without an offset it would depend on the session's TimeZone."""
    if value.tzinfo is not UTC and value.utcoffset() is None:
        raise Unfit("needs a datetime with tzinfo, such as datetime.now(UTC)")
    return datetime.isoformat(value)


def timestamp(value: Any) -> str:
    """Return a local time; PostgreSQL would silently drop an offset."""
    if value.tzinfo is not None:
        raise Unfit("needs a datetime without tzinfo")
    return datetime.isoformat(value)


def timetz(value: Any) -> str:
    """Return a time of day with its offset, which only a tzinfo that never changes gives it."""
    if not isinstance(value, time):
        raise TypeError
    if value.utcoffset() is None:
        raise Unfit("needs a time with an offset, such as time(12, tzinfo=UTC)")
    return time.isoformat(value)


def clock(value: Any) -> str:
    """Return a time of day; PostgreSQL would silently drop an offset."""
    if not isinstance(value, time):
        raise TypeError
    if value.tzinfo is not None:
        raise Unfit("needs a time without tzinfo")
    return time.isoformat(value)


def day(value: Any) -> str:
    """Return a date; of a datetime PostgreSQL would silently drop the time."""
    if isinstance(value, datetime) or not isinstance(value, date):
        raise TypeError
    return date.isoformat(value)


def short_text(size: int, kind: str) -> Text:
    """Return the writer of a type of which PostgreSQL would silently cut off what is longer."""

    def write(value: Any) -> str:
        kept = text(value)
        if len(kept.encode("utf-8", "surrogatepass")) > size:
            raise Unfit(f"is longer than {kind}, and would be cut off")
        return kept

    return write


def only(*kinds: type) -> Text:
    """Return the writer of a type whose values are of these classes."""

    def write(value: Any) -> str:
        if not isinstance(value, kinds):
            raise TypeError
        return to_text(value)

    return write


def spaced(value: Any) -> str:
    """Return an oidvector or int2vector, which is written without braces."""
    if isinstance(value, str | bytes | dict):
        raise TypeError
    return " ".join(f"{index(item):d}" for item in value)


def bits(value: Any) -> str:
    """Return bits as they are shown: PostgreSQL reads a leading b or x as a base."""
    digits = text(value)
    if digits.strip("01"):
        raise Unfit("takes only 0 and 1")
    return digits


SHOWN_AS_TEXT = (
    "jsonpath", "lquery", "ltree", "ltxtquery", "pg_lsn", "pg_snapshot", "refcursor", "tid",
    "tsquery", "tsvector", "txid_snapshot",
)  # fmt: skip
"""Types whose values are given as PostgreSQL writes them."""

WRITERS: dict[str, Text] = {
    **{name: integer(name) for name in BITS},
    "bool": boolean,
    "float4": float4,
    "float8": float8,
    "numeric": numeric,
    "name": short_text(63, "the 63 bytes of a name"),
    **dict.fromkeys(("char", '"char"'), short_text(1, 'the one byte of "char"')),
    "uuid": uuid,
    "bytea": only(bytes, bytearray, memoryview),
    "json": write_json,
    "jsonb": write_jsonb,
    "date": day,
    "time": clock,
    "timetz": timetz,
    "timestamp": timestamp,
    "timestamptz": timestamptz,
    "interval": interval,
    "inet": inet,
    "cidr": cidr,
    "macaddr": macaddr,
    "macaddr8": macaddr8,
    **dict.fromkeys(("bit", "varbit"), bits),
    **dict.fromkeys(SHOWN_AS_TEXT, text),
    **dict.fromkeys(("oidvector", "int2vector"), spaced),
    **EXTENSIONS,
}
