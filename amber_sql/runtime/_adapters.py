"""psycopg's types, loaders and Transformers, as every reader here uses them.

psycopg's loaders do what they can, in compiled code, in a Transformer of ours. It knows each
column by a number of ours instead of its type's OID, so that two columns of one type may become
different things.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.adapt import AdaptersMap, Transformer

from ._loaders import BINARY, Drift
from ._reading import Reading

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from psycopg import abc
    from psycopg.abc import Loader

    AnyLoader = type[Loader]
    Choose = Callable[[Any, int, str, str], Reading]

FIRST_NORMAL_OID = 16384
"""Types that a database defines for itself have OIDs from here on."""

UNLISTED = {705: "unknown", 2278: "void", 5038: "pg_snapshot", 5039: "pg_snapshot[]"}
"""Built-in types that psycopg has no name for."""

TYPES = psycopg.adapters.types
BASE = AdaptersMap(psycopg.adapters)
FIRST_COLUMN = 0xFFFF0000


def type_name(oid: int) -> str:
    """Return a built-in type's name, `text[]` for an array; "" for any other type."""
    if oid >= FIRST_NORMAL_OID:
        return ""
    if (info := TYPES.get(oid)) is None:
        return UNLISTED.get(oid, f"number {oid}")
    name = info.name.strip('"')  # psycopg calls "char" as SQL does, and we as the catalog
    return f"{name}[]" if info.array_oid == oid else name


def standard(name: str) -> AnyLoader:
    """Return psycopg's loader for a built-in type."""
    known = TYPES.get(name.removesuffix("[]"))
    loader = BASE.get_loader(TYPES.get_oid(name), BINARY) if known else None
    if loader is None:
        raise Drift(f"type {name} has no binary form that can be read: cast it to text")
    return loader


def raw(call: Any) -> Reading:
    """Return the reading of a type that psycopg only fetches for us."""
    return Reading(standard("bytea"), call=call)


@cache
def _positional(loaders: tuple[AnyLoader, ...]) -> AdaptersMap:
    """Return psycopg's adapters with one more loader for each column, under a number of ours."""
    adapters = AdaptersMap(BASE)
    for number, loader in enumerate(loaders, FIRST_COLUMN):
        adapters.register_loader(number, loader)
    return adapters


def transformer(readings: Sequence[Reading]) -> abc.Transformer:
    """Return a Transformer that loads rows of exactly these columns."""
    made: abc.Transformer = Transformer(_positional(tuple(each.loader for each in readings)))
    made.set_loader_types(range(FIRST_COLUMN, FIRST_COLUMN + len(readings)), BINARY)
    return made


@cache
def single(loader: AnyLoader, oid: int) -> AdaptersMap:
    """Return psycopg's adapters with `loader` for the type `oid`."""
    adapters = AdaptersMap(BASE)
    adapters.register_loader(oid, loader)
    return adapters
