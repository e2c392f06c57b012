"""The fast path below psycopg's cursors: whatever is psycopg's own stays so, and nothing is lost."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import psycopg
import pytest
from psycopg.pq import TransactionStatus
from runtime_world import ADD, ANEW, COUNT, GET, SCHEMA, Face, Mood, Thing, value

from amber_sql import runtime
from amber_sql.runtime import Statement, aio, open_pool
from amber_sql.runtime._listening import ListeningConnection
from amber_sql.server import available_majors, temporary

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

pytest_plugins = ("runtime_plugin",)

NAMES = "SELECT array_agg(name ORDER BY name) FROM pg_prepared_statements"
KINDS = ("plain", "async_plain", "async_listening")
ONE = value("SELECT 1", int, name="wire.one")


class Foreign(psycopg.Connection[Any]):
    """A connection of a class that the runtime does not know."""


class AsyncForeign(psycopg.AsyncConnection[Any]):
    """The same, async."""


CLASSES = {
    "plain": psycopg.Connection,
    "async_plain": psycopg.AsyncConnection,
    "async_listening": ListeningConnection,
    "foreign": Foreign,
    "async_foreign": AsyncForeign,
}


def connect(face: Face, kind: str, **options: Any) -> Any:
    """Open one more connection of a kind, closed with the face."""
    connection = face.wait(CLASSES[kind].connect(face.url, **({"autocommit": True} | options)))
    face.stack.callback(lambda: face.wait(connection.close()))
    return connection


@pytest.fixture(params=KINDS)
def face(shared_url: str, request: pytest.FixtureRequest) -> Iterator[Face]:
    """Give each kind of connection that has the fast path, on a database with SCHEMA."""
    opened = Face("async_plain" if "async" in request.param else "plain", shared_url)
    opened.script(ANEW)
    opened.conn = connect(opened, request.param)
    yield opened
    opened.close()


def execute(face: Face, sql: str) -> Any:
    """Run a statement by psycopg itself and return its rows."""
    cursor = face.wait(face.conn.execute(sql))
    return face.wait(cursor.fetchall()) if cursor.description else None


def prepared(face: Face) -> list[str]:
    """Return the names of what the session has prepared."""
    return execute(face, NAMES)[0][0] or []


def test_a_statement_is_prepared_once_under_its_digest(face: Face) -> None:
    """The name is made of the text and the parameters' types, and of nothing else."""
    for _ in range(3):
        face.optional(GET, uuid4())
    twin = Statement("other.name", GET.sql, Thing, params={"key": "uuid"})
    face.optional(twin, uuid4())
    assert prepared(face) == [GET.wire.name.decode()]
    other = Statement("other.type", GET.sql, Thing, params={"key": "text"})
    assert other.wire.name != GET.wire.name
    assert len(GET.wire.name) < 64


def test_what_another_client_prepared_under_the_name_is_used(face: Face) -> None:
    """Behind a pooler the session may have it already: that is as good as prepared."""
    face.conn.pgconn.prepare(GET.wire.name, GET.sql.encode(), GET.wire.types)
    assert face.optional(GET, uuid4()) is None
    assert prepared(face) == [GET.wire.name.decode()]


def test_another_name_cannot_run_another_statement(face: Face) -> None:
    """Two statements of one module have names of their own, whatever the order of first use."""
    assert face.one(ONE) == 1
    assert face.one(value("SELECT 2", int, name="wire.one")) == 2
    assert face.one(ONE) == 1
    assert len(prepared(face)) == 2


@pytest.mark.parametrize("kind", ["foreign", "async_foreign"])
def test_a_foreign_class_takes_the_public_path(empty_database_url: str, kind: str) -> None:
    """With the same results, and psycopg's own prepared statement."""
    face = Face(kind.replace("foreign", "plain"), empty_database_url)
    face.script(SCHEMA)
    face.conn = connect(face, kind)
    thing = face.one(ADD, uuid4(), "a", Mood.SAD, 5)
    assert face.optional(GET, thing.id) == thing
    assert all(name.startswith("_pg3_") for name in prepared(face))
    face.close()


