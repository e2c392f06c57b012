"""Many rows in, and what the statement returns for each out: in order, all or nothing, errors by row."""

from __future__ import annotations

import os
import random
import signal
import threading
from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import msgspec
import psycopg
import pytest
from psycopg.pq import TransactionStatus
from runtime_world import ADD, COUNT, SCHEMA, Face, value

from amber_sql.errors import ParameterRefused, UnreadableValue
from amber_sql.runtime import Statement

if TYPE_CHECKING:
    from collections.abc import Iterator

pytest_plugins = ("runtime_plugin",)


class Size(msgspec.Struct, frozen=True):
    """What goes in."""

    id: UUID
    name: str
    size: int | None


class Made(msgspec.Struct, frozen=True):
    """What comes out."""

    name: str
    size: int | None


PARAMS = {"id": "uuid", "name": "text", "size": "int4"}


def returning(sql: str) -> Statement[Made]:
    """Return a statement that takes a Size and gives Made."""
    return Statement("things.make", sql, Made, params=PARAMS, nullable=("size",))


INSERT = "INSERT INTO thing (id, name, size) VALUES ($1, $2, $3)"
MAKE = returning(f"{INSERT} RETURNING name, size")
KEEP = returning(f"{INSERT} ON CONFLICT DO NOTHING RETURNING name, size")
SUM = returning(
    f"{INSERT} ON CONFLICT (id) DO UPDATE SET size = thing.size + excluded.size RETURNING name, size"
)
GROW = returning(
    "UPDATE thing SET size = size + coalesce($3, 0) WHERE name = $2 AND id <> $1 RETURNING name, size"
)


def sizes(count: int) -> list[Size]:
    """Make rows in no order that an index could have."""
    return [Size(uuid4(), f"name {random.random()}", n if n % 7 else None) for n in range(count)]  # noqa: S311


def made(given: list[Size]) -> list[Made]:
    """Return what comes out of rows that were all written."""
    return [Made(each.name, each.size) for each in given]


@pytest.mark.parametrize("count", [0, 1, 999, 1000, 2501])
def test_rows_come_back_in_the_order_of_the_input(face: Face, count: int) -> None:
    """However many batches they are, and whatever is iterated."""
    given = sizes(count)
    assert face.returning_many(MAKE, iter(given)) == made(given)
    assert face.one(COUNT) == count


def test_a_row_that_returns_nothing_leaves_no_gap_and_moves_no_other(face: Face) -> None:
    """ON CONFLICT DO NOTHING, and a row that the input has twice."""
    given = sizes(30)
    face.returning_many(MAKE, given[::3])
    kept = [each for n, each in enumerate(given) if n % 3]
    assert face.returning_many(KEEP, [*given, *given]) == made(kept)


def test_a_row_that_is_there_twice_returns_twice(face: Face) -> None:
    """Each with what it had made by then."""
    one, other = Size(uuid4(), "one", 1), Size(uuid4(), "other", 10)
    found = face.returning_many(SUM, [one, other, one, one])
    assert [each.size for each in found] == [1, 10, 2, 3]


def test_a_row_that_returns_several_has_them_together(face: Face) -> None:
    """An UPDATE of all that share a name."""
    face.returning_many(MAKE, [Size(uuid4(), name, 1) for name in "abbccc"])
    asked = [Size(uuid4(), name, 1) for name in "cxab"]
    assert [each.name for each in face.returning_many(GROW, asked)] == [*"cccabb"]


def test_one_column_is_its_bare_value(face: Face) -> None:
    """As everywhere."""
    statement: Statement[str] = Statement(
        "things.names", f"{INSERT} RETURNING name", scalar=str, params=PARAMS, nullable=("size",)
    )
    given = sizes(3)
    assert face.returning_many(statement, given) == [each.name for each in given]


def test_an_error_names_the_row_and_leaves_nothing(face: Face) -> None:
    """Counted from 1, across batches."""
    given = sizes(1200)
    with pytest.raises(psycopg.errors.UniqueViolation) as caught:
        face.returning_many(MAKE, [*given, given[7], *sizes(3)])
    assert caught.value.__notes__ == ["row: 1201", "query: things.make"]
    assert face.one(COUNT) == 0
    assert len(face.returning_many(MAKE, given)) == 1200


def test_a_value_that_does_not_fit_names_its_row(face: Face) -> None:
    """Before it is sent; what was sent is undone."""
    with pytest.raises(ParameterRefused, match=r"things\.make: parameter size .*row 1050"):
        face.returning_many(MAKE, [*sizes(1049), Size(uuid4(), "x", 2**31)])
    assert face.one(COUNT) == 0


def test_a_row_that_cannot_be_read_is_named(face: Face) -> None:
    """By its place in the list."""
    dates: Statement[Any] = Statement(
        "things.make",
        f"{INSERT} RETURNING CASE WHEN $3 = 13 THEN 'infinity'::date ELSE current_date END",
        scalar=date,
        params=PARAMS,
        nullable=("size",),
    )
    with pytest.raises(UnreadableValue, match="row 13 ") as caught:
        face.returning_many(dates, [Size(uuid4(), "x", n) for n in range(1, 20)])
    assert "things.make" in str(caught.value)


