"""Arrays, composites and ranges: binary values that hold further values.

A composite carries its fields' types and an array its element's, so how to read what is inside
is decided when the first value arrives, and again only if the types ever differ. Composites are
read by position: fields appended since the code was generated are ignored.
"""

from __future__ import annotations

from functools import cache
from struct import Struct
from typing import TYPE_CHECKING, Any, get_type_hints

import msgspec
from psycopg.types.multirange import Multirange, MultirangeBinaryLoader
from psycopg.types.range import RangeBinaryLoader

from . import decode
from .codegen import Field, Reading, composite_reader, row_maker
from .loaders import BINARY, BinaryLoader, Drift, as_loader
from .values import OpenEnum

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from psycopg.abc import Loader

NUMBER = Struct("!i").unpack_from
HEADER = Struct("!Ii").unpack_from
ELEMENT_TYPE = slice(8, 12)

RANGES = {
    "int4range": "int4",
    "int8range": "int8",
    "numrange": "numeric",
    "daterange": "date",
    "tsrange": "timestamp",
    "tstzrange": "timestamptz",
}
SIZES = {"uuid": 16, "date": 4, "time": 8, "timetz": 12, "timestamp": 8, "timestamptz": 8}
CODES = {"bool": "?", "int2": "h", "int4": "i", "int8": "q", "float4": "f", "float8": "d"}


@cache
def fields_of(struct: type[msgspec.Struct]) -> tuple[tuple[str, Any, str], ...]:
    """Return name, annotation and built-in PostgreSQL type ("" if none) of each field."""
    hints = get_type_hints(struct)
    names = struct.__struct_fields__
    types = getattr(struct, "__pg_types__", ("",) * len(names))
    return tuple((name, hints[name], pg) for name, pg in zip(names, types, strict=True))


@cache
def is_immutable(struct: type[msgspec.Struct]) -> bool:
    """Tell whether nobody can change a value, or anything in it."""
    kinds = [decode.without_null(annotation) for _, annotation, _ in fields_of(struct)]
    return struct.__struct_config__.frozen and all(
        is_immutable(kind)
        if decode.is_a(kind, msgspec.Struct)
        else kind in decode.PLAIN or kind is str or decode.is_a(kind, OpenEnum)
        for kind in kinds
    )


class Composite:
    """Reads composites as `struct`. One reader serves one caller at a time."""

    __slots__ = ("_encoding", "_fields", "_load", "_one", "_struct", "_types", "read_at")

    def __init__(self, struct: type[msgspec.Struct], encoding: str) -> None:
        self._struct = struct
        self._fields = fields_of(struct)
        self._encoding = encoding
        self._types: Any = None
        self.read_at: Callable[[bytes, int], Any] = self._look_at

    def _look_at(self, data: bytes, place: int) -> Any:
        """Read a value that is not like those before it, field by field."""
        (count,) = NUMBER(data, place)
        place += 4
        width = len(self._fields)
        if count < width:
            raise Drift(f"{self._struct.__name__} has {width} fields and the database {count}")
        types: list[int] = [count]
        values: list[Any] = []
        for _ in self._fields:
            oid, length = HEADER(data, place)
            place += 8
            types.append(oid)
            values.append(None if length < 0 else data[place : place + length])
            place += max(length, 0)
        if types != self._types:
            self._adopt(types)
        return self._one(self._load(values))

    def _adopt(self, types: list[int]) -> None:
        fields = list(map(self._field, self._fields, types[1:]))
        readings = [field.reading for field in fields]
        self._load = decode.transformer(readings).load_sequence
        self._one = row_maker(self._struct, readings)
        needs_loader = [each.reading for each in fields if each.nullable or not each.code]
        load = decode.transformer(needs_loader).load_sequence
        self.read_at = composite_reader(self._struct, fields, types[0], load, self._look_at)
        self._types = types

    def _field(self, field: tuple[str, Any, str], oid: int) -> Field:
        """Return how a field is read. A built-in type that is not the generated one is refused."""
        name, annotation, expected = field
        actual = decode.type_name(oid)
        place = f"{self._struct.__name__}.{name}"
        if actual and expected and actual != expected:
            raise Drift(f"{place} was {expected} and is {actual}")
        try:
            reading = decode.choose(annotation, oid, expected, self._encoding)
        except Drift as why:
            raise Drift(f"{place}: {why}") from None
        code = CODES.get(actual, "")
        size = Struct(f"!{code}").size if code else SIZES.get(actual, 0)
        return Field(oid, reading, size, code, decode.takes_null(annotation))