def test_notices_reach_their_handlers(face: Face) -> None:
    """A statement that raises a notice."""
    heard: list[str] = []
    face.conn.add_notice_handler(lambda notice: heard.append(notice.message_primary or ""))
    execute(
        face,
        "CREATE FUNCTION warn() RETURNS int LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE NOTICE 'careful'; RETURN 1; END $$",
    )
    assert face.one(value("SELECT warn()", int)) == 1
    assert heard == ["careful"]


def test_notifications_reach_their_handlers(face: Face) -> None:
    """One that arrives with a result, and one that arrived while nobody was waiting."""
    heard: list[str] = []
    face.conn.add_notify_handler(lambda notify: heard.append(notify.payload))
    execute(face, "LISTEN news")
    assert face.one(value("SELECT 1 FROM pg_notify('news', 'own')", int)) == 1
    with psycopg.connect(face.url, autocommit=True) as other:
        other.execute("NOTIFY news, 'other'")
    face.wait(asyncio.sleep(0.05) if face.is_async else time.sleep(0.05))
    assert face.one(ONE) == 1
    assert heard == ["own", "other"]


def test_psycopgs_own_notifications_still_work(face: Face) -> None:
    """`notifies()` between our statements."""
    execute(face, "LISTEN news")
    assert face.one(value("SELECT 1 FROM pg_notify('news', 'x')", int)) == 1

    async def heard() -> list[str]:
        return [n.payload async for n in face.conn.notifies(timeout=1, stop_after=1)]

    if face.is_async:
        assert face.wait(heard()) == ["x"]
    else:
        assert [n.payload for n in face.conn.notifies(timeout=1, stop_after=1)] == ["x"]
    assert face.one(ONE) == 1


def in_transaction(face: Face, *steps: Callable[[], object]) -> None:
    """Run steps, which may fail, in a transaction that ends well or with the last one's error."""

    async def asynchronous() -> None:
        async with face.conn.transaction():
            for step in steps:
                result = step()
                if asyncio.iscoroutine(result):
                    await result

    if face.is_async:
        face.wait(asynchronous())
        return
    with face.conn.transaction():
        for step in steps:
            step()


def call(face: Face, statement: Statement[Any], *args: object) -> Callable[[], Any]:
    """Return a call of `one`, not yet made."""
    return lambda: face.verbs.one(face.conn, statement, args)


def test_what_psycopg_deallocates_is_prepared_again(face: Face) -> None:
    """After ALTER or a rollback psycopg drops all of a session's statements, also in midst of a transaction."""
    execute(face, "CREATE TABLE other (n int)")
    assert face.one(ONE) == 1
    for _ in range(7):
        execute(face, "SELECT n FROM other")  # psycopg prepares it
    assert len(prepared(face)) >= 2
    in_transaction(
        face,
        lambda: face.conn.execute("ALTER TABLE other ADD COLUMN m int"),
        call(face, ONE),
        call(face, COUNT),
    )
    assert face.one(ONE) == 1


def test_a_lost_statement_inside_a_transaction_is_an_error_once(face: Face) -> None:
    """Nothing can be repeated there; the next transaction is fine."""
    assert face.one(ONE) == 1
    with pytest.raises(psycopg.errors.InvalidSqlStatementName) as caught:
        in_transaction(face, lambda: face.conn.execute("DEALLOCATE ALL"), call(face, ONE))
    assert caught.value.__notes__ == ["query: wire.one"]
    in_transaction(face, call(face, ONE))
    assert face.one(ONE) == 1


def test_a_changed_table_inside_a_transaction_is_an_error_once(face: Face) -> None:
    """The plan is stale; outside a transaction that is mended without a word."""
    star = Statement("wire.star", "SELECT * FROM thing", Thing)
    assert face.many(star) == []
    execute(face, "ALTER TABLE thing ADD COLUMN extra int")
    with pytest.raises(psycopg.errors.FeatureNotSupported):
        in_transaction(face, call(face, star))
    assert face.many(star) == []
    execute(face, "ALTER TABLE thing ADD COLUMN more int")
    assert face.many(star) == []


