"""Shapes of JSON, put together: what may be one or another, what lacks its nulls, what SQL's types become."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from amber_sql.compiler.described import Described, JsonKind, JsonShape

if TYPE_CHECKING:
    from collections.abc import Iterable

    from amber_sql.compiler.catalog import Catalog

ANY = JsonShape(nullable=True)
"""JSON of which nothing is known."""
EMPTY_ARRAY = JsonShape(kind=JsonKind.ARRAY)
EMPTY_OBJECT = JsonShape(kind=JsonKind.OBJECT)
_DEEPEST = 32
_WIDEST_TUPLE = 16
_VECTORS = {22, 30}
_ALIKE = ((21, 23, 20), (1043, 1042, 705, 25))
"""Types that JSON writes alike: integers, and texts."""


def array(element: JsonShape) -> JsonShape:
    """Return the shape of an array of such elements."""
    return JsonShape(kind=JsonKind.ARRAY, parts=(element,))


def of_keys(value: JsonShape) -> JsonShape:
    """Return the shape of an object of such values, whose keys are data."""
    return JsonShape(kind=JsonKind.MAP, parts=(value,))


def in_order(parts: list[JsonShape]) -> JsonShape:
    """Return the shape of an array with these in their places; of a long one, of its elements."""
    if not parts:
        return EMPTY_ARRAY
    if len(parts) > _WIDEST_TUPLE:
        return array(any_of(parts))
    return JsonShape(kind=JsonKind.TUPLE, parts=tuple(parts))


def an_object(keys: list[str], parts: list[JsonShape], *, last_wins: bool) -> JsonShape:
    """Return the shape of an object; of a key that comes twice jsonb keeps the last value."""
    found: dict[str, JsonShape] = {}
    for key, part in zip(keys, parts, strict=True):
        kept = key in found and not (last_wins and not part.optional)
        # json keeps both, and each is looked at.
        found[key] = any_of([found[key], part]) if kept else part
    return JsonShape(kind=JsonKind.OBJECT, keys=tuple(found), parts=tuple(found.values()))


def or_null(shape: JsonShape, *, nullable: bool) -> JsonShape:
    """Return the same, in whose place null may stand as well."""
    return msgspec.structs.replace(shape, nullable=True) if nullable else shape


def any_of(shapes: Iterable[JsonShape]) -> JsonShape:
    """Return what is true of each of these."""
    found: JsonShape | None = None
    for shape in shapes:
        found = shape if found is None else _either(found, shape)
    return found or ANY


def _either(one: JsonShape, other: JsonShape) -> JsonShape:
    common = _common(one, other)
    return msgspec.structs.replace(
        common,
        nullable=common.nullable or one.nullable or other.nullable,
        optional=one.optional or other.optional,
    )


def _common(one: JsonShape, other: JsonShape) -> JsonShape:
    kinds = {one.kind, other.kind}
    if kinds == {JsonKind.VALUE}:
        return _value(one, other)
    if kinds == {JsonKind.OBJECT}:
        return _objects(one, other)
    if kinds == {JsonKind.MAP, JsonKind.OBJECT}:
        keyed, fixed = (one, other) if one.kind is JsonKind.MAP else (other, one)
        return keyed if fixed == EMPTY_OBJECT else ANY
    if len(kinds) > 1 or one.kind is JsonKind.ANY:
        return ANY
    if one.kind is JsonKind.TUPLE and len(one.parts) != len(other.parts):
        return ANY
    if not one.parts or not other.parts:  # an array that is always empty
        return one if one.parts else other
    parts = tuple(map(_either, one.parts, other.parts))
    return msgspec.structs.replace(one, parts=parts)


def _value(one: JsonShape, other: JsonShape) -> JsonShape:
    origin = one.origin if one.origin == other.origin else (0, 0)
    if one.type == other.type:
        return msgspec.structs.replace(one, origin=origin)
    for types in _ALIKE:
        if {one.type, other.type} <= set(types):
            widest = max(one.type, other.type, key=types.index)
            return msgspec.structs.replace(one, type=widest, origin=origin)
    return ANY


def _objects(one: JsonShape, other: JsonShape) -> JsonShape:
    """Return an object that is one of two: a key of one of them alone may be missing."""
    theirs = dict(zip(other.keys, other.parts, strict=True))
    found: dict[str, JsonShape] = {}
    for key, part in zip(one.keys, one.parts, strict=True):
        beside = theirs.pop(key, None)
        found[key] = _either(part, beside) if beside else missing(part)
    found |= {key: missing(part) for key, part in theirs.items()}
    return JsonShape(kind=JsonKind.OBJECT, keys=tuple(found), parts=tuple(found.values()))


def missing(part: JsonShape) -> JsonShape:
    """Return the same as a part of an object whose key may be missing."""
    return msgspec.structs.replace(part, optional=True)


def may_be_null(catalog: Catalog, shape: JsonShape) -> bool:
    """Tell whether JSON of a shape may be null, where its expression is not NULL."""
    return shape.nullable or (shape.kind is JsonKind.VALUE and catalog.is_json(shape.type))


def stripped(catalog: Catalog, shape: JsonShape) -> JsonShape:
    """Return what `json_strip_nulls` leaves: in objects, at any depth, a key is missing for a null."""
    if shape.kind is JsonKind.VALUE and catalog.is_json(shape.type):
        return ANY  # a document of its own, whose nulls go as well
    within = shape.kind in {JsonKind.OBJECT, JsonKind.MAP}
    parts = []
    for part in shape.parts:
        inner = stripped(catalog, part)
        if within and inner.nullable and inner.kind is not JsonKind.ANY:
            inner = msgspec.structs.replace(inner, nullable=False)
        if shape.kind is JsonKind.OBJECT and part.nullable:
            inner = missing(inner)
        parts.append(inner)
    return msgspec.structs.replace(shape, parts=tuple(parts))


def of_item(catalog: Catalog, item: Described, depth: int = 0) -> JsonShape:
    """Return what JSON makes of a column or a field, whose contents are known."""
    shape = _of(catalog, item, catalog.base(item.type), depth)
    return or_null(shape, nullable=item.nullable)


def _of(catalog: Catalog, item: Described, kind: int, depth: int) -> JsonShape:
    if depth > _DEEPEST:
        return ANY
    if catalog.is_json(kind):
        known = JsonShape(kind=JsonKind.VALUE, type=kind, origin=item.origin)
        return item.json or known
    if catalog.is_array(kind):
        return _elements(catalog, item, kind, depth)
    if catalog.is_record(kind):
        shape = item.shape
        if shape is None or shape.problem:
            return ANY
        parts = [of_item(catalog, field, depth + 1) for field in shape.fields]
        return an_object([field.name for field in shape.fields], parts, last_wins=False)
    if catalog.is_row(kind):
        return _relation(catalog, catalog.types[kind].relation, whole=item.whole, depth=depth)
    if kind in catalog.json_casts:
        return ANY
    return JsonShape(kind=JsonKind.VALUE, type=kind, origin=item.origin)


def _elements(catalog: Catalog, item: Described, kind: int, depth: int) -> JsonShape:
    if kind in _VECTORS:
        return ANY
    inner = catalog.types[kind].element or 2249
    plain = msgspec.structs.replace(item, type=inner, nullable=not item.filled, depth=0)
    shape = array(of_item(catalog, plain, depth + 1))
    for _ in range(item.depth):
        shape = array(shape)
    return shape


def _relation(catalog: Catalog, oid: int, *, whole: bool, depth: int) -> JsonShape:
    """Return what JSON makes of a row of a table, view or composite type."""
    relation = catalog.relations.get(oid)
    if relation is None:
        return ANY
    keys, parts = [], []
    for column in relation.columns.values():
        known = whole and relation.kind in "rpmf" and column.not_null
        item = Described(
            name=column.name,
            type=column.type,
            nullable=not known,
            why="",
            filled=(oid, column.number) in catalog.filled,
            whole=False,
            origin=(oid, column.number),
        )
        keys.append(column.name)
        parts.append(of_item(catalog, item, depth + 1))
    return an_object(keys, parts, last_wins=False)
