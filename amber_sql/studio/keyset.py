"""A table, an order, a place in it → the rows that follow or precede it, by key and never by OFFSET.

The order is one column, if any, and then the key, all in one direction, so that one row comparison
says what comes next and one index can answer it. Where that column may be NULL the NULLs are a part
of their own, last upwards and first downwards, as PostgreSQL's indexes have them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from amber_sql.studio import links
from amber_sql.studio.ask import Missing
from amber_sql.studio.filters import conditions
from amber_sql.studio.selecting import Statement, quoted, table_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg import AsyncConnection

    from amber_sql.studio.filters import Filter
    from amber_sql.studio.relations import Table

_CTID = "ctid"
_NEWEST = ("uuidv7(", "nextval(", "uuid_generate_v7(", "gen_random_uuid_v7(")
"""Defaults that grow with time."""
SMALL = 10_000
"""Rows up to which a table may be sorted by any column."""


class Order(msgspec.Struct, frozen=True):
    """How rows are sorted; without `column` by the key alone, without both as they lie there."""

    column: str
    descending: bool
    key: tuple[str, ...]
    nullable: bool = False
    chosen: bool = False
    """Whether an address asks for it."""
    by_place: bool = False
    """By `ctid`: the table has no key, and lies in one file."""

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that a place in the order is told by."""
        if self.by_place:
            return (_CTID,)
        return (self.column, *self._rest) if self.column else self.key

    @property
    def _rest(self) -> tuple[str, ...]:
        return tuple(name for name in self.key if name != self.column)

    @property
    def pages(self) -> bool:
        """Tell whether there is a next page: each row has a place that no other has."""
        return bool(self.key) or (self.by_place and not self.column)


def sortable(table: Table) -> list[str]:
    """Return the columns that rows may be sorted by: those that an index leads, or all of a few rows."""
    few = table.kind in "rm" and table.rows is not None and table.rows <= SMALL
    return [
        one.name
        for one in table.shown
        if one.sortable and (table.leads(one.name) or (few and not table.parent))
    ]


def order(table: Table, sort: str, direction: str) -> Order:
    """Return the order that an address asks for, else newest first. Raises Missing."""
    key, in_file = table.key, table.kind in "rm" and not table.key
    if sort:
        column = table.column(sort)
        if column is None or sort not in sortable(table):
            raise Missing(f"no sorting by {sort}")
        return Order(sort, direction == "desc", key, nullable=not column.not_null, chosen=True)
    for one in table.shown:
        if key and one.is_time and one.not_null and table.leads(one.name):
            return Order(one.name, direction != "asc", key)
    first = table.column(key[-1]) if key else None
    newest = first is not None and (
        bool(first.identity) or any(word in first.default for word in _NEWEST)
    )
    descending = direction == "desc" or (newest and direction != "asc")
    return Order("", descending and not in_file, key, by_place=in_file)


def cursor(values: Sequence[str | None]) -> str:
    """Return a place in the order as an address says it."""
    return links.encode_key("n" if value is None else f"v{value}" for value in values)


def _place(order: Order, text: str) -> list[str | None]:
    try:
        parts = links.decode_key(text)
    except ValueError:
        raise Missing("no such place in the table") from None
    if len(parts) != len(order.names) or any(part[:1] not in {"n", "v"} for part in parts):
        raise Missing("no such place in the table")
    return [None if part == "n" else part[1:] for part in parts]


class Selection(msgspec.Struct, frozen=True):
    """Which rows of a table, in which order."""

    table: Table
    order: Order
    filters: Sequence[Filter] = ()


async def page(
    conn: AsyncConnection,
    selection: Selection,
    outputs: Sequence[str],
    *,
    count: int,
    at: str = "",
    backward: bool = False,
) -> list[tuple[Any, ...]]:
    """Return at most `count` rows after the place `at`, or before it, in the order of the table."""
    order = selection.order
    place = _place(order, at) if at else None
    found: list[tuple[Any, ...]] = []
    descending = order.descending != backward
    for nulls in _parts(order, place, descending=descending):
        left = count - len(found)
        if not left:
            break
        within = (
            place if place and (not order.nullable or (place[0] is None) == bool(nulls)) else None
        )
        if not nulls and _in_groups(selection):
            found += await _by_groups(conn, selection, outputs, left, within, descending=descending)
            continue
        part = _part(selection, within, descending=descending, nulls=nulls)
        found += await part.read(conn, outputs, left)
    return found[::-1] if backward else found


