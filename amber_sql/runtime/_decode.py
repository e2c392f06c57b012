"""An annotation and the type that the server sends → how to read one into the other.

What a type is, is resolved here for every place: a column, an element, a bound, a field. The OID
says it for PostgreSQL's own types. Those of a database's own say nothing; what is behind them was
found out when the code was generated, and comes as `expected`: `inet` for a domain over it,
`range(float4)` for a range.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from types import NoneType
from typing import TYPE_CHECKING, Any, get_args, get_origin
from uuid import UUID

import msgspec
from psycopg.types.multirange import Multirange
from psycopg.types.range import Range

from ._adapters import BASE, FIRST_NORMAL_OID, TYPES, raw, standard, type_name
from ._arrays import array
from ._composites import SIZES, Composite
from ._encode import writer
from ._extension_types import LISTS, hstore
from ._fields import fields_of, is_a, is_composite, without_null
from ._interval import Interval, read_interval
from ._json import JSONB_PREFIX, json_reader
from ._loaders import BINARY, UTF8, Drift, as_text, decoded, labels
from ._mapped import base_of, is_mapped, plain, reader_of
from ._ranges import range_loader
from ._reading import Reading
from ._scalar_readers import READERS, TEXT_READERS, floating, integer, of_size, unsigned
from ._values import OpenEnum

if TYPE_CHECKING:
    from collections.abc import Callable

BY_CLASS: dict[Any, tuple[str, ...]] = {
    UUID: ("uuid",),
    int: ("int8", "int4", "int2", "oid", "xid", "cid", "xid8"),
    float: ("float8", "float4"),
    Decimal: ("numeric",),
    bool: ("bool",),
    bytes: ("bytea",),
    date: ("date",),
    time: ("time", "timetz"),
    datetime: ("timestamptz", "timestamp"),
    timedelta: ("interval",),
    Interval: ("interval",),
    str: tuple({*READERS, *TEXT_READERS} - {"interval", "xid", "cid", "xid8"}),
}
EXACT = (Interval, *BY_CLASS)
"""Classes as they are asked for a value that loses nothing."""

OF_EXTENSIONS: dict[str, Any] = dict.fromkeys(LISTS, list[float]) | {
    "hstore": dict[str, str | None]
}

TEXTS = (
    "text",
    "varchar",
    "bpchar",
    "name",
    "xml",
    "citext",
    "refcursor",
    "unknown",
)
VECTORS = {"oidvector": "oid[]", "int2vector": "int2[]"}


def choose(annotation: Any, oid: int, expected: str, encoding: str) -> Reading:
    """Return how values of type `oid` become `annotation`.

    `expected` is what is behind a type of the database's own. Raises Drift where the type is not
    one that `annotation` can hold.
    """
    if is_mapped(expected):
        return _mapped(annotation, oid, expected, encoding)
    kind, name = without_null(annotation), type_name(oid) or expected
    origin = get_origin(kind)
    if read := _own_reader(kind, name, encoding):
        return raw(read)
    if name in JSONB_PREFIX:
        # Of any shape where it was JSON when the code was generated.
        stated = expected in JSONB_PREFIX or kind is Any
        _expect(kind, name, stated or origin is dict or is_a(kind, msgspec.Struct))
        return raw(json_reader(kind, JSONB_PREFIX[name], encoding))
    if origin is list or kind is list:
        name = VECTORS.get(name, name)
        _expect(kind, name, name.endswith("[]") or (not name and oid >= FIRST_NORMAL_OID))
        (element,) = get_args(kind) or (Any,)
        return array(element, name, encoding, choose, built_in=oid < FIRST_NORMAL_OID)
    if origin in (Range, Multirange):
        return Reading(range_loader(origin, get_args(kind)[0], name, encoding, choose))
    return (
        _composite(kind, name, encoding)
        if is_composite(kind)
        else _scalar(kind, name, oid, encoding)
    )


def _composite(kind: Any, name: str, encoding: str) -> Reading:
    _expect(kind, name, name in ("", "record"))
    composite = Composite(kind, encoding, choose)
    return Reading(standard("bytea"), composite=composite, immutable=is_immutable(kind))


def _mapped(annotation: Any, oid: int, expected: str, encoding: str) -> Reading:
    """Return the reading of a type that is a class of somebody's, or of an array or range of it."""
    actual, kind = type_name(oid), without_null(annotation)
    is_range = expected.startswith(("range(", "multirange("))
    if actual and actual != plain(expected) and not is_range:
        raise Drift(f"a type that was {plain(expected)} is {actual}")
    if expected.endswith("[]"):
        return array(get_args(kind)[0], expected, encoding, choose, built_in=False)
    if get_origin(kind) in (Range, Multirange):
        bound = get_args(kind)[0]
        return Reading(range_loader(get_origin(kind), bound, expected, encoding, choose))
    base = base_of(expected)
    return raw(reader_of(expected, _natural(base, encoding), writer(base)))