def array(element: Any, hint: str, encoding: str, *, built_in: bool) -> Reading:
    """Return how an array, of any dimension, is read whose elements become `element`."""
    while getattr(element, "__origin__", None) is list:  # a further dimension is no further type
        (element,) = element.__args__
    kind = decode.without_null(element)
    if built_in and _is_psycopgs(element, hint, encoding):
        return Reading(decode.standard(f"{hint}[]"))
    if hint not in decode.JSONB_PREFIX and decode.is_a(kind, msgspec.Struct):
        return decode.raw(composites(Composite(kind, encoding)))
    return Reading(array_loader(element, hint, encoding))


def _is_psycopgs(element: Any, name: str, encoding: str) -> bool:
    """Tell whether psycopg's own loader of a built-in array gives the elements as we want them."""
    oid = decode.TYPES[name].oid
    loader = decode.BASE.get_loader(oid, BINARY)
    return loader is not None and decode.choose(element, oid, "", encoding) == Reading(loader)


def composites(reader: Composite) -> Any:
    """Return what reads an array of composites."""

    def read(data: bytes) -> list[Any]:
        (dimensions,) = NUMBER(data)
        if dimensions == 0:
            return []
        if dimensions == 1:
            return list(_elements(data, 20, reader))
        sizes = [NUMBER(data, 12 + 8 * number)[0] for number in range(dimensions)]
        elements = _elements(data, 12 + 8 * dimensions, reader)
        return _shaped(elements, sizes)

    return read


def _elements(data: bytes, place: int, reader: Composite) -> Iterator[Any]:
    end = len(data)
    while place < end:
        (length,) = NUMBER(data, place)
        place += 4
        if length < 0:
            yield None
        else:
            yield reader.read_at(data, place)
            place += length


def _shaped(elements: Iterator[Any], sizes: Sequence[int]) -> list[Any]:
    if len(sizes) == 1:
        return [next(elements) for _ in range(sizes[0])]
    return [_shaped(elements, sizes[1:]) for _ in range(sizes[0])]


@cache
def array_loader(element: Any, hint: str, encoding: str) -> type[Loader]:
    """Return the loader of arrays whose elements psycopg's compiled code hands to a loader."""

    class ArrayLoader(BinaryLoader):
        def __init__(self, oid: int, context: Any = None) -> None:
            super().__init__(oid, context)
            self._element = b""

        def load(self, data: Any) -> Any:
            if data[ELEMENT_TYPE] != self._element:
                self._adopt(bytes(data[ELEMENT_TYPE]))
            return self._load(data)

        def _adopt(self, element_type: bytes) -> None:
            oid = int.from_bytes(element_type, "big")
            loader = as_loader(decode.choose(element, oid, hint, encoding))
            self._load = decode.standard("text[]")(0, decode.single(loader, oid)).load
            self._element = element_type

    return ArrayLoader


@cache
def range_loader(kind: type, bound: Any, name: str, encoding: str) -> type[Loader]:
    """Return the loader of ranges or multiranges whose bounds become `bound`."""
    subtype = RANGES.get(name.replace("multirange", "range"), "")
    oid = decode.TYPES[subtype].oid if subtype else decode.BUILT_IN
    loader = as_loader(decode.choose(bound, oid, subtype, encoding))
    adapters = decode.single(loader, decode.FIRST_COLUMN)
    parent: Any = MultirangeBinaryLoader if kind is Multirange else RangeBinaryLoader

    class RangeLoader(parent):  # type: ignore[misc]  # chosen above
        subtype_oid = decode.FIRST_COLUMN

        def __init__(self, oid: int, context: Any = None) -> None:  # noqa: ARG002
            super().__init__(oid, adapters)

    return RangeLoader
