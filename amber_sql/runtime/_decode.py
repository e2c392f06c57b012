"""An annotation and the type that the server sends → how to read one into the other.

What a type is, is resolved here for every place: a column, an element, a bound, a field.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from typing import Any, get_args, get_origin
from uuid import UUID

import msgspec
from psycopg.types.multirange import Multirange
from psycopg.types.range import Range

from ._adapters import BASE, FIRST_NORMAL_OID, raw, standard, type_name
from ._arrays import array
from ._codegen import Reading
from ._composites import Composite
from ._fields import fields_of, is_a, without_null
from ._loaders import BINARY, UTF8, Drift, decoded, integer, json_reader, labels, mac, network
from ._ranges import range_loader
from ._values import OpenEnum

BY_CLASS: dict[Any, tuple[str, ...]] = {
    UUID: ("uuid",),
    int: ("int8", "int4", "int2", "oid", "xid", "cid"),
    float: ("float8", "float4"),
    Decimal: ("numeric",),
    bool: ("bool",),
    bytes: ("bytea",),
    date: ("date",),
    time: ("time", "timetz"),
    datetime: ("timestamptz", "timestamp"),
    timedelta: ("interval",),
}
TEXTS = ("text", "varchar", "bpchar", "name", '"char"', "xml")
ADDRESSES = {"inet": network, "cidr": network, "macaddr": mac, "macaddr8": mac}
JSONB_PREFIX = {"json": 0, "jsonb": 1}


def choose(annotation: Any, oid: int, hint: str, encoding: str) -> Reading:
    """Return how values of type `oid` become `annotation`.

    `hint` is the base type of a domain, whose own OID says nothing. Raises Drift where a
    built-in type is not one that `annotation` can hold.
    """
    kind = without_null(annotation)
    name = type_name(oid) or hint
    origin = get_origin(kind)
    if origin is list or kind is list:
        _expect(kind, name, name.endswith("[]") or oid >= FIRST_NORMAL_OID)
        (element,) = get_args(kind) or (Any,)
        hint = name.removesuffix("[]")
        return array(element, hint, encoding, choose, built_in=oid < FIRST_NORMAL_OID)
    if origin in (Range, Multirange):
        return Reading(range_loader(origin, get_args(kind)[0], name, encoding, choose))
    if name in JSONB_PREFIX:
        _expect(kind, name, kind is Any or origin is dict or is_a(kind, msgspec.Struct))
        return raw(json_reader(kind, JSONB_PREFIX[name], encoding))
    if is_a(kind, msgspec.Struct):
        _expect(kind, name, name in ("", "record"))
        composite = Composite(kind, encoding, choose)
        immutable = is_immutable(kind)
        return Reading(standard("bytea"), composite=composite, immutable=immutable)
    return _scalar(tuple if origin is tuple else kind, name, oid, encoding)


def _scalar(kind: Any, name: str, oid: int, encoding: str) -> Reading:
    if kind is str or is_a(kind, OpenEnum):
        if kind is str and name in ADDRESSES:
            return raw(ADDRESSES[name])
        _expect(kind, name, name in TEXTS or oid >= FIRST_NORMAL_OID)
        return _text(None if kind is str else labels(kind), encoding)
    if kind in BY_CLASS:
        if name in BY_CLASS[kind]:
            return Reading(standard(name))
        _expect(kind, name, oid >= FIRST_NORMAL_OID)
        return raw(integer) if kind is int else Reading(standard(BY_CLASS[kind][0]))
    _expect(kind, name or "of this database", kind in (Any, object) or kind is tuple)
    return Reading(BASE.get_loader(oid, BINARY) or standard(name or "bytea"))


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
        is_immutable(kind)
        if is_a(kind, msgspec.Struct)
        else kind in BY_CLASS or kind is str or is_a(kind, OpenEnum)
        for kind in kinds
    )


def _expect(kind: Any, name: str, fits: bool) -> None:
    if not fits:
        wanted = getattr(kind, "__name__", kind)
        raise Drift(f"{wanted} cannot hold the type {name}")
