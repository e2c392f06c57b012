"""The list of changes → one transaction, all or nothing; and the same rolled back, as a trial.

Each statement must meet just the row that was read: one that somebody changed since, or removed, is
refused, and with it the rest.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import psycopg
from psycopg import AsyncConnection

from amber_sql.runtime import conninfo
from amber_sql.studio.change_sql import statement_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from amber_sql.studio.changes import Change

_BEGIN = """
BEGIN READ WRITE; SET LOCAL statement_timeout = '30s'; SET LOCAL lock_timeout = '5s';
SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO, YMD'; SET LOCAL standard_conforming_strings = on
"""
CHANGED = (
    "This row was changed or removed since it was read. Nothing was written: look at it again."
)


class Refused(Exception):
    """A change that was not made: which one, and why; `error` is the server's, where it was that."""

    def __init__(self, number: int, error: psycopg.Error | None = None) -> None:
        super().__init__(number)
        self.number, self.error = number, error


async def apply(url: str, changes: Sequence[Change]) -> None:
    """Make all changes in one transaction. Raises Refused, and then none is made."""
    async with _transaction(url) as conn:
        await _run(conn, changes)
        try:
            await conn.execute("COMMIT")
        except psycopg.Error as error:  # a constraint that is looked at last
            raise Refused(-1, error) from None


async def try_out(url: str, change: Change) -> None:
    """Make a change and take it back. Raises Refused where it could not be made."""
    async with _transaction(url) as conn:
        await _run(conn, [change])
        try:
            await conn.execute("SET CONSTRAINTS ALL IMMEDIATE")
        except psycopg.Error as error:
            raise Refused(0, error) from None


async def _run(conn: AsyncConnection, changes: Sequence[Change]) -> None:
    for number, change in enumerate(changes):
        try:
            cursor = await conn.execute(statement_of(change).encode())
        except psycopg.Error as error:
            raise Refused(number, error) from None
        if cursor.rowcount != 1:
            raise Refused(number)


@asynccontextmanager
async def _transaction(url: str) -> AsyncIterator[AsyncConnection]:
    """Give a connection in a transaction that is rolled back, unless the block commits it."""
    target = conninfo.target(url, None)
    try:
        conn = await AsyncConnection.connect(
            target.conninfo, autocommit=True, prepare_threshold=None,
            application_name="amber-sql studio --write",
        )  # fmt: skip
    except psycopg.OperationalError as error:
        raise target.unreachable(error, "Check DATABASE_URL, and that the server is up.") from None
    try:
        await conn.execute(_BEGIN)
        yield conn
    finally:
        await conn.close()  # the server rolls back what was not committed
