"""One row: its fields, the rows that it refers to, the rows that refer to it, the queries of its table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import psycopg

from amber_sql.studio import links
from amber_sql.studio.ask import Missing
from amber_sql.studio.page import Page
from amber_sql.studio.references import link_columns, target
from amber_sql.studio.related import Related, read_referred, read_referring
from amber_sql.studio.selecting import (
    LONG,
    WHOLE,
    Cell,
    Statement,
    cell,
    quoted,
    raw,
    shown,
    table_name,
)
from amber_sql.studio.table_queries import QueryLine, queries_of

if TYPE_CHECKING:
    from psycopg import AsyncConnection

    from amber_sql.studio.ask import Ask
    from amber_sql.studio.relations import Column, Schema, Table


class FieldLine(msgspec.Struct, frozen=True, kw_only=True):
    """A field of the row; of a secret one there is no value."""

    column: Column
    cell: Cell | None
    key: bool


class Row(msgspec.Struct, frozen=True):
    """A row as it was read: its fields, the whole values of those in keys, and its `xmin`."""

    fields: list[FieldLine]
    values: dict[str, str | None]
    version: str


class RowPage(msgspec.Struct, frozen=True, kw_only=True):
    """What the page shows."""

    table: Table
    key: list[str]
    fields: list[FieldLine]
    refers: list[Related]
    referred: list[Related]
    queries: list[QueryLine] | None
    """None while the queries are being described."""
    no_queries: str
    edit: str
    delete: str


async def show(ask: Ask) -> RowPage:
    """Read one row, and what it hangs together with."""
    table, key = await keyed(ask)
    schema = await ask.schema()
    limit = WHOLE if ask.request.url.path.endswith(".json") else LONG
    async with ask.read() as conn:
        row = await read_row(conn, table, schema, key, limit)
        refers = await read_referred(conn, table, schema, row.values)
        referred = await read_referring(conn, table, schema, row.values)
    address = links.row(table.schema, table.name, key)
    may = ask.studio.write and table.kind in "rp"
    return RowPage(
        table=table, key=key, fields=row.fields, refers=refers, referred=referred,
        queries=queries_of(ask.studio.compiled.ready, table),
        no_queries=ask.studio.compiled.failure,
        edit=address.replace("/row/", "/edit/", 1) if may else "",
        delete=address.replace("/row/", "/delete/", 1) if may else "",
    )  # fmt: skip


async def keyed(ask: Ask) -> tuple[Table, list[str]]:
    """Return the table and the key that the address names. Raises Missing."""
    table = await ask.table()
    try:
        key = links.decode_key(ask.request.path_params["key"])
    except ValueError:
        key = []
    if not table.key or len(key) != len(table.key):
        raise Missing(f"no such key of {table.label}")
    return table, key


def by_key(table: Table, key: list[str], statement: Statement) -> str:
    """Return the condition that finds one row."""
    casts = {one.name: one.cast for one in table.columns}
    return " AND ".join(
        f"t.{quoted(name)} = {statement.value(value, casts[name])}"
        for name, value in zip(table.key, key, strict=True)
    )


async def read_row(
    conn: AsyncConnection, table: Table, schema: Schema, key: list[str], limit: int
) -> Row:
    """Return a row. Raises Missing."""
    statement, visible = Statement(), table.shown
    linked = link_columns(table, schema)
    whole = list(dict.fromkeys([*table.key, *_in_keys(table)]))
    outputs = [*(shown(one, limit) for one in visible), *raw(whole)]
    version = "t.xmin::pg_catalog.text" if table.kind in "rpm" else "''"
    where = by_key(table, key, statement)
    try:
        rows = await statement.rows(
            conn,
            f"SELECT {', '.join([*outputs, version])} FROM {table_name(table)} AS t WHERE {where} LIMIT 2",
        )
    except psycopg.DataError:  # a text that is no value of the key's type
        rows = []
    if not rows:
        raise Missing(f"no row {', '.join(key)} in {table.label}")
    values = dict(zip(whole, rows[0][len(visible) :], strict=False))
    found = {
        one.name: cell(
            one,
            value,
            limit,
            target(linked[one.name], schema, values) if one.name in linked else "",
        )
        for one, value in zip(visible, rows[0], strict=False)
    }
    fields = [
        FieldLine(column=one, cell=found.get(one.name), key=one.name in table.key)
        for one in table.columns
    ]
    return Row(fields, values, rows[0][-1])


def _in_keys(table: Table) -> list[str]:
    """Return the columns that foreign keys go out from or lead to, secret ones left out."""
    names = [name for one in table.refers for name in one.columns]
    names += [name for one in table.referred for name in one.to_columns]
    return [name for name in names if (column := table.column(name)) and not column.secret]


PAGES = (Page("/row/{schema}/{table}/{key}", show, "row.html"),)
