"""The rows of a table: filtered, sorted, page by page, as HTML, JSON or CSV."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec
import psycopg
from starlette.responses import RedirectResponse, Response

from amber_sql.studio import links
from amber_sql.studio.csv_text import csv_text, no_formula
from amber_sql.studio.error_pages import primary
from amber_sql.studio.filters import (
    NULLS,
    OPERATIONS,
    WORDS,
    Filter,
    conditions,
    field,
    look,
    read_filters,
    unaided,
)
from amber_sql.studio.grid import COUNTS, Grid, Where, chosen_columns, read_grid
from amber_sql.studio.keyset import Order, Selection, order, sortable
from amber_sql.studio.page import Page
from amber_sql.studio.references import link_columns
from amber_sql.studio.selecting import SHORT, WHOLE, Statement, table_name

if TYPE_CHECKING:
    from psycopg import AsyncConnection

    from amber_sql.studio.ask import Ask
    from amber_sql.studio.relations import Column, Table

_PLACES = {"after", "before"}
FOR, SPREADSHEET = "for", "spreadsheet"
"""Of an address of CSV: that no value may be a formula."""


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """How one column can be filtered by, and is."""

    column: Column
    look: str
    operations: list[tuple[str, str, str, list[str]]]
    """(operation, its word, the name of its field, the values that it has)."""
    null_field: str
    null: str
    open: bool
    helped: bool
    """Whether an index helps, or the table is small."""


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """The head of a column: where its name leads, and how it is sorted now."""

    column: Column
    address: str
    sorted: str
    key: bool
    folded: bool
    """Whether its values stand in front of their rows alone, as part of a key of several columns."""


class TablePage(msgspec.Struct, frozen=True, kw_only=True):
    """What the page shows."""

    table: Table
    grid: Grid
    heads: list[Head]
    order: Order
    filters: list[Filter]
    without: list[tuple[Filter, str]]
    """Each filter, and the address without it."""
    fields: list[Field]
    sortable: list[str]
    chosen: bool
    count: int
    counts: tuple[int, ...]
    expected: int | None
    """About how many rows the filters find; None where nobody asked."""
    warning: str
    refusal: str
    """What PostgreSQL says of a value of the filter."""
    hidden: list[str]
    next: str
    previous: str
    first: str
    csv: str
    nulls: dict[str, str]


async def show(ask: Ask) -> TablePage | Response:
    """Read a page of rows."""
    table, given = await ask.table(), ask.given
    kept = [(name, value) for name, value in given if value]
    if kept != given:  # a form sends its empty fields, too: the address that can be shared has none
        return RedirectResponse(links.with_query(ask.request.url.path, kept), 303)
    schema = await ask.schema()
    filters = read_filters(table, given)
    sorted_by = order(table, ask.one("sort"), ask.one("dir"))
    columns = chosen_columns(table, ask.many("c"))
    form = ask.request.url.path.rpartition(".")[2]
    count = next((n for n in COUNTS if str(n) == ask.one("n")), COUNTS[0])
    where = Where(
        after=ask.one("after"), before=ask.one("before"), count=count,
        limit=WHOLE if form in {"json", "csv"} else SHORT,
    )  # fmt: skip
    refusal, expected = "", None
    grid = Grid(columns, [], "", "")
    async with ask.read() as conn:
        try:
            if filters and table.large:
                expected = await _expected(conn, table, filters)
            grid = await read_grid(
                conn, Selection(table, sorted_by, filters), schema, columns, where
            )
        except psycopg.DataError as error:
            if not filters:
                raise
            refusal = primary(error)
    if form == "csv":
        return _csv(table, grid, for_people=ask.one(FOR) == SPREADSHEET)
    kept = [(name, value) for name, value in kept if name not in _PLACES]

    def address(*more: tuple[str, str], without: frozenset[str] = frozenset()) -> str:
        left = [pair for pair in kept if pair[0] not in without]
        return links.with_query(table.address, [*left, *more])

    linked = link_columns(table, schema)
    return TablePage(
        table=table, grid=grid, order=sorted_by, filters=filters, count=count, counts=COUNTS,
        heads=[_head(table, one, sorted_by, address, linked=one.name in linked) for one in columns],
        without=[(f, links.with_query(table.address, [p for p in kept if p not in f.given])) for f in filters],
        fields=[_field(table, one, filters) for one in table.shown],
        sortable=sortable(table), chosen=bool(ask.many("c")),
        expected=expected, warning=_warning(table, filters, sorted_by), refusal=refusal,
        hidden=[one.name for one in table.columns if one.secret],
        next=address(("after", grid.after)) if grid.after else "",
        previous=address(("before", grid.before)) if grid.before else "",
        first=address() if where.after or where.before else "",
        csv=links.with_query(table.address + ".csv", [*given, (FOR, SPREADSHEET)]), nulls=NULLS,
    )  # fmt: skip


def _head(table: Table, column: Column, sorted_by: Order, address: Any, *, linked: bool) -> Head:
    """Return a head whose link sorts by the column, and the other way where it is sorted by already."""
    now = ""
    if sorted_by.column == column.name or (
        not sorted_by.column and table.key[-1:] == (column.name,)
    ):
        now = "descending" if sorted_by.descending else "ascending"
    then = "asc" if now == "descending" else "desc"
    if not now and not column.is_time:
        then = "asc"
    return Head(
        column=column, sorted=now, key=column.name in table.key,
        folded=len(table.key) > 1 and column.name in table.key and not linked,
        address=address(("sort", column.name), ("dir", then), without=frozenset({"sort", "dir"}))
        if column.name in sortable(table) else "",
    )  # fmt: skip


def _field(table: Table, column: Column, filters: list[Filter]) -> Field:
    has = {one.operation: list(one.values) for one in filters if one.column == column.name}
    kind = look(column)
    return Field(
        column=column, look=kind,
        operations=[
            (one, WORDS[one], field(column.name, one), has.get(one, [])) for one in OPERATIONS[kind]
        ],
        null_field=field(column.name, "null"), null=(has.get("null") or [""])[0], open=bool(has),
        helped=not unaided(table, [Filter(column.name, OPERATIONS[kind][0], ("",))]),
    )  # fmt: skip


def _warning(table: Table, filters: list[Filter], sorted_by: Order) -> str:
    unhelped = unaided(table, filters)
    if unhelped:
        return (
            f"No index helps to find rows by {', '.join(unhelped)}: the whole table may be read, and"
            " after five seconds the server stops."
        )
    if not sorted_by.pages:
        return f"This {table.what} has no key to page by: only its first rows are shown. Filter to see others."
    return ""


async def _expected(conn: AsyncConnection, table: Table, filters: list[Filter]) -> int:
    """Return how many rows the planner expects."""
    statement = Statement()
    where = " AND ".join(conditions(table, filters, statement))
    text = f"EXPLAIN (FORMAT JSON) SELECT 1 FROM {table_name(table)} AS t WHERE {where}"
    plan = (await statement.rows(conn, text))[0][0]
    return int((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]["Plan Rows"])


def _csv(table: Table, grid: Grid, *, for_people: bool) -> Response:
    names: list[str | None] = [one.name for one in grid.columns]
    rows = [names, *([one.text for one in line.cells] for line in grid.lines)]
    if for_people:  # a number or a time is none, whatever sign it begins with
        plain = [one.category in "NDB" for one in grid.columns]
        rows = [
            [
                value if row is not names and kept else no_formula(value)
                for value, kept in zip(row, plain, strict=True)
            ]
            for row in rows
        ]
    text = csv_text(map(str, rows[0]), rows[1:])
    name = "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "_" for c in table.name)
    return Response(
        text, media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )  # fmt: skip


def as_json(page: TablePage) -> dict[str, Any]:
    """Return the page for programs: what is shown, and where there is more."""
    names = [one.name for one in page.grid.columns]
    return {
        "schema": page.table.schema,
        "table": page.table.name,
        "columns": [{"name": one.name, "type": one.type} for one in page.grid.columns],
        "key": page.table.key,
        "filters": [one.words for one in page.filters],
        "rows": [
            {name: one.text for name, one in zip(names, line.cells, strict=True)}
            for line in page.grid.lines
        ],
        "cut": [
            {"row": number, "column": name}
            for number, line in enumerate(page.grid.lines)
            for name, one in zip(names, line.cells, strict=True)
            if one.cut
        ],
        "next": links.as_json(page.next),
        "previous": links.as_json(page.previous),
        "estimated_rows": page.table.rows,
    }


PAGES = (Page("/table/{schema}/{table}", show, "table.html", as_json=as_json, also=("csv",)),)
