"""How one value is read, and a loader that does all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from ._loaders import BinaryLoader, Unreadable

if TYPE_CHECKING:
    from psycopg import abc
    from psycopg.abc import Loader


class Reading(msgspec.Struct, frozen=True):
    """How one value is read: psycopg's loader, and what is left to do after it.

    `depth` is how many dimensions an array has to have.
    `table` is a Memo, in which the value is looked up; where it `repeats`, the row before probably
    had the same one. `call` is called, but not for None. `composite` reads at a place in some
    bytes; where it is `immutable`, equal bytes may become one object.
    """

    loader: type[Loader]
    depth: int = 0
    table: Any = None
    call: Any = None
    composite: Any = None
    immutable: bool = False
    repeats: bool = False


def as_loader(reading: Reading) -> type[abc.Loader]:
    """Return a loader that does all of `reading`, for where psycopg's own code does the calling."""
    plain, finish = reading.loader, reading.call
    if reading.depth:
        finish = lambda value: of_depth(value, reading.depth)  # noqa: E731
    if composite := reading.composite:
        finish = lambda data: composite.read_at(data, 0)  # noqa: E731
    if reading.table is not None:
        finish = reading.table.find
    if finish is None:
        return plain

    class WholeLoader(BinaryLoader):
        def __init__(self, oid: int, context: Any = None) -> None:
            super().__init__(oid, context)
            self._load = plain(oid, context).load

        def load(self, data: Any) -> Any:
            return finish(self._load(data))

    return WholeLoader


def of_depth(value: list[Any], depth: int) -> list[Any]:
    """Return an array, if it has the dimensions that its annotation has."""
    found, inner = 0, value
    while inner.__class__ is list and inner:
        found, inner = found + 1, inner[0]
    if found not in (0, depth):
        raise Unreadable.depth(found, depth)
    return value