def test_other_unsupported_features_are_not_repeated(face: Face) -> None:
    """An error of the same class that has nothing to do with plans: its statement has run."""
    execute(
        face,
        """CREATE SEQUENCE runs;
        CREATE FUNCTION fail() RETURNS int LANGUAGE plpgsql AS $$ BEGIN
            PERFORM nextval('runs');
            RAISE EXCEPTION 'no' USING ERRCODE = 'feature_not_supported';
        END $$""",
    )
    with pytest.raises(psycopg.errors.FeatureNotSupported):
        face.one(value("SELECT fail()", int))
    assert face.one(value("SELECT last_value FROM runs", int)) == 1
    with pytest.raises(psycopg.errors.FeatureNotSupported):
        face.many(Statement("wire.for", "SELECT count(*) FROM thing FOR UPDATE", scalar=int))


def test_large_parameters_and_results_pass(face: Face) -> None:
    """More than any socket's buffer, both ways at once, then a small one."""
    echo = value("SELECT $1::text || 'x'", str, "text")
    big = "ü" * 4_000_000
    assert face.one(echo, big) == big + "x"
    assert face.one(echo, "a") == "ax"
    data = value("SELECT $1::bytea", bytes, "bytea")
    assert face.one(data, bytes(5_000_000)) == bytes(5_000_000)


def test_copy_and_pipelines_work_beside(face: Face) -> None:
    """The driver's own COPY, executemany and pipeline on the same connection, in turns with ours."""
    things = [(uuid4(), f"name {n}" * 50) for n in range(5000)]
    more = ("INSERT INTO thing (id, name) VALUES (%s, %s)", [(uuid4(), "x") for _ in range(300)])

    def sync() -> Iterator[int]:
        with face.conn.cursor().copy("COPY thing (id, name) FROM STDIN") as copy:
            for row in things:
                copy.write_row(row)
        yield runtime.one(face.conn, COUNT)
        with face.conn.cursor().copy("COPY (SELECT name FROM thing) TO STDOUT") as copy:
            yield len(list(copy))
        yield runtime.one(face.conn, COUNT)
        face.conn.cursor().executemany(*more)
        with face.conn.pipeline():
            face.conn.execute("SELECT 1")
            yield runtime.one(face.conn, COUNT)
        yield runtime.one(face.conn, COUNT)

    async def asynchronous() -> AsyncIterator[int]:
        async with face.conn.cursor().copy("COPY thing (id, name) FROM STDIN") as copy:
            for row in things:
                await copy.write_row(row)
        yield await aio.one(face.conn, COUNT)
        async with face.conn.cursor().copy("COPY (SELECT name FROM thing) TO STDOUT") as copy:
            yield len([row async for row in copy])
        yield await aio.one(face.conn, COUNT)
        await face.conn.cursor().executemany(*more)
        async with face.conn.pipeline():
            await face.conn.execute("SELECT 1")
            yield await aio.one(face.conn, COUNT)
        yield await aio.one(face.conn, COUNT)

    async def collect() -> list[int]:
        return [count async for count in asynchronous()]

    counts = face.wait(collect()) if face.is_async else list(sync())
    assert counts == [5000, 5000, 5000, 5300, 5300]


def test_a_connection_that_dies_says_so(face: Face) -> None:
    """Killed while it is idle, and while it is waiting; the error is psycopg's."""
    sleep = value("SELECT 1 FROM pg_sleep(60)", int, name="wire.sleep")
    for statement in (ONE, sleep):
        face.conn = connect(face, type_of(face))
        assert face.one(ONE) == 1
        pid = face.conn.info.backend_pid
        killer = threading.Timer(0.2, kill, (face.url, pid))
        killer.start()
        if statement is ONE:
            killer.join()
            face.wait(asyncio.sleep(0.05) if face.is_async else None)
        with pytest.raises(psycopg.OperationalError):
            face.one(statement)
        killer.join()
        assert face.conn.closed
        for _ in range(2):
            with pytest.raises(psycopg.OperationalError):
                face.one(ONE)
            face.wait(face.conn.close())


