"""Ranges and multiranges: their bounds are read as any value of the subtype is."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from psycopg.types.multirange import Multirange, MultirangeBinaryLoader
from psycopg.types.range import RangeBinaryLoader

from ._adapters import FIRST_COLUMN, FIRST_NORMAL_OID, TYPES, single
from ._loaders import Drift
from ._reading import as_loader

if TYPE_CHECKING:
    from psycopg.abc import Loader

    from ._adapters import Choose

SUBTYPES = {
    "int4range": "int4",
    "int8range": "int8",
    "numrange": "numeric",
    "daterange": "date",
    "tsrange": "timestamp",
    "tstzrange": "timestamptz",
}


def subtype_of(name: str) -> str:
    """Return the subtype of a range or multirange, `float4` of `range(float4)`, else ""."""
    if name.startswith(("range(", "multirange(")):
        return name.partition("(")[2][:-1]
    return SUBTYPES.get(name.replace("multirange", "range"), "")


@cache
def range_loader(kind: type, bound: Any, name: str, encoding: str, choose: Choose) -> type[Loader]:
    """Return the loader of ranges or multiranges whose bounds become `bound`."""
    subtype = subtype_of(name)
    if name and not (subtype and ("multirange" in name) == (kind is Multirange)):
        raise Drift(f"{kind.__name__} cannot hold the type {name}")
    known = name.replace("multirange", "range") in SUBTYPES
    oid = TYPES[subtype].oid if known else FIRST_NORMAL_OID
    loader = as_loader(choose(bound, oid, subtype, encoding))
    adapters = single(loader, FIRST_COLUMN)
    parent: Any = MultirangeBinaryLoader if kind is Multirange else RangeBinaryLoader

    class RangeLoader(parent):  # type: ignore[misc]  # chosen above
        subtype_oid = FIRST_COLUMN

        def __init__(self, oid: int, context: Any = None) -> None:  # noqa: ARG002
            super().__init__(oid, adapters)

    return RangeLoader
