"""Which COPY a target gets: binary where every column's type is known here, otherwise text.

Binary rows are written by psycopg's compiled code, which takes more than the server's text form
does: a datetime for a date, 1e39 for real, any text for a bool. So each value is looked at first,
and what is not plainly right goes by the writer that an INSERT uses.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import cache
from struct import error as PackError  # noqa: N812  # named as errors are
from typing import TYPE_CHECKING, Any, LiteralString
from uuid import UUID

import msgspec
from psycopg.adapt import Dumper
from psycopg.pq import Format

from amber_sql.errors import ParameterRefused

from . import _codegen
from ._adapters import TYPES
from ._addresses import pack_inet
from ._codegen import ParameterFormat
from ._encode import TEXTS, Binary, encode_bytea, encode_text, writer
from ._interval import pack_interval
from ._json import JSONB_PREFIX
from ._literals import no_null, text
from ._loaders import UTF8, encoding_of
from ._numbers import PACKERS
from ._scalars import to_decimal, to_float, to_float4
from ._verbatim import TextDumper

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from psycopg import AsyncCursor, Cursor

    from ._copy_destination import CopyTarget
    from ._prepared import Statement

PLAIN = {
    "bool": "{value}.__class__ is bool",
    "bytea": "{value}.__class__ is bytes",
    "date": "{value}.__class__ is date",
    "float8": "{value}.__class__ is float",
    "numeric": "{value}.__class__ is Decimal",
    "text": "{value}.__class__ is str and nul not in {value}",
    "time": "{value}.__class__ is time and {value}.tzinfo is None",
    "timestamp": "{value}.__class__ is datetime and {value}.tzinfo is None",
    "timestamptz": "{value}.__class__ is datetime and {value}.tzinfo is UTC",
    "uuid": "{value}.__class__ is UUID",
}
"""Source over `{value}`: what is sent as it is. Any other value is converted, or refused."""

NAMES = {each.__name__: each for each in (date, datetime, time, Decimal, UUID)} | {
    "nul": "\0",
    "UTC": UTC,
}


def texts(*, nulls: bool) -> Callable[[Any], list[Any]]:
    """Return what makes plain texts of an array's: psycopg sends an enum by its member's name."""
    write = writer("text[]", nulls=nulls)

    def plain(value: Any) -> list[Any]:
        return [
            each if each is None else plain(each) if isinstance(each, list) else text(each)
            for each in value
        ]

    def checked(value: Any) -> list[Any]:
        write(value)
        return plain(value)

    return checked


CONVERTED: dict[str, Callable[[Any], Any]] = {
    "bytea": encode_bytea,
    "float4": to_float4,
    "float8": to_float,
    "numeric": to_decimal,
    "text": lambda value: encode_text(value).decode(),
}
"""What returns the value that psycopg's dumper is given; elsewhere it is the value itself."""

OURS: dict[str, Callable[[Any], bytes]] = {
    **PACKERS,
    "inet": pack_inet,
    "interval": pack_interval,
    "json": lambda written: written.encode(),
    "jsonb": lambda written: b"\x01" + written.encode(),
}
"""Types that dumpers of ours pack: psycopg's would cut off an integer's upper bits in silence."""

NOT_WRITTEN = (
    TypeError,
    ValueError,
    AttributeError,
    OverflowError,
    PackError,
    ArithmeticError,
    ParameterRefused,
)
"""What a row raises of which a value does not fit; Unfit is a ValueError."""

TEXT_ARRAYS = ("text[]", "varchar[]")
AS_PSYCOPG = {*PLAIN, *CONVERTED, *TEXT_ARRAYS, "uuid[]", "timetz"}


class CopyPlan(msgspec.Struct, frozen=True):
    """How rows are written: the COPY, and if it is binary the type of each column."""

    sql: LiteralString
    types: tuple[int, ...]
    values: Callable[[Sequence[Any]], Sequence[Any]]
    """What `write_row` takes for one row. Whatever it raises, `Statement.encode` says why."""


@cache
def packer(oid_: int, pack: Callable[[Any], bytes]) -> type[Dumper]:
    """Return a dumper of one type's binary form."""

    class Packer(Dumper):
        oid = oid_
        format = Format.BINARY
        dump = staticmethod(pack)  # type: ignore[assignment]  # no Python frame for a number

    return Packer


@cache
def copy_format(pg_type: str, *, nulls: bool = True, shape: Any = None) -> ParameterFormat:
    """Return how a value becomes one that the type's dumper takes, and takes as INSERT does."""
    if pg_type in JSONB_PREFIX:
        return ParameterFormat(encode=writer(pg_type, shape=shape))
    if pg_type in OURS:
        return ParameterFormat(expression="{value}")
    encode = (
        texts(nulls=nulls)
        if pg_type in TEXT_ARRAYS
        else CONVERTED.get(pg_type) or same(pg_type, nulls=nulls)
    )
    plain = PLAIN.get(pg_type)
    expression = (
        f"({{value}} if {plain} else {{encode}}({{value}}))" if plain else "{encode}({value})"
    )
    return ParameterFormat(expression=expression, encode=encode, names=NAMES)


def same(pg_type: str, *, nulls: bool) -> Callable[[Any], Any]:
    """Return what returns a value as it is, once the type's writer has taken it."""
    write = writer(pg_type, nulls=nulls)

    def checked(value: Any) -> Any:
        write(value)
        return value

    return checked


def copy_plan(
    target: CopyTarget, statement: Statement[Any], cursor: Cursor[Any] | AsyncCursor[Any]
) -> CopyPlan:
    """Return how to copy the statement's rows into `target`, and register its dumpers."""
    adapters, encoding = cursor.adapters, encoding_of(cursor.connection)
    names = ["text" if name in TEXTS else name for name in statement.params.values()]
    if encoding != UTF8 or not all(name in OURS or name in AS_PSYCOPG for name in names):
        adapters.register_dumper(bytes, TextDumper)
        return CopyPlan(target.copy_sql("text"), (), text_values(statement, encoding))
    for name in names:
        if pack := OURS.get(name):
            adapters.register_dumper(None, packer(TYPES[name].oid, pack))
    nullable = [name in statement.nullable for name in statement.params]
    formats = [
        copy_format(pg_type, nulls=statement.accepts_null_in(name), shape=statement.json.get(name))
        for name, pg_type in zip(statement.params, names, strict=True)
    ]
    values = _codegen.encoder(formats, nullable, no_null)
    return CopyPlan(target.copy_sql("binary"), tuple(map(TYPES.get_oid, names)), values)


def text_values(
    statement: Statement[Any], encoding: str
) -> Callable[[Sequence[Any]], Sequence[Any]]:
    """Return what encodes a row for COPY's text format."""

    def values(row: Sequence[Any]) -> Sequence[Any]:
        return [
            b"\\x" + value.hex().encode() if isinstance(value, Binary) else value
            for value in statement.encode(row, encoding)
        ]

    return values
