"""What is proven of what a value holds, and what follows where it may be one of several."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from amber_sql.compiler.described import Described, Shape
from amber_sql.compiler.infer.json_parts import any_of

if TYPE_CHECKING:
    from collections.abc import Iterable

UNKNOWN = Shape(
    problem="nothing is known of the fields of this row",
    hint="select its columns, or the whole row of a subquery that names them",
)


class Contents(NamedTuple):
    """What is proven of a value that is not NULL itself."""

    filled: bool
    """No element of the array is NULL."""
    whole: bool
    """Each row in it is a row of its table or view as this query reads it: NOT NULL holds."""
    depth: int = 0
    """How many dimensions the query adds: arrays of arrays have the type of the inner ones."""
    why: str = "nothing is known of them"
    """Why an element may be NULL."""
    shape: Shape | None = UNKNOWN
    """The fields of the anonymous row, or rows, in it; None where there is no row in it at all."""


NOTHING = Contents(filled=False, whole=False)
ALL = Contents(filled=True, whole=True, shape=None)
"""Of NULL itself, and of an empty array."""


def all_of(found: Iterable[Contents]) -> Contents:
    """Return what is proven of each."""
    found = list(found)
    return Contents(
        all(one.filled for one in found),
        all(one.whole for one in found),
        max((one.depth for one in found), default=0),
        next((one.why for one in found if not one.filled), ""),
        _common(one.shape for one in found),
    )


def _common(shapes: Iterable[Shape | None]) -> Shape | None:
    """Return the shape of rows that may be any of these: NULL where it may be in one of them."""
    common: Shape | None = None
    for shape in shapes:
        if common is None or shape is None or common == shape:
            common = common or shape
        else:
            common = _both(common, shape)
    return common


def _both(one: Shape, other: Shape) -> Shape:
    if one.problem or other.problem:
        return one if one.problem else other
    if len(one.fields) != len(other.fields):
        return _differ(f"one has {len(one.fields)} fields, and another {len(other.fields)}")
    for number, (ours, theirs) in enumerate(zip(one.fields, other.fields, strict=True), 1):
        if ours.name != theirs.name:
            return _differ(f"field {number} is {ours.name} in one, and {theirs.name} in another")
        if ours.type != theirs.type:
            return _differ(f"{ours.name} is of one type in one, and of another in another")
    return Shape(fields=tuple(map(_field, one.fields, other.fields)))


def _differ(what: str) -> Shape:
    return Shape(
        problem=f"its rows are not alike: {what}",
        hint="give them the same names and types in their subqueries",
    )


def _field(one: Described, other: Described) -> Described:
    weaker = other if other.nullable and not one.nullable else one
    held = all_of(contents_of(field) for field in (one, other))
    return msgspec.structs.replace(
        weaker,
        filled=held.filled,
        whole=held.whole,
        depth=held.depth,
        shape=held.shape,
        json=any_of([one.json, other.json]) if one.json and other.json else None,
        origin=one.origin if one.origin == other.origin else (0, 0),
    )


def contents_of(field: Described) -> Contents:
    """Return what a field of a shape is known to hold."""
    return Contents(field.filled, field.whole, field.depth, field.why, field.shape)
