"""Anonymous records → tuples: each field as its type's own annotation would have it."""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING, Any

from ._adapters import FIRST_NORMAL_OID
from ._loaders import Drift
from ._numbers import read_int4
from ._reading import as_loader

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._adapters import Choose

HEADER = Struct("!Ii").unpack_from


class Record:
    """Reads records, which carry the types of their fields."""

    def __init__(self, encoding: str, choose: Choose, natural: Callable[[int], Any]) -> None:
        self._encoding, self._choose, self._natural = encoding, choose, natural
        self._loads: dict[int, Callable[[Any], Any]] = {}

    def read(self, data: bytes) -> tuple[Any, ...]:
        """Return the fields' values."""
        (count,) = read_int4(data)
        place = 4
        values: list[Any] = []
        for _ in range(count):
            oid, length = HEADER(data, place)
            place += 8
            load = self._loads.get(oid) or self._adopt(oid)
            values.append(None if length < 0 else load(data[place : place + length]))
            place += max(length, 0)
        return tuple(values)

    def _adopt(self, oid: int) -> Callable[[Any], Any]:
        if oid >= FIRST_NORMAL_OID:
            raise Drift(
                "a record has a field whose type is of this database's own, and says nothing of"
                " what is behind it: name the columns in a subquery and take its whole row"
            )
        reading = self._choose(self._natural(oid), oid, "", self._encoding)
        load = self._loads[oid] = as_loader(reading)(oid).load
        return load
