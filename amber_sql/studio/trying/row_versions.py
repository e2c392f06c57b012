"""A transaction's number → the versions of rows that it made or ended, looked for within a time.

A row's new version has the number in xmin, its old one in xmax. No index finds either, so a large table
is looked through from its end, where new versions mostly are; old ones are found by the keys of the new.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import psycopg

from amber_sql.studio.selecting import Statement, quoted, raw, table_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from psycopg import AsyncConnection

    from amber_sql.studio.relations import Table

SECONDS = 2.0
"""How long all tables together are looked through."""
_SUBTRANSACTIONS = 1_000_000
"""How many numbers a transaction may take, one for each block of PL/pgSQL that handles errors."""
_END = 500
"""Blocks of a table that are its end."""
Version = tuple[Any, ...]


class Look:
    """What is left of the time to look, and whether it was enough."""

    def __init__(self, xid: int) -> None:
        self._xid, self._until = xid % 2**32, time.monotonic() + SECONDS
        self.cut = False

    async def versions(
        self, conn: AsyncConnection, table: Table, column: str, most: int
    ) -> list[Version]:
        """Return at most `most` versions whose `column` is the transaction's number, or a later one's."""
        end: list[Version] = []
        if table.large and (first := await self._last_blocks(conn, table)):
            end = await self._within(conn, table, column, most, since=first)
        if len(end) >= most:
            return end
        return await self._within(conn, table, column, most) or end

    async def _last_blocks(self, conn: AsyncConnection, table: Table) -> int:
        statement = Statement()
        name = statement.value(table_name(table), "pg_catalog.regclass")
        blocks = f"pg_catalog.pg_relation_size({name})::int8 / pg_catalog.current_setting('block_size')::int8"
        rows = await self._rows(conn, statement, f"SELECT {blocks}")
        return max(int(rows[0][0]) - _END, 0) if rows else 0

    async def _within(
        self, conn: AsyncConnection, table: Table, column: str, most: int, *, since: int = 0
    ) -> list[Version]:
        """Look from a block on."""
        number = f"t.{column}::pg_catalog.text::pg_catalog.int8"
        # Rows of before the last wraparound may have higher numbers: they are no neighbours.
        text = (
            f"SELECT {', '.join(_columns(table))} FROM ONLY {table_name(table)} AS t"
            f" WHERE {number} OPERATOR(pg_catalog.>=) {self._xid}"
            f" AND {number} OPERATOR(pg_catalog.<=) {self._xid + _SUBTRANSACTIONS}"
            f" AND t.ctid OPERATOR(pg_catalog.>=) '({since},0)' LIMIT {most}"
        )
        return await self._rows(conn, Statement(), text)

    async def by_key(
        self, conn: AsyncConnection, table: Table, keys: Iterable[Sequence[str]]
    ) -> list[Version]:
        """Return the rows that have these keys."""
        casts = {one.name: one.cast for one in table.columns}
        found = []
        for key in keys:
            statement = Statement()
            where = " AND ".join(
                f"t.{quoted(name)} = {statement.value(value, casts[name])}"
                for name, value in zip(table.key, key, strict=True)
            )
            text = f"SELECT {', '.join(_columns(table))} FROM ONLY {table_name(table)} AS t WHERE {where}"
            found += await self._rows(conn, statement, text)
        return found

    async def _rows(self, conn: AsyncConnection, statement: Statement, text: str) -> list[Version]:
        left = int(1000 * (self._until - time.monotonic()))
        if left <= 0:
            self.cut = True
            return []
        try:
            async with conn.transaction():  # what is stopped here must not stop the rest
                await conn.execute(f"SET LOCAL statement_timeout = {left}".encode())
                return await statement.rows(conn, text)
        except psycopg.errors.QueryCanceled:
            self.cut = True
            return []


def _columns(table: Table) -> list[str]:
    return raw(one.name for one in table.shown)
