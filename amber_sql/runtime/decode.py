"""An annotation and the type that the server sends → how to read one into the other.

psycopg's loaders do what they can, in compiled code, in a Transformer of ours. It knows each
column by a number of ours instead of its type's OID, so that two columns of one type may become
different things.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, Union, get_args, get_origin
from uuid import UUID

import msgspec
import psycopg
from psycopg.adapt import AdaptersMap, Transformer
from psycopg.types.multirange import Multirange
from psycopg.types.range import Range

from . import nested
from .codegen import Reading
from .loaders import BINARY, UTF8, Drift, decoded, integer, json_reader, labels, mac, network
from .values import OpenEnum

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg import abc
    from psycopg.abc import Loader

    AnyLoader = type[Loader]

BUILT_IN = 16384
"""Types that a database defines for itself have OIDs from here on."""

PLAIN: dict[Any, tuple[str, ...]] = {
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

READABLE: frozenset[str] = frozenset(
    {*(name for names in PLAIN.values() for name in names), *TEXTS, *ADDRESSES, *JSONB_PREFIX}
)
"""The built-in scalar types that a generated row can hold; any other needs a cast to text."""

TYPES = psycopg.adapters.types
BASE = AdaptersMap(psycopg.adapters)
FIRST_COLUMN = 0xFFFF0000


def type_name(oid: int) -> str:
    """Return a built-in type's name, `text[]` for an array; "" for any other type."""
    if oid >= BUILT_IN:
        return ""
    if (info := TYPES.get(oid)) is None:
        return f"number {oid}"
    return f"{info.name}[]" if info.array_oid == oid else info.name


def without_null(annotation: Any) -> Any:
    """Return `T` for `T | None`."""
    if get_origin(annotation) in (Union, UnionType):
        kinds = [kind for kind in get_args(annotation) if kind is not NoneType]
        return kinds[0] if len(kinds) == 1 else Any
    return annotation


def takes_null(annotation: Any) -> bool:
    """Tell whether the annotation says `| None`."""
    return annotation is Any or NoneType in get_args(annotation)


def standard(name: str) -> AnyLoader:
    """Return psycopg's loader for a built-in type."""
    loader = BASE.get_loader(TYPES.get_oid(name), BINARY)
    if loader is None:
        raise Drift(f"type {name} has no binary form that can be read: cast it to text")
    return loader


def raw(call: Any) -> Reading:
    """Return the reading of a type that psycopg only fetches for us."""
    return Reading(standard("bytea"), call=call)


def choose(annotation: Any, oid: int, hint: str, encoding: str) -> Reading:
    """Return how values of type `oid` become `annotation`.

    `hint` is the base type of a domain, whose own OID says nothing. Raises Drift where a
    built-in type is not one that `annotation` can hold.
    """
    kind = without_null(annotation)
    name = type_name(oid) or hint
    origin = get_origin(kind)
    if origin is list or kind is list:
        _expect(kind, name, name.endswith("[]") or oid >= BUILT_IN)
        (element,) = get_args(kind) or (Any,)
        hint = name.removesuffix("[]")
        return nested.array(element, hint, encoding, built_in=oid < BUILT_IN)
    if origin in (Range, Multirange):
        return Reading(nested.range_loader(origin, get_args(kind)[0], name, encoding))
    if name in JSONB_PREFIX:
        _expect(kind, name, kind is Any or origin is dict or is_a(kind, msgspec.Struct))
        return raw(json_reader(kind, JSONB_PREFIX[name], encoding))
    if is_a(kind, msgspec.Struct):
        _expect(kind, name, name in ("", "record"))
        composite = nested.Composite(kind, encoding)
        immutable = nested.is_immutable(kind)
        return Reading(standard("bytea"), composite=composite, immutable=immutable)
    return _scalar(tuple if origin is tuple else kind, name, oid, encoding)


def _scalar(kind: Any, name: str, oid: int, encoding: str) -> Reading:
    if kind is str or is_a(kind, OpenEnum):
        if kind is str and name in ADDRESSES:
            return raw(ADDRESSES[name])
        _expect(kind, name, name in TEXTS or oid >= BUILT_IN)
        return _text(None if kind is str else labels(kind), encoding)
    if kind in PLAIN:
        if name in PLAIN[kind]:
            return Reading(standard(name))
        _expect(kind, name, oid >= BUILT_IN)
        return raw(integer) if kind is int else Reading(standard(PLAIN[kind][0]))
    _expect(kind, name or "of this database", kind in (Any, object) or kind is tuple)
    return Reading(BASE.get_loader(oid, BINARY) or standard(name or "bytea"))


def _text(table: Any, encoding: str) -> Reading:
    if encoding == UTF8:
        return Reading(standard("text"), table=table)
    decode = decoded(encoding)
    return raw(decode if table is None else lambda data: table.find(decode(data)))


def is_a(kind: Any, parent: type) -> bool:
    """Tell whether an annotation is a class, and one derived from `parent`."""
    return isinstance(kind, type) and issubclass(kind, parent)


def _expect(kind: Any, name: str, fits: bool) -> None:
    if not fits:
        wanted = getattr(kind, "__name__", kind)
        raise Drift(f"{wanted} cannot hold the type {name}")


@cache
def positional(loaders: tuple[AnyLoader, ...]) -> AdaptersMap:
    """Return psycopg's adapters with one more loader for each column, under a number of ours."""
    adapters = AdaptersMap(BASE)
    for number, loader in enumerate(loaders, FIRST_COLUMN):
        adapters.register_loader(number, loader)
    return adapters


def transformer(readings: Sequence[Reading]) -> abc.Transformer:
    """Return a Transformer that loads rows of exactly these columns."""
    made: abc.Transformer = Transformer(positional(tuple(each.loader for each in readings)))
    made.set_loader_types(range(FIRST_COLUMN, FIRST_COLUMN + len(readings)), BINARY)
    return made


@cache
def single(loader: AnyLoader, oid: int) -> AdaptersMap:
    """Return psycopg's adapters with `loader` for the type `oid`."""
    adapters = AdaptersMap(BASE)
    adapters.register_loader(oid, loader)
    return adapters
