"""Pools: what their connections are like, who gets which, and what they refuse."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import psycopg
import pytest
from command import fork
from psycopg.conninfo import make_conninfo
from psycopg_pool import ConnectionPool, PoolTimeout
from runtime_world import ADD, ANEW, COUNT, SCHEMA, Face, value

import amber_sql.aio
from amber_sql import runtime
from amber_sql.errors import DatabaseUnreachable, NoDatabaseUrl, PoolInTransaction, UsedAfterFork
from amber_sql.runtime import Pool, aio, open_pool

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytest_plugins = ("runtime_plugin",)

POOLS = ("pool", "async_pool")
PID = value("SELECT pg_backend_pid()", int)


@pytest.fixture(params=POOLS)
def face(shared_url: str, request: pytest.FixtureRequest) -> Iterator[Face]:
    """Give both kinds of pool, on a database with SCHEMA."""
    opened = Face(request.param, shared_url, min_size=2, max_size=4)
    opened.script(ANEW)
    yield opened
    opened.close()


def setting(face: Face, name: str, conn: Any = None) -> str:
    """Return one of the session's settings."""
    return face.one(value(f"SELECT current_setting('{name}')", str), conn=conn)


def test_connections_have_sane_settings(face: Face) -> None:
    """Autocommit, exactly UTC, timeouts and a name."""
    assert face.connection(autocommit_of) is True
    assert [
        setting(face, name)
        for name in (
            "TimeZone",
            "statement_timeout",
            "idle_in_transaction_session_timeout",
            "application_name",
            "client_encoding",
        )
    ] == ["UTC", "1min", "1min", "amber-sql", "UTF8"]


def autocommit_of(conn: Any) -> Any:
    """Return a connection's autocommit."""
    if isinstance(conn, psycopg.Connection):
        return conn.autocommit
    return asyncio.sleep(0, conn.autocommit)


IN_URL = {"options": "-c statement_timeout=7s -c DateStyle=SQL,\\ DMY", "application_name": "mine"}
OVERRIDES = {  # what the URL says, what the caller says, what the session then has
    "the caller": (
        {},
        {"settings": {"statement_timeout": "5s", "TimeZone": None}},
        {"statement_timeout": "5s", "idle_in_transaction_session_timeout": "1min"},
    ),
    "the URL": (
        IN_URL | {"connect_timeout": 3},
        {},
        {"statement_timeout": "7s", "DateStyle": "SQL, DMY", "application_name": "mine"}
        | {"TimeZone": "UTC"},
    ),
    "nothing is sent": ({}, {"settings": None}, {"statement_timeout": "0"}),
    "odd text": ({}, {"settings": {"my.own": "a \\ 'b"}}, {"my.own": "a \\ 'b"}),
    "kwargs before the URL": (
        IN_URL,
        {"kwargs": {"options": "-c statement_timeout=8s"}},
        {"statement_timeout": "8s", "TimeZone": "UTC"},
    ),
    "a name in kwargs": (
        {},
        {"kwargs": {"application_name": "named"}},
        {"application_name": "named"},
    ),
}


@pytest.mark.parametrize("kind", POOLS)
@pytest.mark.parametrize(("in_url", "given", "expected"), OVERRIDES.values(), ids=OVERRIDES)
def test_every_setting_can_be_overridden(
    shared_url: str,
    kind: str,
    in_url: dict[str, Any],
    given: dict[str, Any],
    expected: dict[str, str],
) -> None:
    """By the caller and by the URL's own options; None sends nothing."""
    with closing(Face(kind, make_conninfo(shared_url, **in_url), min_size=1, **given)) as face:
        assert {name: setting(face, name) for name in expected} == expected


def test_the_environment_overrides_settings(face: Face, monkeypatch: pytest.MonkeyPatch) -> None:
    """PGOPTIONS and PGAPPNAME, as libpq knows them."""
    monkeypatch.setenv("PGOPTIONS", "-c work_mem=7MB")
    monkeypatch.setenv("PGAPPNAME", "from the environment")
    monkeypatch.setenv("DATABASE_URL", face.url)
    environment = face.wait(face.verbs.open_pool(None))
    face.wait(environment.open())
    assert setting(face, "work_mem", environment) == "7MB"
    assert setting(face, "application_name", environment) == "from the environment"
    face.wait(environment.close())


def test_nothing_is_prepared_for_an_old_pooler(face: Face) -> None:
    """`prepare=False` leaves no statement in the session."""
    pool = face.open(face.kind, prepare=False, max_size=1)
    count = value("SELECT count(*) FROM pg_prepared_statements", int)
    assert [face.one(count, conn=pool) for _ in range(8)] == [0] * 8


def test_the_connection_used_last_is_lent_first(face: Face) -> None:
    """So a few stay hot and the others may expire."""
    pids = {face.one(PID) for _ in range(20)}
    assert len(pids) == 1


