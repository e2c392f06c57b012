"""A server that becomes read-only, goes away and comes back under an open pool."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg_pool import PoolTimeout
from runtime_world import Face, value

from amber_sql.runtime import Statement
from amber_sql.server import temporary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from amber_sql.server import Server

POOLS = ("pool", "async_pool")
PID = value("SELECT pg_backend_pid()", int, name="failover.pid")
WRITE = Statement("failover.write", "INSERT INTO word (word) VALUES ('a')")


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[Server, Server]]:
    """Run two servers that tests may fence and restart."""
    with temporary() as one, temporary() as other:
        for server in (one, other):
            with writable(server) as conn:
                conn.execute("CREATE TABLE word (word text)")
        yield one, other


@contextmanager
def writable(server: Server) -> Iterator[psycopg.Connection[Any]]:
    """Connect to a server whatever it says of writes."""
    with psycopg.connect(
        server.url("postgres"), autocommit=True, options="-c default_transaction_read_only=off"
    ) as conn:
        yield conn


@contextmanager
def fenced(server: Server) -> Iterator[None]:
    """Let the server refuse writes, as one that was demoted does."""
    with writable(server) as conn:
        conn.execute("ALTER SYSTEM SET default_transaction_read_only = on")
        reload(conn)
        try:
            yield
        finally:
            conn.execute("ALTER SYSTEM RESET default_transaction_read_only")
            reload(conn)


def reload(conn: psycopg.Connection[Any]) -> None:
    """Read the configuration, and let every session notice."""
    conn.execute("SELECT pg_reload_conf()")
    time.sleep(0.2)


@pytest.fixture(params=POOLS)
def opened(
    servers: tuple[Server, Server], request: pytest.FixtureRequest
) -> Iterator[Callable[..., Face]]:
    """Open a pool of three connections to the first server that will do."""
    hosts = ",".join(conninfo_to_dict(each.url("postgres"))["host"] for each in servers)
    faces = []

    def open_one(attributes: str = "any", timeout: float = 10) -> Face:
        url = make_conninfo(
            servers[0].url("postgres"), host=hosts, port="", target_session_attrs=attributes
        )
        face = Face(request.param, url, min_size=3, max_size=3, timeout=timeout)
        faces.append(face)
        face.wait(face.conn.wait())
        return face

    yield open_one
    for face in faces:
        face.close()


def in_a_transaction(face: Face, *before: str) -> None:
    """Write on a connection of the pool's, in a transaction."""

    def sync(conn: Any) -> None:
        with conn.transaction():
            for sql in before:
                conn.execute(sql)
            face.verbs.affected(conn, WRITE)

    async def asynchronous(conn: Any) -> None:
        async with conn.transaction():
            for sql in before:
                await conn.execute(sql)
            await face.verbs.affected(conn, WRITE)

    face.connection(asynchronous if face.is_async else sync)


WAYS: dict[str, Callable[[Face], object]] = {
    "statement": lambda face: face.affected(WRITE),
    "transaction": in_a_transaction,
}


@pytest.mark.parametrize("way", WAYS)
def test_a_write_that_is_refused_is_the_last_one(
    servers: tuple[Server, Server], opened: Callable[..., Face], way: str
) -> None:
    """The call says what happened; the next ones are at the server that takes them."""
    face = opened("read-write")
    WAYS[way](face)
    with fenced(servers[0]):
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction) as caught:
            WAYS[way](face)
        assert "the server is read-only" in "".join(caught.value.__notes__)
        for _ in range(20):
            WAYS[way](face)


def test_a_pool_that_wants_no_primary_keeps_its_connections(
    servers: tuple[Server, Server], opened: Callable[..., Face]
) -> None:
    """A write to a standby is its caller's mistake."""
    with fenced(servers[0]):
        face = opened("read-only")
        before = {face.one(PID) for _ in range(3)}
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction) as caught:
            face.affected(WRITE)
        assert caught.value.__notes__ == ["query: failover.write"]
        assert {face.one(PID) for _ in range(3)} == before


def test_a_read_only_transaction_is_its_callers_wish(opened: Callable[..., Face]) -> None:
    """No connection is dropped for it."""
    face = opened()
    before = {face.one(PID) for _ in range(3)}
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        in_a_transaction(face, "SET TRANSACTION READ ONLY")
    assert {face.one(PID) for _ in range(3)} == before


def test_a_crash_is_one_error(servers: tuple[Server, Server], opened: Callable[..., Face]) -> None:
    """Who finds one connection dead finds no other: the idle ones are checked."""
    face = opened("read-write")
    for _ in range(3):
        face.one(PID)
    servers[0].stop("immediate")
    servers[0].start()
    failures = 0
    for _ in range(10):
        try:
            face.one(PID)
        except psycopg.OperationalError:
            failures += 1
    assert failures <= 1


@pytest.mark.slow
def test_a_pool_is_back_within_a_second(
    servers: tuple[Server, Server], opened: Callable[..., Face]
) -> None:
    """However long its primary was away; who gave up meanwhile is told why, and for which query."""
    face = opened("read-write", timeout=1)
    said = []
    servers[1].stop("immediate")
    servers[0].stop("immediate")
    restart = threading.Timer(3.4, lambda: (servers[0].start(), back.append(time.monotonic())))
    back: list[float] = []
    restart.start()
    while True:
        try:
            face.one(PID)
            break
        except PoolTimeout as late:
            said.append("\n".join(late.__notes__))
        except psycopg.OperationalError:
            pass
    took = time.monotonic() - back[0] if back else 0
    restart.join()
    servers[1].start()
    assert took < 1
    assert "query: failover.pid" in said[0]
    assert "No connection to" in said[0]


def test_a_pool_that_is_exhausted_names_the_query(opened: Callable[..., Face]) -> None:
    """Also where the block of a stream or of a bulk insert cannot begin."""
    face = opened(timeout=0.2)
    held = [face.wait(face.conn.getconn()) for _ in range(3)]
    for call in (
        lambda: face.one(PID),
        lambda: face.stream(PID),
        lambda: face.insert_many(WRITE, []),
        lambda: face.script("SELECT 1"),
    ):
        with pytest.raises(PoolTimeout) as late:
            call()
        assert late.value.__notes__[0].startswith("query: ")
    with suppress(psycopg.Error):
        for conn in held:
            face.wait(face.conn.putconn(conn))
