"""A table and an address → the rows that its page shows, with what leads on from them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from amber_sql.studio import keyset, links
from amber_sql.studio.ask import Missing
from amber_sql.studio.references import link_columns, target
from amber_sql.studio.selecting import Cell, cell, raw, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from psycopg import AsyncConnection

    from amber_sql.studio.keyset import Selection
    from amber_sql.studio.relations import Column, ForeignKey, Schema, Table

COUNTS = (50, 25, 100, 200, 500)
"""Rows of a page; the first unless an address says another."""


class Line(msgspec.Struct, frozen=True):
    """A row: its address, if it has a key, and its cells in the order of the columns."""

    address: str
    key: list[str]
    cells: list[Cell]


class Grid(msgspec.Struct, frozen=True):
    """Rows, and the places before and after them."""

    columns: list[Column]
    lines: list[Line]
    before: str
    after: str


class Where(msgspec.Struct, frozen=True, kw_only=True):
    """Which rows: after or before a place, how many, how much of each value."""

    after: str = ""
    before: str = ""
    count: int = COUNTS[0]
    limit: int


def chosen_columns(table: Table, names: Iterable[str]) -> list[Column]:
    """Return the columns to show, the key first. Raises Missing for one that there is not."""
    wanted = list(names)
    for name in wanted:
        if (column := table.column(name)) is None or column.secret:
            raise Missing(f"no column {name}")
    chosen = [
        one for one in table.shown if not wanted or one.name in wanted or one.name in table.key
    ]
    return sorted(chosen, key=lambda one: (one.name not in table.key, 0))


async def read_grid(
    conn: AsyncConnection,
    selection: Selection,
    schema: Schema,
    columns: Sequence[Column],
    where: Where,
) -> Grid:
    """Read a page of rows, and one more, which says that there are more."""
    table, order = selection.table, selection.order
    linked = {
        name: key
        for name, key in link_columns(table, schema).items()
        if any(c.name == name for c in columns)
    }
    whole = list(dict.fromkeys([*table.key, *(n for key in linked.values() for n in key.columns)]))
    outputs = [*(shown(one, where.limit) for one in columns), *raw([*whole, *order.names])]
    backward = bool(where.before) and not order.by_place
    rows = await keyset.page(
        conn, selection, outputs,
        count=where.count + 1, at=where.before or where.after, backward=backward,
    )  # fmt: skip
    more = len(rows) > where.count
    rows = (rows[1:] if backward else rows[:-1]) if more else rows
    lines = []
    for row in rows:
        values = dict(zip(whole, row[len(columns) :], strict=False))
        key = [str(values[name]) for name in table.key]
        lines.append(
            Line(
                links.row(table.schema, table.name, key) if key else "",
                key,
                [
                    cell(one, value, where.limit, _link(one.name, linked, schema, values))
                    for one, value in zip(columns, row, strict=False)
                ],
            )
        )
    places = len(columns) + len(whole)
    first, last = (keyset.cursor(row[places:]) for row in (rows[0], rows[-1])) if rows else ("", "")
    follows, precedes = (True, more) if backward else (more, bool(where.after))
    return Grid(
        columns=list(columns), lines=lines,
        before=first if precedes and order.pages and not order.by_place else "",
        after=last if follows and order.pages else "",
    )  # fmt: skip


def _link(
    name: str, linked: dict[str, ForeignKey], schema: Schema, values: dict[str, str | None]
) -> str:
    return target(linked[name], schema, values) if name in linked else ""
