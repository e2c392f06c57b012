"""Python values → the text that PostgreSQL reads, chosen by the type the parameter was declared.

Parameters travel as text whose type the server infers, exactly as it did when the query was
described. So a query has one prepared statement whatever its values, an int4 column may become
int8 under a running release, and a value that does not fit is refused here, by name. Only bytea
travels in binary, as `Binary`.
"""

from __future__ import annotations

from datetime import date, datetime, time
from functools import cache
from operator import index
from typing import TYPE_CHECKING, Any

import msgspec

from ._adapters import TYPES
from ._codegen import ParameterFormat
from ._literals import Unfit, array, quoted, text, to_text
from ._numbers import BITS, INTEGERS, PACKERS

if TYPE_CHECKING:
    from collections.abc import Callable

    Encode = Callable[[Any], bytes]
    EncodeNull = Callable[[Any], bytes | None]
    Text = Callable[[Any], str]

TEXTS = ("text", "varchar", "bpchar", "name", "xml", "enum", "citext")
JSONS = ("json", "jsonb")


class Binary(bytes):
    """A value in PostgreSQL's binary form; every other encoded value is text."""

    __slots__ = ()


def encode_text(value: Any) -> bytes:
    """Return a text; NUL is what PostgreSQL's text cannot hold."""
    encoded: bytes = value.encode()
    if 0 in encoded:
        raise Unfit("cannot hold the character NUL")
    return encoded


def encode_bytea(value: Any) -> bytes:
    """Return anything that has a buffer, as it is."""
    if isinstance(value, int | str):
        raise TypeError
    return Binary(value)


def uuid(value: Any) -> str:
    """Return a UUID as 32 digits."""
    return f"{value.int:032x}"


def integer(pg_type: str) -> Text:
    """Return the writer of an integer type, which knows its range."""
    half = 1 << (BITS[pg_type] - 1)
    low, high = -half, half - 1

    def write(value: Any) -> str:
        number = index(value)
        if not low <= number <= high:
            more = (
                "" if pg_type == "int8" else "; where the SQL means more, cast it to bigint there"
            )
            raise Unfit(f"is out of range: {low} to {high}{more}")
        return f"{number:d}"

    return write


def json(value: Any) -> str:
    """Return JSON; structs, dates and UUIDs become what msgspec makes of them."""
    if isinstance(value, bytes | bytearray | memoryview):
        raise TypeError
    if type(value).__module__ == "psycopg.types.json":
        value = value.obj
    try:
        return msgspec.json.encode(value).decode()
    except TypeError as why:  # it names the type, not the value
        raise Unfit(f"is no JSON: {why}") from None


def timestamptz(value: Any) -> str:
    """Return a point in time; without tzinfo it would depend on the session's TimeZone."""
    if value.tzinfo is None:
        raise Unfit("needs a datetime with tzinfo, such as datetime.now(UTC)")
    moment: str = value.isoformat()
    return moment


def timestamp(value: Any) -> str:
    """Return a local time; PostgreSQL would silently drop an offset."""
    if value.tzinfo is not None:
        raise Unfit("needs a datetime without tzinfo")
    moment: str = datetime.isoformat(value)
    return moment


def exactly(kind: type) -> Text:
    """Return the writer of a date or time, which takes no richer class in silence."""

    def write(value: Any) -> str:
        if isinstance(value, datetime) or not isinstance(value, kind):
            raise TypeError
        return to_text(value)

    return write


WRITERS: dict[str, Text] = {
    **dict.fromkeys(TEXTS, text),
    **{name: integer(name) for name in INTEGERS},
    "uuid": uuid,
    "json": json,
    "jsonb": json,
    "timestamptz": timestamptz,
    "timestamp": timestamp,
    "date": exactly(date),
    "time": exactly(time),
    "timetz": exactly(time),
}


def writer(pg_type: str) -> Text:
    """Return what writes a value of `pg_type`; a type not listed goes by the value's own class."""
    if pg_type.endswith("[]"):
        element = pg_type.removesuffix("[]")
        return array(writer(element), nested=element not in JSONS)
    return WRITERS.get(pg_type, to_text)


@to_text.register
def row(value: msgspec.Struct) -> str:
    """Return a row literal, field by field in the order of the struct."""
    fields = msgspec.structs.astuple(value)
    writers = map(writer, getattr(value, "__pg_types__", ("",) * len(fields)))
    return f"({','.join(map(_field, fields, writers))})"


def _field(value: Any, write: Text) -> str:
    return "" if value is None else quoted(write(value))


def nul() -> Any:
    """Refuse a text with NUL, from within an expression."""
    raise Unfit("cannot hold the character NUL")


AS_TEXT = "(b if 0 not in (b := {value}.encode()) else nul())"


@cache
def parameter_format(pg_type: str) -> ParameterFormat:
    """Return how a parameter travels where we prepare the statement ourselves, types included.

    Binary is for types that PostgreSQL converts by itself to whatever a column has become since.
    """
    if pg_type in TEXTS:
        return ParameterFormat(expression=AS_TEXT, names={"nul": nul})
    oid = TYPES.get_oid(pg_type) if pg_type in ("uuid", "bytea", *PACKERS) else 0
    if pg_type == "uuid":
        return ParameterFormat(oid, binary=True, expression='{value}.int.to_bytes(16, "big")')
    return ParameterFormat(oid, binary=oid != 0, encode=PACKERS.get(pg_type) or encoder(pg_type))


@cache
def encoder(pg_type: str) -> Encode:
    """Return what turns a value (never None) into a parameter of `pg_type`."""
    if pg_type in TEXTS:
        return encode_text
    if pg_type == "bytea":
        return encode_bytea
    if pg_type == "uuid":
        return lambda value: b"%032x" % value.int
    write = writer(pg_type)
    return lambda value: encode_text(write(value))


def no_null() -> Any:
    """Refuse None, from within an expression: SQL would take it, and answer something else."""
    raise Unfit("does not accept None")


def or_null(encode: Encode, *, accepts: bool) -> EncodeNull:
    """Return what encodes a value or None, which is NULL where that is accepted."""

    def either(value: Any) -> bytes | None:
        if value is not None:
            return encode(value)
        return None if accepts else no_null()

    return either
