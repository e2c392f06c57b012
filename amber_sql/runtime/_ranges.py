"""Ranges and multiranges: their bounds are read as any value of the subtype is.

What is read is psycopg's Range, in a class of ours that msgspec writes as JSON without being told
how: an object of `lower`, `upper`, `bounds` and `isempty`.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

from psycopg.types import multirange as psycopg_multirange
from psycopg.types import range as psycopg_range

from ._adapters import FIRST_COLUMN, FIRST_NORMAL_OID, TYPES, single
from ._loaders import Drift
from ._reading import as_loader
from ._row import dataclass_fields

if TYPE_CHECKING:
    from psycopg.abc import Loader
    from psycopg.adapt import AdaptersMap

    from ._adapters import Choose

SUBTYPES = {
    "int4range": "int4",
    "int8range": "int8",
    "numrange": "numeric",
    "daterange": "date",
    "tsrange": "timestamp",
    "tstzrange": "timestamptz",
}


class Range(psycopg_range.Range[Any]):
    """A range that was read."""

    __slots__ = ()
    __dataclass_fields__: ClassVar = dataclass_fields(
        "Range", ("lower", "upper", "bounds", "isempty")
    )

    def __getstate__(self) -> dict[str, Any]:
        """Return what copies and pickles have of it: psycopg looks at the slots of the class alone."""
        return {slot: getattr(self, slot) for slot in psycopg_range.Range.__slots__}


class Multirange(psycopg_multirange.Multirange[Any]):
    """A multirange that was read."""

    __dataclass_fields__: ClassVar = dataclass_fields("Multirange", ("ranges",))

    @property
    def ranges(self) -> list[psycopg_range.Range[Any]]:
        """Its ranges, which JSON has under this name."""
        return self._ranges


def subtype_of(name: str) -> str:
    """Return the subtype of a range or multirange, `float4` of `range(float4)`, else ""."""
    if name.startswith(("range(", "multirange(")):
        return name.partition("(")[2][:-1]
    return SUBTYPES.get(name.replace("multirange", "range"), "")


@cache
def range_loader(kind: type, bound: Any, name: str, encoding: str, choose: Choose) -> type[Loader]:
    """Return the loader of ranges or multiranges whose bounds become `bound`."""
    subtype = subtype_of(name)
    if name and not (subtype and ("multirange" in name) == (kind is psycopg_multirange.Multirange)):
        raise Drift(f"{kind.__name__} cannot hold the type {name}")
    known = name.replace("multirange", "range") in SUBTYPES
    oid = TYPES[subtype].oid if known else FIRST_NORMAL_OID
    loader = as_loader(choose(bound, oid, subtype, encoding))
    adapters = single(loader, FIRST_COLUMN)
    return (
        _multirange_loader(adapters)
        if kind is psycopg_multirange.Multirange
        else _range_loader(adapters)
    )


def _range_loader(adapters: AdaptersMap) -> type[Loader]:
    class RangeLoader(psycopg_range.RangeBinaryLoader[Any]):
        subtype_oid = FIRST_COLUMN

        def __init__(self, oid: int, _context: Any = None) -> None:
            super().__init__(oid, adapters)

        def load(self, data: Any) -> Any:
            found = super().load(data)
            found.__class__ = Range  # it has no slots of its own
            return found

    return RangeLoader


def _multirange_loader(adapters: AdaptersMap) -> type[Loader]:
    class MultirangeLoader(psycopg_multirange.MultirangeBinaryLoader[Any]):
        subtype_oid = FIRST_COLUMN

        def __init__(self, oid: int, _context: Any = None) -> None:
            super().__init__(oid, adapters)

        def load(self, data: Any) -> Any:
            found = super().load(data)
            for each in found:
                each.__class__ = Range
            found.__class__ = Multirange
            return found

    return MultirangeLoader
