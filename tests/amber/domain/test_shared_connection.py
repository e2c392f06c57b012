"""One connection for many threads or tasks: decisions stay exact, and nobody waits for ever."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import msgspec
import psycopg
import pytest
from content import make

from amber_sql import runtime
from amber_sql.aio.domain import metering as aio_metering
from amber_sql.domain import metering
from amber_sql.queries import subscriptions
from amber_sql.runtime import CopyTarget, Statement, aio

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

WORKERS, EACH = 6, 20
ENOUGH = 45
"""Seconds after which somebody is stuck."""


class Note(msgspec.Struct, frozen=True):
    """A row of the table beside."""

    id: UUID
    label: str
    __pg_types__ = ("uuid", "text")


PARAMS = {"id": "uuid", "label": "text"}
INSERT = "INSERT INTO note (id, label) VALUES ($1, $2)"
ADD = Statement("notes.add", INSERT, params=PARAMS)
ADD_MANY = Statement("notes.add_many", INSERT, params=PARAMS)
COPY_MANY = Statement("notes.copy", INSERT, params=PARAMS, copy=CopyTarget("note", ("id", "label")))
EACH_ONE = Statement("notes.replace", "UPDATE note SET label = $2 WHERE id = $1", params=PARAMS)
ALL = Statement("notes.all", "SELECT id, label FROM note", Note)
COUNT = Statement("notes.count", "SELECT count(*) FROM note", scalar=int)


def some() -> list[Note]:
    """Return rows that nobody has seen."""
    return [Note(uuid4(), "x") for _ in range(50)]


def ordinary(conn: Any) -> int:
    """Write one row."""
    return runtime.affected(conn, ADD, (uuid4(), "x"))


def bulk(conn: Any) -> int:
    """Write rows as arrays, by COPY and one by one."""
    updated = runtime.insert_many(conn, EACH_ONE, some())
    return (
        updated
        + runtime.insert_many(conn, ADD_MANY, some())
        + runtime.insert_many(conn, COPY_MANY, some())
    )


def stream(conn: Any) -> int:
    """Read all rows, and write one inside."""
    with runtime.stream(conn, ALL) as rows:
        for _ in rows:
            pass
        return ordinary(conn)


def pipeline(conn: Any) -> int:
    """Write two rows in a pipeline."""
    with conn.pipeline():
        return ordinary(conn) + ordinary(conn)


async def aio_ordinary(conn: Any) -> int:
    """Write one row."""
    return await aio.affected(conn, ADD, (uuid4(), "x"))


async def aio_bulk(conn: Any) -> int:
    """Write rows as arrays, by COPY and one by one."""
    updated = await aio.insert_many(conn, EACH_ONE, some())
    added = await aio.insert_many(conn, ADD_MANY, some())
    return updated + added + await aio.insert_many(conn, COPY_MANY, some())


async def aio_stream(conn: Any) -> int:
    """Read all rows, and write one inside, by a task of its own."""
    async with aio.stream(conn, ALL) as rows:
        async for _ in rows:
            pass
        return await asyncio.create_task(aio_ordinary(conn))


async def aio_pipeline(conn: Any) -> int:
    """Write two rows in a pipeline."""
    async with conn.pipeline():
        return await aio_ordinary(conn) + await aio_ordinary(conn)


BESIDE: dict[str, list[tuple[Callable[[Any], int], Callable[[Any], Awaitable[int]]]]] = {
    "nothing": [],
    "statements": [(ordinary, aio_ordinary), (bulk, aio_bulk), (stream, aio_stream)],
    "pipeline": [(pipeline, aio_pipeline)],  # two threads' are more than psycopg itself takes
}


def by_threads(url: str, user_id: UUID, beside: str, *, transaction: bool) -> tuple[list[int], int]:
    """Return what each admitted message was told, and how many rows were written beside."""
    done = threading.Event()

    def consume(conn: Any) -> list[int]:
        answers = [metering.consume_message(conn, user_id, str(uuid4())) for _ in range(EACH)]
        return [answer.used for answer in answers if answer.admitted]

    def go_on(conn: Any, write: Callable[[Any], int]) -> int:
        written = 0
        while not done.is_set():
            written += write(conn)
        return written

    def all_of_it(conn: Any) -> tuple[list[int], int]:
        with ThreadPoolExecutor(WORKERS + 3) as run:
            others = [run.submit(go_on, conn, write) for write, _ in BESIDE[beside]]
            try:
                workers = [run.submit(consume, conn) for _ in range(WORKERS)]
                told = [used for each in workers for used in each.result(ENOUGH)]
            finally:
                done.set()
            return told, sum(each.result(ENOUGH) for each in others)

    with psycopg.connect(url, autocommit=True) as conn:
        if not transaction:
            return all_of_it(conn)
        with conn.transaction():
            return all_of_it(conn)


def by_tasks(url: str, user_id: UUID, beside: str, *, transaction: bool) -> tuple[list[int], int]:
    """Do the same by tasks."""

    async def consume(conn: Any) -> list[int]:
        answers = [
            await aio_metering.consume_message(conn, user_id, str(uuid4())) for _ in range(EACH)
        ]
        return [answer.used for answer in answers if answer.admitted]

    async def go_on(conn: Any, write: Callable[[Any], Awaitable[int]], done: asyncio.Event) -> int:
        written = 0
        while not done.is_set():
            written += await write(conn)
        return written

    async def all_of_it(conn: Any) -> tuple[list[int], int]:
        done = asyncio.Event()
        others = [asyncio.create_task(go_on(conn, write, done)) for _, write in BESIDE[beside]]
        workers = await asyncio.gather(*(consume(conn) for _ in range(WORKERS)))
        done.set()
        return [used for each in workers for used in each], sum(await asyncio.gather(*others))

    async def main() -> tuple[list[int], int]:
        async with asyncio.timeout(ENOUGH):
            async with await psycopg.AsyncConnection.connect(url, autocommit=True) as conn:
                if not transaction:
                    return await all_of_it(conn)
                async with conn.transaction():
                    return await all_of_it(conn)

    return asyncio.run(main())


@pytest.mark.parametrize("beside", BESIDE)
@pytest.mark.parametrize("transaction", [False, True], ids=["autocommit", "transaction"])
@pytest.mark.parametrize("run", [by_threads, by_tasks])
def test_the_counter_is_exact(
    conn: psycopg.Connection,
    database_url: str,
    migrator_url: str,
    run: Callable[..., tuple[list[int], int]],
    beside: str,
    *,
    transaction: bool,
) -> None:
    """Each admission is told a number of its own, the ledger agrees, and no other row is lost."""
    with psycopg.connect(migrator_url) as migrator:
        migrator.execute("CREATE TABLE note (id uuid PRIMARY KEY, label text NOT NULL)")
        migrator.execute("GRANT ALL ON note TO PUBLIC")
    user_id = make.subscription(conn).user_id
    subscriptions.set_limits(conn, user_id=user_id, message_limit=100, installation_limit=2)
    told, written = run(database_url, user_id, beside, transaction=transaction)
    assert sorted(told) == list(range(1, 101))
    assert subscriptions.list_unreconciled(conn) == []
    known = subscriptions.get_for_user(conn, user_id=user_id)
    assert known is not None
    assert known.messages_used == 100
    assert runtime.one(conn, COUNT) == written
