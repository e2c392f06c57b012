"""JSON that a query makes → what a migration does to its parts, as running code reads them.

A reader takes an object's parts by key and passes over those that it does not know. So a document may
gain parts; what it must not do is lose one, make one nullable, or make it what its reader does not take.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from amber_sql.compiler.described import JsonKind
from amber_sql.deploy.compat.manifest import DocumentPart

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from amber_sql.compiler.described import Described, JsonShape
    from amber_sql.deploy.compat.manifest import ReleaseQuery

Parts = dict[str, "JsonShape"]

_WORDS = {
    16: "bool", 1700: "numeric", 2950: "uuid", 1082: "date", 1114: "timestamp", 1184: "timestamptz",
    1083: "time", **dict.fromkeys((20, 21, 23), "int"), **dict.fromkeys((700, 701), "float"),
    **dict.fromkeys((18, 19, 25, 142, 650, 705, 774, 829, 869, 1042, 1043, 1560, 1562), "text"),
}  # fmt: skip
"""How a built-in type is read from JSON; any other one is read as whatever comes."""
_ANYTHING = "json"
_NUMBERS = {"int", "float", "numeric"}
_FIRST_OF_USERS = 16384


def documents(columns: Sequence[Described]) -> Parts:
    """Return the parts of all JSON in a result by their place: `books`, `books[]`, `books[].title`."""
    return {place: part for column in columns for place, part in _of_column(column.name, column)}


def _of_column(place: str, column: Described) -> Iterator[tuple[str, JsonShape]]:
    if column.json is not None and column.stated is None:
        yield from _parts(place, column.json)
    for field in column.shape.fields if column.shape else ():  # of a nested row
        yield from _of_column(f"{place}.{field.name}", field)


def _parts(place: str, shape: JsonShape) -> Iterator[tuple[str, JsonShape]]:
    if shape.kind is not JsonKind.ANY:
        yield place, shape
    inside = {JsonKind.ARRAY: "[]", JsonKind.MAP: "{}"}
    for number, part in enumerate(shape.parts):
        name = f".{shape.keys[number]}" if shape.keys else inside.get(shape.kind, f"[{number}]")
        yield from _parts(place + name, part)


def types(parts: Parts) -> set[int]:
    """Return the types whose names are needed."""
    return {shape.type for shape in parts.values() if shape.type >= _FIRST_OF_USERS}


def named(parts: Parts, names: Mapping[int, str]) -> dict[str, DocumentPart]:
    """Return the parts with what they are in words."""
    words = {place: _word(shape, names) for place, shape in parts.items()}
    return {
        place: DocumentPart(words[place], shape.nullable, shape.optional)
        for place, shape in parts.items()
        if words[place] != _ANYTHING
    }


def _word(shape: JsonShape, names: Mapping[int, str]) -> str:
    if shape.kind is not JsonKind.VALUE:
        return shape.kind
    if shape.type >= _FIRST_OF_USERS:
        return names[shape.type]
    return _WORDS.get(shape.type, _ANYTHING)


def changes(before: ReleaseQuery, after: ReleaseQuery) -> Iterator[tuple[str, bool]]:
    """Yield what has changed in a query's JSON, and whether it is only that null may come."""
    if any(column.nullable is None for column in after.results):
        return  # no query tree, which alone shows it
    said: list[str] = []
    for place, part in sorted(before.documents.items()):
        if any(place.startswith(above) for above in said):
            continue
        found = after.documents.get(place)
        if found is None:
            if part.optional and _is_there(after, place):
                continue
            said.append(place)
            yield f"nothing says any more that its JSON has a {place} that is {part.what}", False
        elif not _takes(part.what, found.what):
            said.append(place)
            yield f"in its JSON {place} becomes {found.what}, and was {part.what}", False
        elif (found.nullable or found.optional) and not (part.nullable or part.optional):
            yield f"in its JSON {place} may now be null or missing", True
        elif found.optional and not part.optional:
            yield f"in its JSON {place} may now be missing", True


def _is_there(after: ReleaseQuery, place: str) -> bool:
    """Tell whether the object that a part was in is still an object."""
    above = after.documents.get(place.rpartition(".")[0])
    return above is not None and above.what == JsonKind.OBJECT


def _takes(old: str, new: str) -> bool:
    """Tell whether what was read as `old` can be read so when it is `new`."""
    if old == new:
        return True
    if old in {"float", "numeric"}:
        return new in _NUMBERS
    return old == "text" and new not in {*_NUMBERS, *JsonKind, "bool"}
