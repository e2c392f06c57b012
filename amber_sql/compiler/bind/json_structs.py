"""JSON that a query makes → annotations and structs, by the shape that the query tree shows.

A value is what JSON has of its type: a uuid or a timestamptz comes back as itself, from the text that
PostgreSQL writes; what has no such form stays `Json`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from amber_sql.compiler.bind import python_names
from amber_sql.compiler.bind.built_in_types import JSON
from amber_sql.compiler.bind.codegen_model import Annotation, FieldDef
from amber_sql.compiler.described import JsonKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from amber_sql.compiler.bind.named_structs import Nest, Place
    from amber_sql.compiler.bind.types import Types
    from amber_sql.compiler.described import JsonShape


class JsonStructs:
    """Annotations of JSON; structs are made, and named, by what makes those of anonymous rows."""

    def __init__(
        self,
        types: Types,
        name: Callable[[Nest], tuple[str, Place]],
        make: Callable[[Nest, str, Place, tuple[FieldDef, ...]], Annotation],
    ) -> None:
        """Take what names a struct, and what makes it."""
        self._types, self._name, self._make = types, name, make

    def annotation(self, nest: Nest, shape: JsonShape) -> Annotation:
        """Return the type of JSON that is neither NULL nor null."""
        parts = shape.parts
        match shape.kind:
            case JsonKind.VALUE:
                return self._types.json_value(shape)
            case JsonKind.ARRAY:
                return (self.part(nest, parts[0]) if parts else JSON.optional(True)).inside("list")
            case JsonKind.MAP:
                return _keyed(self.part(nest, parts[0]))
            case JsonKind.OBJECT if parts:
                return self._object(nest, shape)
            case JsonKind.OBJECT:
                return _keyed(JSON.optional(True))
            case JsonKind.TUPLE:
                return self._tuple(nest, shape)
        return JSON

    def part(self, nest: Nest, shape: JsonShape) -> Annotation:
        """Return the type of a part, which may be null."""
        found = self.annotation(nest, shape)
        document = found == JSON and (
            shape.kind is not JsonKind.VALUE or self._types.catalog.is_json(shape.type)
        )
        return found.optional(shape.nullable or shape.optional or document)

    def _tuple(self, nest: Nest, shape: JsonShape) -> Annotation:
        name = self._name(nest)[0] if any(map(_has_struct, shape.parts)) else ""
        parts = [self.part(nest.inside(name, place), part) for place, part in inside(shape)]
        text = f"tuple[{', '.join(part.text for part in parts)}]"
        imports = frozenset[tuple[str, str]]().union(*(part.imports for part in parts))
        return Annotation(text, imports, frozenset().union(*(part.models for part in parts)))

    def _object(self, nest: Nest, shape: JsonShape) -> Annotation:
        name, place = self._name(nest)
        fields = []
        names = field_names(shape.keys)
        for key, own, part in zip(shape.keys, names, shape.parts, strict=True):
            fields.append(
                FieldDef(
                    name=own,
                    annotation=self.part(nest.inside(name, key), part),
                    secret=self._types.is_secret(*part.origin),
                    key="" if key == own else key,
                    default="None" if part.optional else "",
                )
            )
        return self._make(nest, name, place, tuple(fields))


def inside(shape: JsonShape) -> list[tuple[str, JsonShape]]:
    """Return the parts of an object or a tuple by name, also where it stands in an array or a map."""
    while shape.kind in {JsonKind.ARRAY, JsonKind.MAP} and shape.parts:
        (shape,) = shape.parts
    names = (
        shape.keys if shape.kind is JsonKind.OBJECT else map(_place, range(1, 1 + len(shape.parts)))
    )
    return list(zip(names, shape.parts, strict=True))


def _place(number: int) -> str:
    return f"item{number}"


def _has_struct(shape: JsonShape) -> bool:
    return shape.kind is JsonKind.OBJECT or any(map(_has_struct, shape.parts))


def _keyed(value: Annotation) -> Annotation:
    return Annotation(f"dict[str, {value.text}]", value.imports, value.models)


def field_names(keys: tuple[str, ...]) -> list[str]:
    """Return a field's name for each key: the key, if Python takes it, else what is left of it."""
    own = [_own(key) for key in keys]
    found: list[str] = []
    for number, (key, name) in enumerate(zip(keys, own, strict=True), 1):
        words = re.sub(r"\W+", "_", key).strip("_") or f"key_{number}"
        made = name or _own(words) or _own(f"key_{words}") or f"key_{number}"
        others = {*found, *own} if name is None else {*found}
        while made in others:
            made += "_"
        found.append(made)
    return found


def _own(key: str) -> str | None:
    """Return a key as a field's name, unless a struct would take it for something of its own."""
    name = python_names.field(key)
    return None if name is None or name.startswith("_") else name
