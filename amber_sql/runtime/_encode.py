"""Python values → the text that PostgreSQL reads, chosen by the type the parameter was declared.

Parameters travel as text whose type the server infers, exactly as it did when the query was
described. So a query has one prepared statement whatever its values, an int4 column may become
int8 under a running release, and a value that does not fit is refused here, by name. Only bytea
travels in binary, as `Binary`.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec

from ._adapters import TYPES
from ._codegen import ParameterFormat
from ._fields import fields_of
from ._json import JSONB_PREFIX as JSONS
from ._json import stated_shape, writer_as
from ._literals import (
    Unfit,
    array_of,
    multirange_of,
    no_null,
    quoted,
    range_of,
    refuse_at,
    text,
    to_text,
)
from ._mapped import is_mapped, writer_of
from ._numbers import PACKERS
from ._ranges import subtype_of
from ._scalars import WRITERS

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._literals import Text

    Encode = Callable[[Any], bytes]
    EncodeNull = Callable[[Any], bytes | None]

TEXTS = ("text", "varchar", "bpchar", "xml", "enum", "citext")
LISTS = ("halfvec", "int2vector", "oidvector", "vector")
"""Types whose values are lists and that are no arrays."""


class Binary(bytes):
    """A value in PostgreSQL's binary form; every other encoded value is text."""

    __slots__ = ()


def encode_text(value: Any) -> bytes:
    """Return a text; NUL is what PostgreSQL's text cannot hold."""
    try:
        encoded: bytes = value.encode()
    except UnicodeEncodeError:
        raise Unfit("has half of a surrogate pair, which is no character") from None
    if 0 in encoded:
        raise Unfit("cannot hold the character NUL")
    return encoded


def encode_bytea(value: Any) -> bytes:
    """Return anything that has a buffer, as it is."""
    return Binary(memoryview(value))


@cache
def writer(pg_type: str, *, nulls: bool = True, shape: Any = None) -> Text:
    """Return what writes a value of `pg_type`; a type not listed goes by the value's own class.

    An array is written as `T[]`, a range that is not PostgreSQL's own as `range(T)`. Without
    `nulls` an array refuses None as an element. `shape` is what JSON in it has to fit.
    """
    if pg_type.endswith("[]"):
        element = pg_type.removesuffix("[]")
        is_list = element in JSONS or element in LISTS or element.endswith("[]")
        return array_of(writer(element, shape=shape), nested=not is_list, nulls=nulls)
    if is_mapped(pg_type) and not subtype_of(pg_type):
        return writer_of(pg_type)
    if shape is not None and pg_type in JSONS:
        return writer_as(shape, pg_type)
    if not pg_type and not nulls:
        return by_class_without_null
    if subtype := subtype_of(pg_type):
        of = multirange_of if "multirange" in pg_type else range_of
        return of(writer(subtype))
    return text if pg_type in TEXTS else WRITERS.get(pg_type, to_text)


def by_class_without_null(value: Any) -> str:
    """Return a value of a type that the database made; an array of such values without None."""
    return _FULL_ARRAY(value) if isinstance(value, list | tuple) else to_text(value)


_FULL_ARRAY = array_of(to_text, nulls=False)


@to_text.register
def row(value: msgspec.Struct) -> str:
    """Return a row literal, field by field in the order of the struct."""
    names = value.__struct_fields__
    writers = _writers(type(value))
    fields = zip(names, writers, msgspec.structs.astuple(value), strict=True)
    return f"({','.join(_field(*each) for each in fields)})"


@cache
def _writers(struct: type[msgspec.Struct]) -> list[Text]:
    """Return what writes each field; JSON has to fit its annotation."""
    types = getattr(struct, "__pg_types__", ("",) * len(struct.__struct_fields__))
    if not any(pg_type.strip("[]") in JSONS for pg_type in types):
        return [writer(pg_type) for pg_type in types]
    return [
        writer(pg_type, shape=stated_shape(annotation, pg_type))
        for _, annotation, pg_type in fields_of(struct)
    ]


def _field(name: str, write: Text, value: Any) -> str:
    try:
        return "" if value is None else quoted(write(value))
    except Exception as problem:  # noqa: BLE001  # whatever it was, its place is named
        raise refuse_at(f"field {name}", value, problem) from None


def nul() -> Any:
    """Refuse a text with NUL, from within an expression."""
    raise Unfit("cannot hold the character NUL")


AS_TEXT = "(b if 0 not in (b := {value}.encode()) else nul())"


@cache
def parameter_format(pg_type: str, *, nulls: bool = True, shape: Any = None) -> ParameterFormat:
    """Return how a parameter travels where we prepare the statement ourselves, types included.

    Binary is for types that PostgreSQL converts by itself to whatever a column has become since.
    """
    if pg_type in TEXTS:
        return ParameterFormat(expression=AS_TEXT, names={"nul": nul})
    oid = TYPES.get_oid(pg_type) if pg_type in ("uuid", "bytea", *PACKERS) else 0
    if pg_type == "uuid":
        return ParameterFormat(oid, binary=True, expression='{value}.int.to_bytes(16, "big")')
    encode = PACKERS.get(pg_type) or encoder(pg_type, nulls=nulls, shape=shape)
    return ParameterFormat(oid, binary=oid != 0, encode=encode)


@cache
def encoder(pg_type: str, *, nulls: bool = True, shape: Any = None) -> Encode:
    """Return what turns a value (never None) into a parameter of `pg_type`."""
    if pg_type in TEXTS:
        return encode_text
    if pg_type == "bytea":
        return encode_bytea
    if pg_type == "uuid":
        return lambda value: b"%032x" % value.int
    write = writer(pg_type, nulls=nulls, shape=shape)
    return lambda value: encode_text(write(value))


def or_null(encode: Encode, *, accepts: bool) -> EncodeNull:
    """Return what encodes a value or None, which is NULL where that is accepted."""

    def either(value: Any) -> bytes | None:
        if value is not None:
            return encode(value)
        return None if accepts else no_null()

    return either