def test_a_pool_inside_its_own_transaction_is_refused(face: Face) -> None:
    """The statement would escape the transaction, which goes on."""
    verbs, enter = face.verbs, "__aenter__" if face.is_async else "__enter__"

    def begin() -> Any:
        return getattr(verbs.stream(face.conn, COUNT), enter)()

    calls = (
        lambda: verbs.one(face.conn, COUNT),
        lambda: verbs.insert_many(face.conn, COUNT, []),
        begin,
    )
    refused = pytest.raises(PoolInTransaction, match=r"things\.count was called with the")

    def sync(conn: Any) -> None:
        with conn.transaction():
            for call in calls:
                with refused:
                    call()
            assert runtime.one(conn, COUNT) == 0

    async def asynchronous(conn: Any) -> None:
        async with conn.transaction():
            for call in calls:
                with refused:
                    await call()
            assert await aio.one(conn, COUNT) == 0

    face.connection(asynchronous if face.is_async else sync)


def test_a_pool_outside_its_own_transaction_is_not_refused(face: Face) -> None:
    """A connection that was taken from it does no harm, before a transaction and after it."""

    def sync(conn: Any) -> list[int]:
        before = runtime.one(face.conn, COUNT)
        with conn.transaction():
            within = runtime.one(conn, COUNT)
        return [before, within, runtime.one(face.conn, COUNT)]

    async def asynchronous(conn: Any) -> list[int]:
        before = await aio.one(face.conn, COUNT)
        async with conn.transaction():
            within = await aio.one(conn, COUNT)
        return [before, within, await aio.one(face.conn, COUNT)]

    assert face.connection(asynchronous if face.is_async else sync) == [0, 0, 0]


def test_another_pool_inside_a_transaction_is_not_refused(face: Face) -> None:
    """Only the pool whose connection is in a transaction."""
    other = face.open(face.kind)

    def sync(conn: Any) -> int:
        with conn.transaction():
            return runtime.one(other, COUNT)

    async def asynchronous(conn: Any) -> int:
        async with conn.transaction():
            return await aio.one(other, COUNT)

    assert face.connection(asynchronous if face.is_async else sync) == 0


def test_another_thread_is_not_refused(empty_database_url: str) -> None:
    """It has no transaction of its own."""
    with open_pool(empty_database_url) as pool, ThreadPoolExecutor(1) as executor:
        pool_count = value("SELECT 1", int)
        with pool.connection() as conn, conn.transaction():
            assert executor.submit(runtime.one, pool, pool_count).result() == 1


def test_another_task_is_not_refused(empty_database_url: str) -> None:
    """Also one that was created inside the transaction, for a sync pool as for an async one."""
    one = value("SELECT 1", int)

    async def main() -> None:
        async def use_both() -> None:
            assert await aio.one(pool, one) == 1
            assert runtime.one(sync_pool, one) == 1

        with open_pool(empty_database_url) as sync_pool:
            async with aio.open_pool(empty_database_url) as pool:
                async with pool.connection() as conn, conn.transaction():
                    await asyncio.create_task(use_both())
                    with pytest.raises(PoolInTransaction):
                        await use_both()
                with sync_pool.connection() as sync_conn, sync_conn.transaction():
                    await asyncio.create_task(use_both())
                    with pytest.raises(PoolInTransaction):
                        await use_both()

    asyncio.run(main())


def test_a_connection_that_is_given_back_by_another_thread_is_free(
    empty_database_url: str,
) -> None:
    """What counts is who took it, until it is back."""
    with open_pool(empty_database_url) as pool, ThreadPoolExecutor(1) as executor:
        conn = pool.getconn()
        conn.execute("BEGIN")
        with pytest.raises(PoolInTransaction):
            runtime.one(pool, PID)
        executor.submit(pool.putconn, conn).result()
        assert runtime.one(pool, PID)


def test_a_connection_from_a_pool_without_autocommit_commits(empty_database_url: str) -> None:
    """Whatever pool it is, a single statement is kept."""
    with ConnectionPool(empty_database_url, open=True, min_size=1) as stock:
        runtime.script(stock, runtime.Statement("a.schema", SCHEMA))
        runtime.one(stock, ADD, (uuid4(), "a", None, 1))
        assert runtime.one(stock, COUNT) == 1
    with open_pool(empty_database_url, kwargs={"autocommit": False}) as pool:
        runtime.one(pool, ADD, (uuid4(), "b", None, 1))
        with psycopg.connect(empty_database_url, autocommit=True) as conn:
            assert runtime.one(conn, COUNT) == 2


def test_a_connection_goes_back_after_an_error(face: Face) -> None:
    """A hundred failures do not use up a pool of four."""
    fail = value("SELECT 1 / 0", int)
    for _ in range(100):
        with pytest.raises(psycopg.errors.DivisionByZero):
            face.one(fail)
    assert face.one(COUNT) == 0


