"""Rows nested in a result that have no type of their own → what a migration does to their fields.

A reader takes them by position, as it takes a composite's: they may gain fields at the end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from amber_sql.deploy.compat.manifest import RowField

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from amber_sql.compiler.described import Described
    from amber_sql.deploy.compat.manifest import ReleaseQuery

Fields = tuple["Described", ...]


def nested_rows(columns: Sequence[Described], above: str = "") -> Iterator[tuple[str, Fields]]:
    """Yield the place and the fields of each such row, those that hold others first."""
    for column in columns:
        if column.shape is not None and column.shape.fields:
            yield above + column.name, column.shape.fields
            yield from nested_rows(column.shape.fields, f"{above}{column.name}.")


def named(
    rows: Mapping[str, Fields], names: Mapping[int, str], *, nulls: bool
) -> dict[str, tuple[RowField, ...]]:
    """Return the fields with the names of their types, and NULL where the tree tells it."""
    return {
        place: tuple(
            RowField(one.name, names[one.type], one.nullable if nulls else None) for one in fields
        )
        for place, fields in rows.items()
    }


def changes(before: ReleaseQuery, after: ReleaseQuery) -> Iterator[tuple[str, bool]]:
    """Yield what has changed in a query's rows, and whether it is only that NULL may come."""
    for place, fields in sorted(before.rows.items()):
        if place not in after.rows:
            continue  # its column is of another type, or no tree shows it
        found = after.rows[place][: len(fields)]
        if [(one.name, one.type) for one in found] != [(one.name, one.type) for one in fields]:
            old, new = (_listed(some) for some in (fields, after.rows[place]))
            yield (
                f"the row in {place} changes other than by fields at its end: ({old}) becomes ({new})",
                False,
            )
            continue
        for one, other in zip(fields, found, strict=True):
            if other.nullable and one.nullable is False:
                yield f"{one.name} of the row in {place} may now be NULL", True


def _listed(fields: Sequence[RowField]) -> str:
    return ", ".join(f"{one.name} {one.type}" for one in fields)