def type_of(face: Face) -> str:
    """Return which kind of connection a face has."""
    return next(kind for kind, cls in CLASSES.items() if type(face.conn) is cls)


def kill(url: str, pid: int) -> None:
    """End a backend."""
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))


def test_a_socket_number_may_be_used_again(face: Face) -> None:
    """Connections come and go, dead ones too, and their sockets' numbers with them."""
    kind = type_of(face)
    for turn in range(12):
        conn = connect(face, kind)
        assert face.one(ONE, conn=conn) == 1
        if turn % 2:
            kill(face.url, conn.info.backend_pid)
            with pytest.raises(psycopg.OperationalError):
                face.one(ONE, conn=conn)
        face.wait(conn.close())
    assert face.one(ONE) == 1


def test_a_statement_timeout_is_psycopgs_error(face: Face) -> None:
    """And the connection goes on."""
    execute(face, "SET statement_timeout = 50")
    with pytest.raises(psycopg.errors.QueryCanceled):
        face.one(value("SELECT 1 FROM pg_sleep(60)", int))
    assert face.one(ONE) == 1


def test_a_transaction_begins_where_autocommit_is_off(face: Face) -> None:
    """With the connection's own isolation level, before the statement and not before its preparation."""
    conn = connect(face, type_of(face), autocommit=False)
    face.wait(conn.set_isolation_level(psycopg.IsolationLevel.SERIALIZABLE))
    level = value("SELECT current_setting('transaction_isolation')", str)
    conn.pgconn.prepare(level.wire.name, level.sql.encode())
    for _ in range(2):
        assert face.one(level, conn=conn) == "serializable"
        assert conn.pgconn.transaction_status == TransactionStatus.INTRANS
        face.wait(conn.rollback())


def test_a_connection_may_move_to_another_loop(empty_database_url: str) -> None:
    """As psycopg's own may, between its statements."""
    with asyncio.Runner() as first:
        conn = first.run(ListeningConnection.connect(empty_database_url, autocommit=True))
        assert first.run(ask_one(conn)) == 1
    with asyncio.Runner() as second:
        assert second.run(ask_one(conn)) == 1
        second.run(conn.close())


async def ask_one(conn: Any) -> int:
    """Ask one thing."""
    return await aio.one(conn, ONE)


@pytest.fixture(scope="module")
def tls_url(server_folder: Path) -> Iterator[str]:
    """Start a server that speaks TLS, over TCP, with a certificate made for the test."""
    if sys.platform != "linux":
        pytest.skip("needs an address of its own")
    openssl = shutil.which("openssl")
    found = [folder for folder in available_majors().values() if speaks_tls(folder)]
    if not openssl or not found:
        pytest.skip("no PostgreSQL with TLS, or no openssl, on this machine")
    key, certificate = server_folder / "key.pem", server_folder / "certificate.pem"
    request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=x"]
    subprocess.run(
        [openssl, *request, "-keyout", key, "-out", certificate], check=True, capture_output=True
    )
    address = f"127.{os.getpid() % 250 + 1}.5.4"  # all of 127/8 is this machine: nobody else's
    with temporary({"listen_addresses": address}, bin_dir=found[0]) as server:
        with psycopg.connect(server.url("postgres"), autocommit=True) as admin:
            folder = Path(str(admin.execute("SHOW data_directory").fetchone()[0]))  # type: ignore[index]
            for file, name in ((key, "server.key"), (certificate, "server.crt")):
                shutil.copy(file, folder / name)
                os.chown(folder / name, folder.stat().st_uid, folder.stat().st_gid)
                (folder / name).chmod(0o600)
            with (folder / "pg_hba.conf").open("a") as rules:
                rules.write(f"hostssl all all {address}/32 trust\n")
            admin.execute("ALTER SYSTEM SET ssl = on")
            admin.execute("SELECT pg_reload_conf()")
        yield f"postgresql://amber@{address}/postgres?sslmode=require"


