"""Pools: psycopg's, that open in autocommit and UTC, or say plainly why they cannot.

The connection used last is lent first, which keeps a few connections hot and lets the rest
expire; one that has been idle for over a second is checked before it is lent.
"""

from __future__ import annotations

import os
from contextlib import asynccontextmanager
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any
from weakref import ref

from psycopg import AsyncConnection, OperationalError
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool, PoolTimeout
from psycopg_pool.pool_async import AddConnection

from amber_sql.errors import PoolInTransaction, UsedAfterFork

from . import _connect_retry as connect_retry
from ._checkouts import Checkouts
from ._failover import NOTE, has_stale_functions, is_lost, is_read_only, wants_primary
from ._listening import AsyncPooled
from .conninfo import ConnectionTarget, target

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from weakref import ReferenceType

    from psycopg_pool.pool_async import MaintenanceTask

IDLE_SINCE = "_amber_idle_since"
TRUSTED_SECONDS = 1.0


class AsyncPool(AsyncConnectionPool[AsyncConnection[TupleRow]]):
    """A pool of autocommit connections. Made by `open_pool()`."""

    def __init__(self, database: ConnectionTarget, first_wait: float, **options: Any) -> None:
        super().__init__(
            database.conninfo,
            connection_class=AsyncPooled,
            open=False,
            check=partial(check_when_idle, ref(self)),
            configure=note_idle,
            **options,
        )
        self._database = database
        self._first_wait = first_wait
        self._checkouts = Checkouts()
        self._process = os.getpid()
        self._last_problem: Exception | None = None
        self._wants_primary = wants_primary(database.conninfo, options.get("kwargs") or {})

    def refuse_inside_transaction(self, query: str) -> None:
        """Raise PoolInTransaction if the caller has a transaction open on a connection of ours."""
        if self._checkouts.in_transaction():
            raise PoolInTransaction(query=query)

    async def open(self, wait: bool = False, timeout: float = 30.0) -> None:  # noqa: ASYNC109
        """Open the pool and wait for its first connection.

        Raises DatabaseUnreachable when none can be made in time.
        """
        if not self.closed:
            return
        with connect_retry.quiet(self.name):
            await super().open()
            self._growing = self.min_size > 0  # psycopg adds one for each waiting caller otherwise
            try:
                await self._first_connection()
            except BaseException:
                await self.close()
                raise
            self._growing = False
        if wait:
            await self.wait(timeout)

    async def _first_connection(self) -> None:
        deadline = monotonic() + self._first_wait
        while True:
            try:
                connection = await super().getconn(timeout=connect_retry.STEP)
            except PoolTimeout:
                problem = self._last_problem
                if monotonic() < deadline and not connect_retry.is_hopeless(problem):
                    continue
                remedy = connect_retry.remedy(problem)
                raise self._database.unreachable(problem, remedy) from None
            return await super().putconn(connection)

    async def getconn(self, timeout: float | None = None) -> AsyncConnection[TupleRow]:  # noqa: ASYNC109
        """Take a connection, which `putconn()` must get back; prefer `connection()`."""
        connection = await self.borrow(timeout)
        self._checkouts.check_out(connection)
        return connection

    async def borrow(self, timeout: float | None = None) -> AsyncConnection[TupleRow]:  # noqa: ASYNC109
        """Take a connection for a statement: it is not the caller's to hold."""
        if self._process != os.getpid():
            raise UsedAfterFork
        try:
            return await super().getconn(timeout)
        except PoolTimeout as late:
            if problem := self._last_problem:
                remedy = connect_retry.remedy(problem)
                late.add_note(str(self._database.unreachable(problem, remedy)))
            raise

    @asynccontextmanager
    async def connection(
        self,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> AsyncIterator[AsyncConnection[TupleRow]]:
        """Lend a connection for a block, as psycopg's pools do."""
        async with super().connection(timeout) as connection:
            try:
                yield connection
            except Exception as problem:
                await self.after_error(connection, problem)
                raise

    async def after_error(
        self, conn: AsyncConnection[TupleRow], problem: Exception, *, single: bool = False
    ) -> None:
        """Lend nobody a connection that `problem` says is of no use any more."""
        if self._wants_primary and is_read_only(conn, problem, single=single):
            problem.add_note(NOTE)
            conn._expire_at = 0.0  # noqa: SLF001  # psycopg's pool puts it there
            if monotonic() - self._drained_at > TRUSTED_SECONDS:
                await self.drain()
        elif has_stale_functions(problem):
            conn._expire_at = 0.0  # noqa: SLF001
        elif is_lost(conn, problem):
            async with self._lock:
                for idle in self._pool:
                    vars(idle)[IDLE_SINCE] = 0.0  # to be checked before it is lent

    async def putconn(self, conn: AsyncConnection[TupleRow]) -> None:
        """Give a connection back."""
        self._checkouts.check_in(conn)
        vars(conn)[IDLE_SINCE] = monotonic()
        await super().putconn(conn)

    async def close(self, timeout: float = 5.0) -> None:  # noqa: ASYNC109
        """Close the pool. In a forked child this does nothing: the sockets are the parent's."""
        if self._process == os.getpid():
            await super().close(timeout)

    async def _connect(self, timeout: float | None = None) -> AsyncConnection[TupleRow]:  # noqa: ASYNC109
        try:
            connection = await super()._connect(timeout)
        except Exception as problem:
            self._last_problem = problem
            raise
        self._last_problem = None
        return connection

    async def schedule_task(self, task: MaintenanceTask, delay: float) -> None:
        """Try again soon to connect: psycopg waits twice as long each time, up to minutes."""
        if isinstance(task, AddConnection):
            delay = min(delay, connect_retry.LONGEST)
        await super().schedule_task(task, delay)

    async def _get_ready_connection(  # psycopg calls it with the pool's lock held
        self,
        timeout: float | None,  # noqa: ASYNC109
    ) -> AsyncConnection[TupleRow] | None:
        self._pool.rotate(1)  # psycopg takes the left one, and returns to the right
        return await super()._get_ready_connection(timeout)


async def note_idle(connection: AsyncConnection[Any]) -> None:
    """Start the clock of a new connection."""
    vars(connection)[IDLE_SINCE] = monotonic()


async def check_when_idle(pool: ReferenceType[AsyncPool], connection: AsyncConnection[Any]) -> None:
    """Raise if a connection that has been idle for a while is dead.

    Then the server was restarted, or went away: the other idle connections are replaced as well,
    so that nobody has to find each of them dead.
    """
    if monotonic() - vars(connection)[IDLE_SINCE] <= TRUSTED_SECONDS:
        return
    try:
        await AsyncConnectionPool.check_connection(connection)
    except OperationalError:
        if alive := pool():
            await alive.drain()
        raise


def open_pool(
    url: str | None = None,
    *,
    min_size: int = 1,
    max_size: int = 10,
    timeout: float = 10.0,
    settings: Mapping[str, str | None] | None = {},  # only read
    prepare: bool = True,
    kwargs: Mapping[str, Any] | None = None,
    **options: Any,
) -> AsyncPool:
    """Return a pool of connections to `url`, or to DATABASE_URL.

    Its connections are in autocommit: a transaction is always written down. `settings` are added
    to the session's TimeZone UTC, statement_timeout and idle_in_transaction_session_timeout
    (60 s each); None removes one, `settings=None` sends none, which a pooler in transaction mode
    needs. What `options` in the URL or in `kwargs` say wins. `prepare=False` is for PgBouncer before 1.21.
    `kwargs` go to psycopg's connect(), and `options` to psycopg_pool's constructor.

    Opening (in async code: entering) waits `timeout` seconds for the first connection, then raises DatabaseUnreachable;
    afterwards that is how long a caller waits for a connection. Raises NoDatabaseUrl at once.
    """
    connect = {"autocommit": True, "prepare_threshold": 5 if prepare else None, **(kwargs or {})}
    theirs = connect.pop("options", "")
    pool = AsyncPool(
        target(url, settings, str(theirs)),
        timeout,
        min_size=min_size,
        max_size=max_size,
        timeout=timeout,
        kwargs=connect,
        **options,
    )
    # SYNC pool.open()
    return pool  # noqa: RET504