def _parts(order: Order, place: list[str | None] | None, *, descending: bool) -> list[bool | None]:
    """Return the parts of the order that are still to come: NULLs or not, or None for both as one."""
    if not order.column or not order.nullable:
        return [None]
    parts: list[bool | None] = [True, False] if descending else [False, True]
    return parts[parts.index(place[0] is None) :] if place else parts


def _in_groups(selection: Selection) -> bool:
    """Tell whether many rows may share a value, and no index has them in the order of the key.

    Where filters leave few rows these are sorted sooner, and the planner knows.
    """
    table, names = selection.table, selection.order.names
    return (
        table.large
        and not selection.filters
        and bool(selection.order.column)
        and len(names) > 1
        and not any(one.sorts and one.columns[: len(names)] == names for one in table.indexes)
    )


async def _by_groups(
    conn: AsyncConnection, selection: Selection, outputs: Sequence[str], count: int,
    place: list[str | None] | None, *, descending: bool,
) -> list[tuple[Any, ...]]:  # fmt: skip
    """Return rows value by value: to sort all rows of one, for the sake of a page, would take seconds.

    An index gives the values of the page; its last one may be that of millions of rows, which are
    read by their key.
    """
    column = selection.order.column
    found: list[tuple[Any, ...]] = []
    bounds: list[tuple[str, str]] = []

    async def read(
        what: Sequence[str], left: int, *more: tuple[str, str], at: Any = None, whole: bool = True
    ) -> list[tuple[Any, ...]]:
        part = _part(
            selection, at, descending=descending, nulls=False, bounds=more, whole_order=whole
        )
        return await part.read(conn, what, left) if left else []

    if place:
        value = str(place[0])
        found = await read(outputs, count, ("=", value), at=place)
        bounds = [("<" if descending else ">", value)]
    if left := count - len(found):
        text = f"t.{quoted(column)}::pg_catalog.text"
        values = await read([text], left, *bounds, whole=False)
        if values:
            last = values[-1][0]
            found += await read(outputs, left, *bounds, (">" if descending else "<", last))
            found += await read(outputs, count - len(found), ("=", last))
    return found


class _Part(msgspec.Struct, frozen=True):
    """One SELECT of the rows that are left of an order."""

    statement: Statement
    rest: str

    async def read(
        self, conn: AsyncConnection, outputs: Sequence[str], count: int
    ) -> list[tuple[Any, ...]]:
        text = f"SELECT {', '.join(outputs)} {self.rest} LIMIT {count}"
        return await self.statement.rows(conn, text)


def _part(
    selection: Selection, place: list[str | None] | None, *, descending: bool, nulls: bool | None,
    bounds: Sequence[tuple[str, str]] = (), whole_order: bool = True,
) -> _Part:  # fmt: skip
    """Return the SELECT after a place; `bounds` hold the first column, as (operator, value)."""
    table, order, statement = selection.table, selection.order, Statement()
    names, values = list(order.names), place
    where = conditions(table, selection.filters, statement)
    if nulls is not None:
        where.append(f"t.{quoted(names[0])} IS {'' if nulls else 'NOT '}NULL")
    for sign, value in bounds:
        bound = statement.value(value, _cast(table, names[0]))
        where.append(f"t.{quoted(names[0])} {sign} {bound}")
    if nulls or any(sign == "=" for sign, _ in bounds):
        names, values = names[1:], values[1:] if values else None
    if order.by_place and not order.column and not values:
        values = ["(0,0)"]  # a range of places is read in their order
    if values and names:
        left = ", ".join(f"t.{quoted(name)}" for name in names)
        right = ", ".join(
            statement.value(value, _cast(table, name))
            for name, value in zip(names, values, strict=True)
        )
        where.append(f"({left}) {'<' if descending else '>'} ({right})")
    sort = (
        [] if order.by_place else [f"t.{quoted(n)}{' DESC' if descending else ''}" for n in names]
    )
    sort = sort if whole_order else sort[:1]
    text = f"FROM {table_name(table)} AS t"
    text += f" WHERE {' AND '.join(where)}" if where else ""
    text += f" ORDER BY {', '.join(sort)}" if sort else ""
    return _Part(statement, text)


def _cast(table: Table, name: str) -> str:
    column = table.column(name)
    return column.cast if column else "pg_catalog.tid"