def speaks_tls(folder: Path) -> bool:
    """Tell whether a server was built with TLS."""
    shown = subprocess.run(
        [folder / "pg_config", "--configure"], capture_output=True, text=True, check=False
    )
    return "with-openssl" in shown.stdout or "with-ssl" in shown.stdout


@pytest.mark.parametrize("kind", KINDS)
def test_tls_changes_nothing(tls_url: str, kind: str) -> None:
    """Small and large answers, which TLS hands over in records of its own."""
    face = Face("async_plain" if "async" in kind else "plain", tls_url)
    face.conn = connect(face, kind)
    assert face.one(value("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()", bool))
    series = value("SELECT repeat('x', 1000) FROM generate_series(1, $1)", str, "int4")
    for count in (1, 10, 17, 100, 20_000, 3):
        assert len(face.many(series, count)) == count
    echo = value("SELECT $1::text", str, "text")
    assert face.one(echo, "y" * 3_000_000) == "y" * 3_000_000
    if face.is_async:
        with pytest.raises(TimeoutError):
            face.wait(
                asyncio.wait_for(aio.one(face.conn, value("SELECT 1 FROM pg_sleep(9)", int)), 0.1)
            )
    assert face.one(ONE) == 1
    face.close()


def test_uvloop_runs_everything(empty_database_url: str) -> None:
    """Statements, cancelling, COPY, a death, a pool."""
    uvloop = pytest.importorskip("uvloop")
    sleep = value("SELECT 1 FROM pg_sleep(60)", int)

    async def main() -> None:
        async with aio.open_pool(empty_database_url, min_size=2, max_size=2) as pool:
            for _ in range(3):
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(aio.one(pool, sleep), 0.05)
            found = await asyncio.gather(*(aio.one(pool, ONE) for _ in range(50)))
            assert found == [1] * 50
            async with pool.connection() as conn:
                await conn.execute("CREATE TABLE c (n int)")
                async with conn.cursor().copy("COPY c FROM STDIN") as copy:
                    for n in range(1000):
                        await copy.write_row((n,))
                assert await aio.one(conn, value("SELECT count(*) FROM c", int)) == 1000
                await asyncio.to_thread(kill, empty_database_url, conn.info.backend_pid)
                with pytest.raises(psycopg.OperationalError):
                    await aio.one(conn, ONE)
            assert await aio.one(pool, ONE) == 1

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())


OTHER_VERSION = """
import sys, warnings
import psycopg
psycopg.__version__ = "3.9.0"
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    from amber_sql import runtime
    from amber_sql.runtime import aio
print([str(w.message) for w in caught])
from runtime_world import *
from uuid import UUID
for kind in FACES:
    face = Face(kind, sys.argv[1])
    face.script("DROP SCHEMA public CASCADE; CREATE SCHEMA public;" + SCHEMA)
    thing = face.one(ADD, UUID(int=1), "a", Mood.SAD, 5)
    assert face.optional(GET, thing.id) == thing and face.many(ALL) == [thing], kind
    assert face.affected(CLEAR) == 1
    face.close()
print("same")
"""


def test_another_version_of_psycopg_works_with_one_warning(empty_database_url: str) -> None:
    """By the public path, with the same results."""
    done = subprocess.run(
        [sys.executable, "-c", OTHER_VERSION, empty_database_url],
        cwd=Path(__file__).parents[1] / "support",
        capture_output=True,
        check=True,
        text=True,
    )
    warned, same = done.stdout.splitlines()
    assert warned.count("amber-sql was tested with psycopg 3.3.x and found version 3.9.0") == 1
    assert same == "same"


def test_a_pools_connections_have_the_fast_path(empty_database_url: str) -> None:
    """Statements over a pool are prepared by their digest."""
    with open_pool(empty_database_url) as pool:
        names = value(NAMES, list[str])
        assert runtime.one(pool, names) == [names.wire.name.decode()]
