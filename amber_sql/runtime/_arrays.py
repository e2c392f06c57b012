"""Arrays: an array carries its element's type, and each element is read by it.

PostgreSQL's array types say nothing of dimensions, Python's annotations do: a value of another
depth is an error.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from ._adapters import BASE, TYPES, raw, single, standard
from ._composites import Composite
from ._fields import is_composite, without_null
from ._json import JSONB_PREFIX
from ._loaders import BINARY, BinaryLoader, Unreadable
from ._numbers import read_int4
from ._reading import Reading, as_loader

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from psycopg.abc import Loader

    from ._adapters import Choose

ELEMENT_TYPE = slice(8, 12)
LISTS = ("oidvector", "int2vector", "vector", "halfvec")
"""Types whose values are lists and that are no arrays."""


def array(element: Any, name: str, encoding: str, choose: Choose, *, built_in: bool) -> Reading:
    """Return how an array `name` is read whose elements become `element`."""
    hint, depth = name.removesuffix("[]"), 1
    inside = {1: element}
    while not (hint.endswith("[]") or hint in LISTS) and _is_list(element):
        (element,) = without_null(element).__args__
        depth += 1
        inside[depth] = element
    if (
        hint in JSONB_PREFIX
    ):  # whose elements may be lists themselves: each value says where they begin
        return Reading(array_loader(tuple(inside.items()), hint, encoding, choose))
    kind = without_null(element)
    if built_in and _is_psycopgs(element, hint, encoding, choose):
        return Reading(standard(f"{hint}[]"), depth=depth)
    if is_composite(kind):
        return raw(composites(Composite(kind, encoding, choose), depth))
    return Reading(array_loader(((depth, element),), hint, encoding, choose))


def _is_list(annotation: Any) -> bool:
    return getattr(without_null(annotation), "__origin__", None) is list


def _is_psycopgs(element: Any, name: str, encoding: str, choose: Choose) -> bool:
    """Tell whether psycopg's own loader of a built-in array gives the elements as we want them."""
    if (known := TYPES.get(name)) is None:
        return False
    loader = BASE.get_loader(known.oid, BINARY)
    return loader is not None and choose(element, known.oid, name, encoding) == Reading(loader)


def composites(reader: Composite, depth: int) -> Any:
    """Return what reads an array of composites."""

    def read(data: bytes) -> list[Any]:
        (dimensions,) = read_int4(data)
        if dimensions == 0:
            return []
        if dimensions != depth:
            raise Unreadable.depth(dimensions, depth)
        if dimensions == 1:
            return list(_elements(data, 20, reader))
        sizes = [read_int4(data, 12 + 8 * number)[0] for number in range(dimensions)]
        elements = _elements(data, 12 + 8 * dimensions, reader)
        return _shaped(elements, sizes)

    return read


def _elements(data: bytes, place: int, reader: Composite) -> Iterator[Any]:
    end = len(data)
    while place < end:
        (length,) = read_int4(data, place)
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
def array_loader(
    inside: tuple[tuple[int, Any], ...], hint: str, encoding: str, choose: Choose
) -> type[Loader]:
    """Return the loader of arrays whose elements psycopg's compiled code hands to a loader.

    `inside` has what the elements become of an array of so many dimensions.
    """
    elements = dict(inside)

    class ArrayLoader(BinaryLoader):
        def __init__(self, oid: int, context: Any = None) -> None:
            super().__init__(oid, context)
            self._known = (0, b"")

        def load(self, data: Any) -> Any:
            (dimensions,) = read_int4(data)
            if dimensions == 0:
                return []
            if dimensions not in elements:
                raise Unreadable.depth(dimensions, max(elements))
            if (known := (dimensions, bytes(data[ELEMENT_TYPE]))) != self._known:
                self._adopt(*known)
            return self._load(data)

        def _adopt(self, dimensions: int, element_type: bytes) -> None:
            oid = int.from_bytes(element_type, "big")
            loader = as_loader(choose(elements[dimensions], oid, hint, encoding))
            self._load = standard("text[]")(0, single(loader, oid)).load
            self._known = dimensions, element_type

    return ArrayLoader
