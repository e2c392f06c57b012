"""A row's values → the addresses of the rows that its foreign keys name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amber_sql.studio import links
from amber_sql.studio.filters import field, look

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from amber_sql.studio.relations import ForeignKey, Schema, Table


def link_columns(table: Table, schema: Schema) -> dict[str, ForeignKey]:
    """Return column → the foreign key whose row its cell links to: one for each key, where there is room."""
    found: dict[str, ForeignKey] = {}
    for one in sorted(table.refers, key=lambda key: len(key.columns)):
        if not open_key(one, schema):
            continue
        free = [name for name in reversed(one.columns) if name not in found]
        if free:
            found[free[0]] = one
    return found


def open_key(key: ForeignKey, schema: Schema) -> bool:
    """Tell whether both ends of a foreign key may be shown."""
    ours, theirs = schema.table(key.schema, key.table), schema.table(key.to_schema, key.to_table)
    return all(
        column is not None and not column.secret
        for table, names in ((ours, key.columns), (theirs, key.to_columns))
        for column in ([table.column(name) for name in names] if table else [None])
    )


def target(key: ForeignKey, schema: Schema, values: Mapping[str, str | None]) -> str:
    """Return the address of the row that `values` name by `key`; empty where one of them is NULL."""
    table = schema.table(key.to_schema, key.to_table)
    given = [values[name] for name in key.columns]
    if table is None or any(value is None for value in given):
        return ""
    return address(table, dict(zip(key.to_columns, (str(value) for value in given), strict=True)))


def address(table: Table, values: Mapping[str, str]) -> str:
    """Return the address of the rows of `table` that have `values`: of the one row by its key."""
    if table.key and set(table.key) == set(values):
        return links.row(table.schema, table.name, [values[name] for name in table.key])
    return links.with_query(table.address, filter_fields(table, values))


def filter_fields(table: Table, values: Mapping[str, str]) -> Sequence[tuple[str, str]]:
    """Return the conditions that find `values`, as an address says them."""
    found = []
    for name, value in values.items():
        column = table.column(name)
        if column is not None:
            operation = "in" if look(column) == "labels" else "is"
            found.append(
                (field(name, operation), value) if value else (field(name, "null"), "empty")
            )
    return found
