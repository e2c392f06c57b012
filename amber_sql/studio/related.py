"""A row → the rows that it refers to, and the first of those that refer to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import psycopg

from amber_sql.studio.error_pages import primary
from amber_sql.studio.references import address, open_key
from amber_sql.studio.selecting import Cell, Statement, cell, quoted, raw, shown, table_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from psycopg import AsyncConnection

    from amber_sql.studio.relations import Column, ForeignKey, Schema, Table

FIRST, AT_MOST = 10, 100
"""How many rows are shown, and up to how many are counted."""
_TELLING = 3
_WIDTH = 60


class RelatedRow(msgspec.Struct, frozen=True):
    """A row by its key, and some of its columns that tell people which one it is."""

    address: str
    key: list[str]
    telling: list[tuple[str, Cell]]


class Related(msgspec.Struct, frozen=True, kw_only=True):
    """Rows on the other side of a foreign key."""

    name: str
    table: str
    columns: tuple[str, ...]
    address: str
    rows: list[RelatedRow]
    count: str
    """As `3`, or `100+`; empty where nobody looked."""
    note: str = ""
    on_delete: str = ""


async def read_referred(
    conn: AsyncConnection, table: Table, schema: Schema, values: Mapping[str, str | None]
) -> list[Related]:
    """Return the rows that foreign keys of this one name."""
    found = []
    for key in table.refers:
        other = schema.table(key.to_schema, key.to_table)
        if other is None or not open_key(key, schema) or None in [values[n] for n in key.columns]:
            continue
        wanted = {to: str(values[own]) for own, to in zip(key.columns, key.to_columns, strict=True)}
        found.append(await _related(conn, key, other, key.columns, wanted))
    return found


async def read_referring(
    conn: AsyncConnection, table: Table, schema: Schema, values: Mapping[str, str | None]
) -> list[Related]:
    """Return the first rows that refer to this one, a table and foreign key each."""
    found = []
    for key in table.referred:
        other = schema.table(key.schema, key.table)
        if (
            other is None
            or not open_key(key, schema)
            or None in [values[n] for n in key.to_columns]
        ):
            continue
        wanted = {own: str(values[to]) for own, to in zip(key.columns, key.to_columns, strict=True)}
        found.append(await _related(conn, key, other, key.columns, wanted))
    return found


async def _related(
    conn: AsyncConnection, key: ForeignKey, other: Table, columns: Sequence[str], wanted: Mapping[str, str]
) -> Related:  # fmt: skip
    base = Related(
        name=key.name, table=other.label, columns=tuple(columns), address=address(other, wanted),
        rows=[], count="", on_delete=key.on_delete,
    )  # fmt: skip
    if other.large and not any(other.leads(name) for name in wanted):
        note = f"No index on {', '.join(wanted)}: nobody looked."
        return msgspec.structs.replace(base, note=note)
    statement, telling = Statement(), _telling(other, wanted)
    casts = {one.name: one.cast for one in other.columns}
    where = " AND ".join(
        f"t.{quoted(name)} = {statement.value(value, casts[name])}"
        for name, value in wanted.items()
    )
    outputs = [*raw(other.key), *(shown(one, _WIDTH) for one in telling)]
    text = f"SELECT {', '.join(outputs) or '1'} FROM {table_name(other)} AS t WHERE {where}"
    try:
        async with conn.transaction():  # a savepoint: the rest of the page is still read
            found = await statement.rows(conn, f"{text} LIMIT {AT_MOST + 1}")
    except psycopg.Error as error:
        return msgspec.structs.replace(base, note=primary(error))
    rows = []
    for row in found[:FIRST]:
        names = list(map(str, row[: len(other.key)]))
        cells = [
            (one.name, cell(one, value, _WIDTH))
            for one, value in zip(telling, row[len(names) :], strict=False)
        ]
        at = address(other, dict(zip(other.key, names, strict=True))) if names else ""
        rows.append(RelatedRow(at, names, cells))
    count = f"{AT_MOST}+" if len(found) > AT_MOST else str(len(found))
    return msgspec.structs.replace(base, rows=rows, count=count)


def _telling(table: Table, known: Mapping[str, str]) -> list[Column]:
    """Return the columns by which people tell rows apart: short texts first, then labels and times."""
    rest = [one for one in table.shown if one.name not in known and one.name not in table.key]
    return sorted(
        (one for one in rest if one.category in "SED" and one.kind in "be"),
        key=lambda one: "SED".index(one.category) if one.category in "SED" else 3,
    )[:_TELLING]
