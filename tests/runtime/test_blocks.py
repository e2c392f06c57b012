"""A stream and a bulk insert have their connection to themselves: who comes meanwhile, and who is inside."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from runtime_world import ALL, ANEW, COUNT, INSERT, PARAMS, Face, Mood, Thing

from amber_sql.errors import ConnectionInUse
from amber_sql.runtime import CopyTarget, Statement, _blocks, _blocks_async, aio, lock_then

if TYPE_CHECKING:
    from collections.abc import Iterator

pytest_plugins = ("runtime_plugin",)

ADD = Statement("blocks.add", INSERT, params=PARAMS, nullable=("mood", "size"))


@pytest.fixture(params=["plain", "async_plain"])
def face(
    shared_url: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Face]:
    """Give one connection of each half, on a database with SCHEMA; nobody waits for long."""
    for module in (_blocks, _blocks_async):
        monkeypatch.setattr(module, "PATIENCE", 0.1)
    opened = Face(request.param, shared_url)
    opened.script(ANEW)
    yield opened
    opened.close()


def things(count: int = 3) -> list[Thing]:
    """Return new rows."""
    return [Thing(uuid4(), "a", Mood.SAD, 1) for _ in range(count)]


def beside_a_stream(face: Face, *calls: Any) -> list[type[BaseException] | None]:
    """Return what each call ends with while somebody else streams."""
    if not face.is_async:

        def outcome(call: Any) -> type[BaseException] | None:
            try:
                call(face.conn)
            except ConnectionInUse as problem:
                return type(problem)
            return None

        with ThreadPoolExecutor(1) as run, face.verbs.stream(face.conn, ALL) as rows:
            list(rows)
            return list(run.map(outcome, calls))

    async def main() -> list[type[BaseException] | None]:
        may_go, begun = asyncio.Event(), asyncio.Event()

        async def stream() -> None:
            async with aio.stream(face.conn, ALL):
                begun.set()
                await may_go.wait()

        streaming = asyncio.create_task(stream())
        await begun.wait()
        found: list[type[BaseException] | None] = []
        for call in calls:
            try:
                await call(face.conn)
            except ConnectionInUse as problem:
                found.append(type(problem))
            else:
                found.append(None)
        may_go.set()
        await streaming
        return found

    found: list[type[BaseException] | None] = face.loop.run(main())
    return found


def test_who_comes_meanwhile_is_refused_in_the_end(face: Face) -> None:
    """A statement, a bulk insert, a lock with what depends on it: none becomes part of the stream."""
    verbs = face.verbs
    assert face.one(COUNT) == 0  # known to the connection, and prepared
    outcomes = beside_a_stream(
        face,
        lambda conn: verbs.one(conn, COUNT),
        lambda conn: verbs.insert_many(conn, ADD, things()),
        lambda conn: verbs.lock_then(
            conn, lambda own: verbs.one(own, COUNT), lambda own: verbs.one(own, COUNT)
        ),
    )
    assert outcomes == [ConnectionInUse] * 3
    assert face.one(COUNT) == 0


def test_inside_of_a_stream_everything_goes(face: Face) -> None:
    """Statements, another stream and a bulk insert, all in the stream's transaction."""

    def sync() -> int:
        with face.verbs.stream(face.conn, ALL), face.verbs.stream(face.conn, ALL) as rows:
            assert list(rows) == []
            face.verbs.insert_many(face.conn, ADD, things())
            return lock_then(
                face.conn,
                lambda own: face.verbs.one(own, COUNT),
                lambda own: face.verbs.one(own, COUNT),
            )

    async def asynchronous() -> int:
        async with aio.stream(face.conn, ALL), aio.stream(face.conn, ALL) as rows:
            assert [row async for row in rows] == []
            await asyncio.create_task(aio.insert_many(face.conn, ADD, things()))
            return await aio.lock_then(
                face.conn, lambda own: aio.one(own, COUNT), lambda own: aio.one(own, COUNT)
            )

    assert face.wait(asynchronous() if face.is_async else sync()) == 3
    assert face.one(COUNT) == 3


def test_a_failed_block_is_over(face: Face) -> None:
    """Its rows are gone, and the connection is everybody's."""

    def fail() -> Iterator[Thing]:
        yield from things()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        face.insert_many(ADD, fail())
    assert beside_a_stream(face) == []
    assert face.insert_many(ADD, things()) == 3
    assert face.one(COUNT) == 3


def test_rows_of_a_copy_may_not_call_its_connection(shared_url: str) -> None:
    """While COPY waits for rows the protocol has no room for a statement: no call, block or lock."""
    face = Face("plain", shared_url)
    face.script(ANEW)
    copy = Statement(
        "blocks.copy",
        INSERT,
        params=PARAMS,
        nullable=("mood", "size"),
        copy=CopyTarget("thing", (*PARAMS,)),
    )
    calls = (
        lambda: face.one(COUNT),
        lambda: face.stream(ALL),
        lambda: face.insert_many(ADD, things()),
        lambda: lock_then(
            face.conn,
            lambda conn: face.one(COUNT, conn=conn),
            lambda conn: face.one(COUNT, conn=conn),
        ),
    )
    before = face.one(COUNT)
    for call in calls:
        with pytest.raises(ConnectionInUse, match=r"is kept for blocks\.copy"):
            face.insert_many(copy, (thing for thing in things() if call() is not None))
    assert face.one(COUNT) == before
    assert face.insert_many(copy, things()) == len(things())
    face.close()
