"""A transaction that wrote → the rows that it changed, before and after, in every table it touched.

The server counts what a transaction writes in each table, by triggers and ON DELETE too. A row's new
version has the transaction's number in xmin; its old one in xmax, which a second session sees that
looks with the snapshot the first began with. A row that was only locked has one, too, and is left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import psycopg
from psycopg import sql

if TYPE_CHECKING:
    from psycopg import AsyncConnection

    from amber_sql.studio.relations import Schema, Table

_SUBTRANSACTIONS = 1_000_000
"""How many numbers a transaction may take, one for each block of PL/pgSQL that handles errors."""
MOST = 50
"""Rows that are shown of a table."""
_TOUCHED = """
SELECT relid::pg_catalog.int8, n_tup_ins, n_tup_upd, n_tup_del FROM pg_catalog.pg_stat_xact_all_tables
WHERE n_tup_ins OPERATOR(pg_catalog.+) n_tup_upd OPERATOR(pg_catalog.+) n_tup_del OPERATOR(pg_catalog.>) 0
"""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A row before and after; None where it was not there."""

    key: str
    before: tuple[str | None, ...] | None
    after: tuple[str | None, ...] | None

    @property
    def what(self) -> str:
        """Say it in a word."""
        return "added" if self.before is None else "deleted" if self.after is None else "changed"

    def differs(self, number: int) -> bool:
        """Tell whether a column is not what it was."""
        return bool(self.before and self.after and self.before[number] != self.after[number])


class Changed(msgspec.Struct, frozen=True, kw_only=True):
    """What a transaction changed in a table."""

    table: str
    columns: tuple[str, ...]
    rows: tuple[Change, ...]
    inserted: int
    updated: int
    deleted: int
    why_none: str = ""
    """Why rows cannot be shown."""

    @property
    def order(self) -> list[int]:
        """The numbers of the columns, first those that changed: not all may fit beside each other."""
        return sorted(
            range(len(self.columns)), key=lambda n: not any(row.differs(n) for row in self.rows)
        )


async def changed_rows(
    after: AsyncConnection, before: AsyncConnection, xid: int, schema: Schema
) -> tuple[Changed, ...]:
    """Return what changed, table by table."""
    tables = {table.oid: table for table in schema.tables.values()}
    counts = await (await after.execute(_TOUCHED)).fetchall()
    found = []
    for oid, inserted, updated, deleted in counts:
        table = tables.get(oid)
        if table is None:
            continue  # of the system, or an extension's
        rows, why = await _rows(after, before, xid, table)
        found.append(
            Changed(
                table=table.label,
                columns=tuple(column.name for column in table.shown),
                rows=rows,
                inserted=inserted,
                updated=updated,
                deleted=deleted,
                why_none=why,
            )
        )
    return tuple(sorted(found, key=lambda one: one.table))


async def _rows(
    after: AsyncConnection, before: AsyncConnection, xid: int, table: Table
) -> tuple[tuple[Change, ...], str]:
    if not table.shown:
        return (), "every column is secret"
    try:
        new = await _versions(after, table, "xmin", xid)
        old = await _versions(before, table, "xmax", xid)
    except psycopg.errors.QueryCanceled:
        return (), "the table is too large to look through in the time there is"
    except psycopg.errors.InsufficientPrivilege:
        return (), "the role may not read it"
    keys = table.key
    places = [[c.name for c in table.shown].index(name) for name in keys]

    def keyed(rows: list[tuple[Any, ...]]) -> dict[Any, tuple[Any, ...]]:
        return {
            tuple(row[place] for place in places) if places else number: row
            for number, row in enumerate(rows)
        }

    olds, news = keyed(old), keyed(new)
    if not places:  # nothing tells which became which
        olds = {(0, n): row for n, row in enumerate(old) if row not in new}
        news = {(1, n): row for n, row in enumerate(new) if row not in old}
    else:
        gone = [key for key in olds if key not in news]
        there = await _still_there(after, table, [olds[key] for key in gone], places)
        olds = {key: row for key, row in olds.items() if key not in there}
    every = dict.fromkeys([*olds, *news])
    rows = [
        Change(
            key=", ".join(f"{name} {value}" for name, value in zip(keys, key, strict=False)),
            before=olds.get(key),
            after=news.get(key),
        )
        for key in every
        if olds.get(key) != news.get(key)
    ]
    return tuple(rows[:MOST]), ""


async def _versions(
    conn: AsyncConnection, table: Table, column: str, xid: int
) -> list[tuple[Any, ...]]:
    """Return the rows whose version carries the transaction's number, or a later one's."""
    query = sql.SQL(
        "SELECT {columns} FROM ONLY {table} AS t WHERE t.{column}::pg_catalog.text::pg_catalog.int8"
        " OPERATOR(pg_catalog.>=) {xid} AND t.{column}::pg_catalog.text::pg_catalog.int8"
        " OPERATOR(pg_catalog.<=) {last} LIMIT {most}"
    ).format(
        columns=_columns(table),
        table=sql.Identifier(table.schema, table.name),
        column=sql.Identifier(column),
        xid=sql.Literal(xid % 2**32),
        # Rows of before the last wraparound may have higher numbers: they are no neighbours.
        last=sql.Literal(xid % 2**32 + _SUBTRANSACTIONS),
        most=sql.Literal(4 * MOST),
    )
    return await (await conn.execute(query)).fetchall()


async def _still_there(
    conn: AsyncConnection, table: Table, rows: list[tuple[Any, ...]], places: list[int]
) -> set[tuple[Any, ...]]:
    """Return the keys of rows that were locked, by us or by others, and are as they were."""
    found = set()
    for row in rows:
        key = tuple(row[place] for place in places)
        conditions = sql.SQL(" AND ").join(
            sql.SQL("{}::pg_catalog.text OPERATOR(pg_catalog.=) {}").format(
                sql.Identifier(name), sql.Literal(value)
            )
            for name, value in zip(table.key, key, strict=True)
        )
        query = sql.SQL("SELECT 1 FROM ONLY {} WHERE {}").format(
            sql.Identifier(table.schema, table.name), conditions
        )
        if await (await conn.execute(query)).fetchone():
            found.add(key)
    return found


def _columns(table: Table) -> sql.Composed:
    return sql.SQL(", ").join(
        sql.SQL("t.{}::pg_catalog.text").format(sql.Identifier(column.name))
        for column in table.shown
    )
