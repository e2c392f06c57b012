"""Composites → structs.

A composite carries its fields' types, so how to read what is inside is decided when the first
value arrives, and again only if the types ever differ. It is read by position: fields appended
since the code was generated are ignored.
"""

from __future__ import annotations

from struct import Struct, calcsize
from typing import TYPE_CHECKING, Any

from ._adapters import transformer, type_name
from ._codegen import CompositeField, composite_reader, row_maker
from ._fields import fields_of, takes_null
from ._loaders import Drift
from ._mapped import is_mapped
from ._numbers import CODES, read_int4

if TYPE_CHECKING:
    from collections.abc import Callable

    import msgspec

    from ._adapters import Choose

HEADER = Struct("!Ii").unpack_from
SIZES = {
    "bool": 1,
    "uuid": 16,
    "date": 4,
    "time": 8,
    "timetz": 12,
    "timestamp": 8,
    "timestamptz": 8,
}


class Composite:
    """Reads composites as `struct`. One reader serves one caller at a time."""

    __slots__ = ("_choose", "_encoding", "_fields", "_load", "_one", "_struct", "_types", "read_at")

    def __init__(self, struct: type[msgspec.Struct], encoding: str, choose: Choose) -> None:
        self._struct = struct
        self._fields = fields_of(struct)
        self._encoding, self._choose = encoding, choose
        self._types: Any = None
        self.read_at: Callable[[bytes, int], Any] = self._look_at

    def _look_at(self, data: bytes, place: int) -> Any:
        """Read a value that is not like those before it, field by field."""
        (count,) = read_int4(data, place)
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
        self._load = transformer(readings).load_sequence
        self._one = row_maker(self._struct, readings)
        needs_loader = [each.reading for each in fields if each.nullable or not each.code]
        load = transformer(needs_loader).load_sequence
        self.read_at = composite_reader(self._struct, fields, types[0], load, self._look_at)
        self._types = types

    def _field(self, field: tuple[str, Any, str], oid: int) -> CompositeField:
        """Return how a field is read. A built-in type that is not the generated one is refused."""
        name, annotation, expected = field
        actual = type_name(oid)
        place = f"{self._struct.__name__}.{name}"
        if actual and expected and not is_mapped(expected) and actual != expected:
            raise Drift(f"{place} was {expected} and is {actual}")
        try:
            reading = self._choose(annotation, oid, expected, self._encoding)
        except Drift as why:
            raise Drift(f"{place}: {why}") from None
        plain = "" if is_mapped(expected) else actual
        code = CODES.get(plain, "")
        size = calcsize(f"!{code}") if code else SIZES.get(plain, 0)
        return CompositeField(oid, reading, size, code, takes_null(annotation))