def test_an_idle_connection_that_died_is_replaced(face: Face) -> None:
    """After a second of rest it is checked before it is lent, so no call meets it."""
    pids = {face.one(PID)}
    time.sleep(1.1)
    with psycopg.connect(face.url, autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'"
        )
    started = time.monotonic()
    assert face.one(PID) not in pids
    assert time.monotonic() - started < 1.0


def test_a_pool_that_is_exhausted_says_so(face: Face) -> None:
    """As psycopg_pool does, after the time that was given."""
    pool = face.open(face.kind, min_size=1, max_size=1, timeout=0.3)

    def sync(_: Any) -> None:
        with pytest.raises(PoolTimeout):
            runtime.one(pool, COUNT)

    async def asynchronous(_: Any) -> None:
        with pytest.raises(PoolTimeout):
            await aio.one(pool, COUNT)

    face.within(pool.connection(), asynchronous if face.is_async else sync)


def test_a_cancelled_borrower_loses_no_connection(empty_database_url: str) -> None:
    """A hundred tasks cancelled at any point leave a pool of two whole."""

    async def main() -> int:
        async with aio.open_pool(empty_database_url, min_size=2, max_size=2) as pool:
            sleep = value("SELECT 1 FROM pg_sleep(0.01)", int)
            for delay in range(100):
                task = asyncio.create_task(aio.many(pool, sleep))
                await asyncio.sleep(delay / 10_000)
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
            found = await asyncio.gather(*(aio.one(pool, PID) for _ in range(20)))
            assert pool.get_stats()["pool_size"] == 2
            return len(found)

    assert asyncio.run(main()) == 20


def test_a_fork_may_not_use_its_parents_pool(empty_database_url: str) -> None:
    """The child is told, and leaving the block in the child leaves the parent's sockets alone."""
    with open_pool(empty_database_url) as pool:
        before = runtime.one(pool, PID)
        read, write = os.pipe()
        child = fork()
        if child == 0:
            try:
                pool.getconn()
            except UsedAfterFork as refusal:
                os.write(write, str(refusal).encode())
            finally:
                pool.close()
                os._exit(0)
        os.waitpid(child, 0)
        assert b"opened by another process" in os.read(read, 1000)
        os.close(read)
        os.close(write)
        assert runtime.one(pool, PID) == before


def _unreachable(kind: str, folder: Path, timeout: float) -> DatabaseUnreachable:
    """Return how a pool says that no server listens in this folder."""
    with pytest.raises(DatabaseUnreachable) as caught:
        Face(kind, f"postgresql://me:s3cret@/there?host={folder}&port=5499", timeout=timeout)
    return caught.value


@pytest.mark.parametrize("kind", POOLS)
def test_an_unreachable_server_is_one_clear_sentence(kind: str, tmp_path: Path) -> None:
    """After the time that was given, with the target, the reason and what to do."""
    started = time.monotonic()
    error = _unreachable(kind, tmp_path, 0.6)
    assert 0.5 < time.monotonic() - started < 3
    said = str(error)
    assert said.startswith(f"No connection to me@{tmp_path}:5499/there: connection ")
    assert "`amber-sql dev` starts one" in said
    assert "\n" not in said
    assert error.exit_code == 3


@pytest.mark.parametrize("kind", POOLS)
def test_an_unreachable_server_is_said_once_and_without_the_password(
    kind: str, tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """The attempts that failed are no lines of a log."""
    with caplog.at_level(logging.WARNING):
        said = str(_unreachable(kind, tmp_path, 0.3))
    assert "s3cret" not in said + "".join(capfd.readouterr()) + caplog.text
    assert not caplog.records


@pytest.mark.parametrize("kind", POOLS)
def test_what_time_will_not_mend_is_said_at_once(empty_database_url: str, kind: str) -> None:
    """A database or a role that does not exist."""
    url = make_conninfo(empty_database_url, dbname="not_there")
    started = time.monotonic()
    with pytest.raises(DatabaseUnreachable, match="Check DATABASE_URL"):
        Face(kind, url)
    assert time.monotonic() - started < 5


def test_without_a_url_there_is_no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is guessed, and no server is started."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    for open_one in (open_pool, amber_sql.aio.open_pool):
        with pytest.raises(NoDatabaseUrl, match="set DATABASE_URL"):
            open_one()
    with pytest.raises(NoDatabaseUrl):
        open_pool("")


def test_a_pool_works_without_a_block(empty_database_url: str) -> None:
    """A pool that is never closed serves as well."""
    pool = open_pool(empty_database_url, min_size=0)
    assert isinstance(pool, Pool)
    assert runtime.one(pool, value("SELECT 1", int)) == 1
    pool.close()