def _natural(base: str, encoding: str) -> Reading:
    """Return how a type is read that nothing maps: as bytes where nobody here knows it."""
    if base in ("enum", *TEXTS):
        return _text(None, encoding)
    known = TYPES.get(base)
    oid = known.oid if known else FIRST_NORMAL_OID
    kind: Any = next((each for each in EXACT if base in BY_CLASS[each]), None)
    kind = OF_EXTENSIONS.get(base, kind)
    return choose(kind, oid, base, encoding) if kind else Reading(standard("bytea"))


def _scalar(kind: Any, name: str, oid: int, encoding: str) -> Reading:
    if name in BY_CLASS.get(kind, ()):
        return Reading(standard(name)) if oid < FIRST_NORMAL_OID else _behind(kind, name)
    if kind is str or is_a(kind, OpenEnum):
        _expect(kind, name, name in TEXTS or not name)
        return _text(None if kind is str else labels(kind), encoding)
    if kind is int and not name:
        return raw(integer)
    _expect(kind, name or "of this database", kind in (Any, object))
    return Reading(BASE.get_loader(oid, BINARY) or standard(name or "bytea"))


def _own_reader(kind: Any, name: str, encoding: str) -> Callable[[bytes], Any] | None:
    """Return what reads the binary form, where no loader of psycopg's does as we want it."""
    if kind is NoneType:
        _expect(kind, name, name == "void")
        return lambda _: None
    if name in LISTS and kind == list[float]:
        return LISTS[name]
    if name == "hstore" and get_origin(kind) is dict:
        return hstore(as_text(encoding))
    if name not in BY_CLASS.get(kind, ()):
        return None
    if kind is Interval:
        return read_interval
    return TEXT_READERS[name](as_text(encoding)) if name in TEXT_READERS else READERS.get(name)


def _behind(kind: Any, name: str) -> Reading:
    """Return the reading of a type that is behind one of the database's own, as it was generated.

    What is behind it may have changed since, so the value's length is looked at.
    """
    if kind is int:
        return raw(unsigned if name == "oid" else integer)
    if kind is float:
        return raw(floating)
    loader = standard(name)
    return raw(of_size(loader, SIZES[name], name)) if name in SIZES else Reading(loader)


def _text(table: Any, encoding: str) -> Reading:
    if encoding == UTF8:
        return Reading(standard("text"), table=table)
    decode = decoded(encoding)
    return raw(decode if table is None else lambda data: table.find(decode(data)))


@cache
def is_immutable(struct: type[msgspec.Struct]) -> bool:
    """Tell whether nobody can change a value, or anything in it."""
    kinds = [without_null(annotation) for _, annotation, _ in fields_of(struct)]
    return struct.__struct_config__.frozen and all(
        is_immutable(kind) if is_composite(kind) else kind in BY_CLASS or is_a(kind, OpenEnum)
        for kind in kinds
    )


def _expect(kind: Any, name: str, fits: bool) -> None:
    if not fits:
        wanted = getattr(kind, "__name__", kind)
        raise Drift(f"{wanted} cannot hold the type {name or 'of this database'}")
