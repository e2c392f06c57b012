"""A database → a transaction that may write and is always rolled back, for `studio --write` alone."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import psycopg
from psycopg import AsyncConnection

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from amber_sql.runtime.conninfo import ConnectionTarget

_BEGIN = """
BEGIN ISOLATION LEVEL REPEATABLE READ READ WRITE;
SET LOCAL statement_timeout = '5s'; SET LOCAL lock_timeout = '500ms';
SET LOCAL idle_in_transaction_session_timeout = '30s';
SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO, YMD'; SET LOCAL IntervalStyle = 'postgres';
SET LOCAL bytea_output = 'hex'; SET LOCAL extra_float_digits = 1; SET LOCAL synchronize_seqscans = off
"""
"""Locks are waited for half a second: what is held already waits with us, until it is undone."""


@asynccontextmanager
async def trial(target: ConnectionTarget) -> AsyncIterator[AsyncConnection]:
    """Give a connection of its own, in a transaction that ends with the block and leaves nothing.

    Raises DatabaseUnreachable.
    """
    try:
        conn = await AsyncConnection.connect(
            target.conninfo, autocommit=True, prepare_threshold=None,
            fallback_application_name="amber-sql studio (trial)",
        )  # fmt: skip
    except psycopg.OperationalError as error:
        raise target.unreachable(error, "Check that the server is up.") from None
    try:
        await conn.execute(_BEGIN)
        yield conn
    finally:
        # A session that ends rolls back, whatever state it is in.
        await conn.close()
