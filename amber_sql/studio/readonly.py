"""A database URL → transactions that can only read, for pages that wait together in one event loop.

Three things each refuse a write: `default_transaction_read_only` of the session, READ ONLY of the
transaction, and the role `read` where the project has one and we may become it. Every transaction
is rolled back, so that nothing that it set stays with the session.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import AsyncConnection, sql
from psycopg.pq import TransactionStatus

from amber_sql.runtime import conninfo

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

TIMEOUT = "5s"
AT_ONCE = 6
"""How many connections there are at most; who comes then waits for one."""
APPLICATION = "amber-sql studio"
_BEGIN = """
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SET LOCAL statement_timeout = {timeout}; SET LOCAL lock_timeout = {timeout};
SET LOCAL idle_in_transaction_session_timeout = '30s';
SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO, YMD'; SET LOCAL IntervalStyle = 'postgres';
SET LOCAL bytea_output = 'hex'; SET LOCAL extra_float_digits = 1; SET LOCAL synchronize_seqscans = off
"""
_FREE = "SELECT pg_catalog.pg_advisory_unlock_all()"
"""Locks that a function may have taken for its session: no ROLLBACK gives them back."""
_MAY_BE = "SELECT true FROM pg_catalog.pg_roles WHERE rolname OPERATOR(pg_catalog.=) %s"


class Reader:
    """The read-only connections of one studio."""

    def __init__(self, url: str, role: str | None = None) -> None:
        self.target = conninfo.target(url, None)
        self.bound = TIMEOUT
        self._wanted = role
        self._role: str | None = None
        self._idle: list[AsyncConnection] = []
        self._free = asyncio.Semaphore(AT_ONCE)

    @property
    def role(self) -> str | None:
        """The role that pages read as, where it is not the one that logged in."""
        return self._role

    @asynccontextmanager
    async def transaction(
        self,
        *,
        own_path: bool = False,
        as_login: bool = False,
        bound: str = "",
        snapshot: str = "",
    ) -> AsyncIterator[AsyncConnection]:
        """Give a connection in a READ ONLY transaction, which is rolled back after the block.

        No statement takes longer than `bound`. With `own_path` names mean PostgreSQL's own alone; `as_login` leaves the role `read` out;
        with `snapshot` it sees what the transaction sees that exported it.
        Raises DatabaseUnreachable.
        """
        async with self._free:
            conn = await self._begun(bound or self.bound)
            try:
                if snapshot:
                    known = sql.Literal(snapshot)
                    await conn.execute(sql.SQL("SET TRANSACTION SNAPSHOT {}").format(known))
                if own_path:
                    await conn.execute("SET LOCAL search_path = pg_catalog, pg_temp")
                if self._role and not as_login:
                    await conn.execute(
                        sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(self._role))
                    )
                yield conn
            finally:
                await self._give_back(conn)

    async def close(self) -> None:
        """Close what is idle."""
        while self._idle:
            await self._idle.pop().close()

    async def _begun(self, bound: str) -> AsyncConnection:
        """Return a connection in a new transaction; one that died while it was idle is replaced."""
        begin = sql.SQL(_BEGIN).format(timeout=sql.Literal(bound))
        while self._idle:
            conn = self._idle.pop()
            try:
                await conn.execute(begin)
            except psycopg.OperationalError:
                await conn.close()
            else:
                return conn
        conn = await self._connect()
        await conn.execute(begin)
        return conn

    async def _connect(self) -> AsyncConnection:
        """Return a new connection. Raises DatabaseUnreachable."""
        read_only = "-c default_transaction_read_only=on"
        given = conninfo.parse(self.target.conninfo, "the given URL")
        options = f"{given.get('options', '')} {read_only}".strip()
        try:
            conn = await self._open(options=options)
        except psycopg.OperationalError as error:
            if "startup parameter" not in str(error):
                raise self.target.unreachable(error, _remedy()) from None
            # A pooler between us and the server takes no options; the transaction is READ ONLY.
            conn = await self._open()
        if self._wanted and self._role is None:
            self._role = await _may_become(conn, self._wanted)
            self._wanted = None
        return conn

    async def _open(self, **more: Any) -> AsyncConnection:
        return await AsyncConnection.connect(
            self.target.conninfo, autocommit=True, prepare_threshold=None,
            fallback_application_name=APPLICATION, **more,
        )  # fmt: skip

    async def _give_back(self, conn: AsyncConnection) -> None:
        try:
            if not conn.closed:
                rolls = conn.info.transaction_status != TransactionStatus.IDLE
                await conn.execute("ROLLBACK;" + _FREE if rolls else _FREE)
        except psycopg.Error:
            await conn.close()
        except BaseException:
            await conn.close()
            raise
        if not conn.closed:
            self._idle.append(conn)


async def _may_become(conn: AsyncConnection, role: str) -> str | None:
    """Return `role` where it exists and this session may become it."""
    try:
        if not await (await conn.execute(_MAY_BE, [role])).fetchone():
            return None
        name = sql.Identifier(role)
        await conn.execute(sql.SQL("SET ROLE {}").format(name))
        await conn.execute("RESET ROLE")
    except psycopg.errors.InsufficientPrivilege:
        return None
    return role


def _remedy() -> str:
    return "Check DATABASE_URL, and that the server is up."


def reach(url: str) -> None:
    """Raise DatabaseUnreachable unless the database answers."""
    target = conninfo.target(url, None)
    try:
        psycopg.connect(target.conninfo, prepare_threshold=None).close()
    except psycopg.OperationalError as error:
        raise target.unreachable(error, _remedy()) from None