def test_an_iterable_that_raises_leaves_nothing(face: Face) -> None:
    """Nothing is written, and the connection goes on."""

    def half() -> Iterator[Size]:
        yield from sizes(1500)
        raise KeyError("gone")

    with pytest.raises(KeyError, match="gone"):
        face.returning_many(MAKE, half())
    assert face.one(COUNT) == 0
    assert len(face.returning_many(MAKE, sizes(2))) == 2


def test_an_enclosing_transaction_survives(face: Face) -> None:
    """A failed batch undoes itself and not the work before it."""
    twice = sizes(1) * 2

    def sync(conn: Any) -> None:
        with conn.transaction():
            face.verbs.one(conn, ADD, (uuid4(), "kept", None, 1))
            with pytest.raises(psycopg.errors.UniqueViolation):
                face.verbs.returning_many(conn, MAKE, twice)
            assert len(face.verbs.returning_many(conn, MAKE, sizes(2))) == 2

    async def asynchronous(conn: Any) -> None:
        async with conn.transaction():
            await face.verbs.one(conn, ADD, (uuid4(), "kept", None, 1))
            with pytest.raises(psycopg.errors.UniqueViolation):
                await face.verbs.returning_many(conn, MAKE, twice)
            assert len(await face.verbs.returning_many(conn, MAKE, sizes(2))) == 2

    face.connection(asynchronous if face.is_async else sync)
    assert face.one(COUNT) == 3


@pytest.mark.parametrize("kind", ["plain", "async_plain"])
def test_a_connection_without_autocommit_is_not_committed(
    empty_database_url: str, kind: str
) -> None:
    """The caller ends the transaction that the batch began."""
    face = Face(kind, empty_database_url)
    face.script(SCHEMA)
    conn = face.open(kind, autocommit=False)
    assert len(face.returning_many(MAKE, sizes(2), conn=conn)) == 2
    assert (face.one(COUNT), face.one(COUNT, conn=conn)) == (0, 2)
    face.wait(conn.commit())
    assert face.one(COUNT) == 2
    face.close()


@pytest.mark.parametrize("kind", ["plain", "async_plain"])
def test_a_pipeline_of_the_caller_s_is_none_in_the_way(empty_database_url: str, kind: str) -> None:
    """Rows and order are the same in it."""
    face = Face(kind, empty_database_url)
    face.script(SCHEMA)
    given = sizes(1500)

    def sync(conn: Any) -> list[Made]:
        with conn.pipeline():
            return face.verbs.returning_many(conn, MAKE, given)

    async def asynchronous(conn: Any) -> list[Made]:
        async with conn.pipeline():
            return await face.verbs.returning_many(conn, MAKE, given)

    assert face.connection(asynchronous if face.is_async else sync) == made(given)
    assert face.one(COUNT) == 1500
    face.close()


@pytest.mark.parametrize("kind", ["plain", "async_plain"])
@pytest.mark.parametrize("threshold", [None, 5])
def test_what_the_session_forgot_is_prepared_again(
    empty_database_url: str, kind: str, threshold: int | None
) -> None:
    """After DISCARD ALL, and after a migration that changed the type of what is returned."""
    face = Face(kind, empty_database_url)
    face.script(SCHEMA)
    conn = face.open(kind, prepare_threshold=threshold)
    assert len(face.returning_many(MAKE, sizes(3), conn=conn)) == 3
    face.script("DISCARD ALL", conn=conn)
    assert len(face.returning_many(MAKE, sizes(3), conn=conn)) == 3
    face.script("ALTER TABLE thing ALTER size TYPE int8")
    given = sizes(3)
    assert face.returning_many(MAKE, given, conn=conn) == made(given)
    assert face.one(COUNT) == 9
    face.close()


SLOW = returning(f"{INSERT} RETURNING name, (SELECT $3 FROM pg_sleep(0.01))")


@pytest.mark.parametrize(
    ("kind", "interruption"),
    [("plain", KeyboardInterrupt), ("async_plain", KeyboardInterrupt), ("plain", TimeoutError)],
)
def test_an_interruption_leaves_nothing_and_a_connection_that_works(
    empty_database_url: str, kind: str, interruption: type[BaseException]
) -> None:
    """In the middle of a batch, by Ctrl-C or by what another signal's handler raises."""
    face = Face(kind, empty_database_url)
    face.script(SCHEMA)

    def interrupt(*_: object) -> None:
        raise interruption

    is_ctrl_c = interruption is KeyboardInterrupt
    before = signal.signal(signal.SIGINT, signal.default_int_handler if is_ctrl_c else interrupt)

    def given() -> Iterator[Size]:
        threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()  # under way by then
        yield from sizes(900)

    try:
        with pytest.raises(interruption):
            face.returning_many(SLOW, given())
    finally:
        signal.signal(signal.SIGINT, before)
    assert face.conn.info.transaction_status == TransactionStatus.IDLE
    assert (face.one(COUNT), len(face.returning_many(MAKE, sizes(2)))) == (0, 2)
    face.close()


@pytest.mark.parametrize("face", ["plain"], indirect=True)
def test_many_rows_in_a_moment(face: Face) -> None:
    """A hundred thousand, in order."""
    numbers = value("SELECT $1 * 2", int, "int4")

    class One(msgspec.Struct):
        p1: int

    given = [One(n) for n in range(100_000)]
    assert face.returning_many(numbers, given) == list(range(0, 200_000, 2))
