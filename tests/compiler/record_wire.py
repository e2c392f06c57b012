"""A value in PostgreSQL's binary form, and what is claimed of it → what of that is not so.

It is read without our readers: the claims are held against what the server sent.
"""

from __future__ import annotations

from struct import unpack_from
from typing import TYPE_CHECKING

from amber_sql.compiler.described import Described

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amber_sql.compiler.catalog import Catalog


def contradictions(
    catalog: Catalog, item: Described, data: bytes | None, path: str = ""
) -> Iterator[str]:
    """Yield each claim about a column, an element or a field that its value contradicts."""
    path = path or item.name
    if data is None:
        if not item.nullable:
            yield f"{path} is NULL: {item.why}"
    elif catalog.is_array(item.type):
        yield from _array(catalog, item, data, path)
    elif item.shape is not None or (catalog.is_row(item.type) and item.whole):
        yield from _row(catalog, item, data, path)


def _array(catalog: Catalog, item: Described, data: bytes, path: str) -> Iterator[str]:
    dimensions, _, element = unpack_from("!iiI", data)
    if dimensions not in {0, item.depth + 1} and catalog.is_record(item.type):
        yield f"{path} has {dimensions} dimensions, not {item.depth + 1}"
    place = 12 + 8 * dimensions
    while place < len(data):
        (length,) = unpack_from("!i", data, place)
        value = None if length < 0 else data[place + 4 : place + 4 + length]
        place += 4 + max(length, 0)
        one = Described(
            name=item.name, type=element, nullable=not item.filled, why="an element is filled",
            whole=item.whole, shape=item.shape,
        )  # fmt: skip
        yield from contradictions(catalog, one, value, f"{path}[]")


def _row(catalog: Catalog, item: Described, data: bytes, path: str) -> Iterator[str]:
    fields = item.shape.fields if item.shape else _columns(catalog, item)
    (count,) = unpack_from("!i", data)
    if count != len(fields):
        yield f"{path} has {count} fields, not {len(fields)}"
        return
    place = 4
    for field in fields:
        kind, length = unpack_from("!Ii", data, place)
        value = None if length < 0 else data[place + 8 : place + 8 + length]
        place += 8 + max(length, 0)
        if kind != field.type:
            yield f"{path}.{field.name} is of type {kind}, not {field.type}"
        yield from contradictions(catalog, field, value, f"{path}.{field.name}")


def _columns(catalog: Catalog, item: Described) -> list[Described]:
    relation = catalog.relations[catalog.types[catalog.base(item.type)].relation]
    return [
        Described(
            name=column.name, type=column.type, nullable=relation.kind == "v" or not column.not_null,
            why="NOT NULL", filled=False, whole=False,
        )
        for column in relation.columns.values()
    ]  # fmt: skip
