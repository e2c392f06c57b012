"""Many rows in, many rows out: by COPY, by pipeline, by cursor; all or nothing."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import msgspec
import psycopg
import pytest
from runtime_world import (
    ADD,
    ALL,
    COUNT,
    INSERT,
    PARAMS,
    SCHEMA,
    Face,
    Mood,
    Pair,
    Thing,
    rows,
    value,
)

from amber_sql.errors import ParameterRefused
from amber_sql.runtime import CopyTarget, Json, Statement

if TYPE_CHECKING:
    from collections.abc import Iterator

pytest_plugins = ("runtime_plugin",)

TARGET = CopyTarget("thing", ("id", "name", "mood", "size"))
BY_COPY = Statement(
    "things.copy_many", INSERT, params=PARAMS, nullable=("mood", "size"), copy=TARGET
)
BY_EXECUTION = Statement("things.insert_many", INSERT, params=PARAMS, nullable=("mood", "size"))
AS_TEXT = Statement(
    "things.text_many", INSERT, params=PARAMS | {"mood": ""}, nullable=("mood", "size"), copy=TARGET
)
BY_ARRAYS = Statement(
    "things.array_many",
    "INSERT INTO thing (id, name, mood, size) VALUES ($1, $2::text, $3::mood, $4)",
    params=PARAMS | {"mood": "text"},
    nullable=("mood", "size"),
)
BOTH = pytest.mark.parametrize(
    "statement", [BY_COPY, BY_EXECUTION, BY_ARRAYS, AS_TEXT], ids=lambda s: s.name
)


def things(count: int) -> list[Thing]:
    """Make rows with every character that a format might stumble over."""
    nasty = ("a\tb\\n\n\\N", "", "\\.", 'x"y,{}', "ünïcödé 🎉")
    moods = (Mood.SAD, None, Mood.from_label('ÜBER "x", \\y'))
    return [
        Thing(uuid4(), nasty[n % 5], moods[n % 3], None if n % 7 == 0 else n) for n in range(count)
    ]


@BOTH
def test_rows_arrive_as_they_were_given(face: Face, statement: Statement[None]) -> None:
    """A thousand of them, NULLs and odd characters included; none is fine too."""
    given = things(1000)
    assert face.insert_many(statement, iter(given)) == 1000
    assert sorted(face.many(ALL), key=lambda t: t.id) == sorted(given, key=lambda t: t.id)
    assert face.insert_many(statement, []) == 0


@BOTH
def test_an_iterable_that_raises_leaves_nothing(face: Face, statement: Statement[None]) -> None:
    """Nothing is written, and the connection goes on."""

    def half() -> Iterator[Thing]:
        yield from things(500)
        raise KeyError("gone")

    with pytest.raises(KeyError, match="gone"):
        face.insert_many(statement, half())
    assert face.one(COUNT) == 0
    assert face.insert_many(statement, things(3)) == 3


@BOTH
@pytest.mark.parametrize(
    ("given", "what"),
    [
        ([("a", 1)], "row 1 is of the class tuple"),
        ([Thing(uuid4(), "x", None, 1), {"id": uuid4()}], "row 2 is of the class dict"),
        ([Pair("a", 1)], "row 1 has 2 fields"),
        (5, "int is none"),
    ],
)
def test_rows_that_are_no_structs(
    face: Face, statement: Statement[None], given: Any, what: str
) -> None:
    """The error names the query, which fields a row has, and the row that is none."""
    with pytest.raises(TypeError, match=what) as caught:
        face.insert_many(statement, given)
    assert str(caught.value).startswith(f"{statement.name} takes an iterable of structs of id, ")


@BOTH
def test_an_error_leaves_nothing(face: Face, statement: Statement[None]) -> None:
    """Nothing of the batch is kept, and the error names the query."""
    (first, *_) = given = things(300)
    with pytest.raises(psycopg.errors.UniqueViolation) as caught:
        face.insert_many(statement, [*given, first])
    assert caught.value.__notes__ == [f"query: {statement.name}"]
    assert face.one(COUNT) == 0


@BOTH
@pytest.mark.parametrize("size", [2**31, "x"])
def test_a_value_that_does_not_fit_is_refused_by_name(
    face: Face, statement: Statement[None], size: Any
) -> None:
    """Also in binary COPY, where psycopg would cut off the upper bits in silence."""
    given = [*things(50), Thing(uuid4(), "x", None, size)]
    with pytest.raises(ParameterRefused, match=rf"{statement.name}: parameter size \(int4\)"):
        face.insert_many(statement, given)
    assert face.one(COUNT) == 0


@BOTH
def test_an_enclosing_transaction_survives(face: Face, statement: Statement[None]) -> None:
    """A failed batch undoes itself and not the work before it."""

    def sync(conn: Any) -> None:
        with conn.transaction():
            face.verbs.one(conn, ADD, (uuid4(), "kept", None, 1))
            with pytest.raises(ParameterRefused):
                face.verbs.insert_many(conn, statement, [Thing(uuid4(), "x", None, 2**40)])
            assert face.verbs.insert_many(conn, statement, things(2)) == 2

    async def asynchronous(conn: Any) -> None:
        async with conn.transaction():
            await face.verbs.one(conn, ADD, (uuid4(), "kept", None, 1))
            with pytest.raises(ParameterRefused):
                await face.verbs.insert_many(conn, statement, [Thing(uuid4(), "x", None, 2**40)])
            assert await face.verbs.insert_many(conn, statement, things(2)) == 2

    face.connection(asynchronous if face.is_async else sync)
    assert face.one(COUNT) == 3


@BOTH
@pytest.mark.parametrize("kind", ["plain", "async_plain"])
def test_a_connection_without_autocommit_is_not_committed(
    empty_database_url: str, kind: str, statement: Statement[None]
) -> None:
    """The caller ends the transaction that the batch began."""
    face = Face(kind, empty_database_url)
    face.script(SCHEMA)
    conn = face.open(kind, autocommit=False)
    assert face.insert_many(statement, things(2), conn=conn) == 2
    assert (face.one(COUNT), face.one(COUNT, conn=conn)) == (0, 2)
    face.wait(conn.commit())
    assert face.one(COUNT) == 2
    face.close()


class Row(msgspec.Struct, frozen=True, gc=False):
    """A row with the types that COPY treats in a way of its own."""

    id: UUID
    payload: Json
    address: str | None
    tags: list[str]
    at: datetime
    data: bytes
    numbers: list[int]


COLUMNS = {
    "id": "uuid",
    "payload": "jsonb",
    "address": "inet",
    "tags": "text[]",
    "at": "timestamptz",
    "data": "bytea",
}
NUMBERS = COLUMNS | {"numbers": "int8[]"}


@pytest.mark.parametrize("by_copy", [True, False])
def test_every_kind_of_column_is_copied(face: Face, by_copy: bool) -> None:
    """Including those that have no binary COPY here, whose rows then go as text."""
    columns = ", ".join(f"{name} {pg_type}" for name, pg_type in NUMBERS.items())
    face.script(f"CREATE TABLE odd ({columns})")
    given = [
        Row(uuid4(), {"a": ["\\", None]}, "10.0.0.1", ['"', "ü"], NOW, b"\x00\\\xff", [1, 2**40]),
        Row(uuid4(), [1, 2.5], "2001:db8::/32", [], NOW, b"", []),
        Row(uuid4(), "text", None, ["a", "b"], NOW, b"x", [3]),
    ]
    statement = Statement(
        "odd.insert_many",
        f"INSERT INTO odd VALUES ({', '.join(f'${n}' for n in range(1, 8))})",
        params=NUMBERS,
        nullable=tuple(NUMBERS),
        copy=CopyTarget("odd", tuple(NUMBERS)) if by_copy else None,
    )
    assert face.insert_many(statement, given) == 3
    assert face.many(rows("SELECT * FROM odd", Row)) == given


NOW = datetime(2024, 5, 6, 7, 8, 9, 10, UTC)


def test_columns_and_tables_may_need_quotes(face: Face) -> None:
    """Names go into the COPY quoted; the table is already SQL."""
    face.script(
        'DROP SCHEMA IF EXISTS "S" CASCADE; CREATE SCHEMA "S"; CREATE TABLE "S"."T""x" ("a ""b" text, "select" int)'
    )
    statement = Statement(
        "odd.copy",
        'INSERT INTO "S"."T""x" VALUES ($1, $2)',
        params={"a": "text", "b": "int4"},
        nullable=("a", "b"),
        copy=CopyTarget('"S"."T""x"', ('a "b', "select")),
    )
    assert face.insert_many(statement, [Pair("x", 1)]) == 1
    assert face.one(value('SELECT "a ""b" FROM "S"."T""x"', str)) == "x"


class Size(msgspec.Struct, frozen=True):
    """What a batch brings."""

    id: UUID
    name: str
    size: int | None


SIZES = {"id": "uuid", "name": "text", "size": "int4"}
UPSERT = Statement(
    "things.upsert_many",
    """INSERT INTO thing (id, name, size) VALUES ($1, $2, $3)
    ON CONFLICT (id) DO UPDATE SET size = thing.size + excluded.size RETURNING id""",
    params=SIZES,
    nullable=tuple(SIZES),
)
KEEP = Statement(
    "things.keep_many",
    "INSERT INTO thing AS t (id, name, size) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
    params=SIZES,
    nullable=tuple(SIZES),
)


def test_an_insert_of_many_rows_is_few_statements(face: Face) -> None:
    """One for a thousand rows, and every row is there."""
    face.script(
        """CREATE TABLE runs (n int);
        CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql
        AS 'BEGIN INSERT INTO runs VALUES (1); RETURN NULL; END';
        CREATE TRIGGER note AFTER INSERT ON thing EXECUTE FUNCTION note()"""
    )
    given = [Size(uuid4(), f"name {n}", None if n % 3 else n) for n in range(2500)]
    assert face.insert_many(KEEP, iter(given)) == 2500
    assert face.one(value("SELECT count(*) FROM runs", int)) == 3
    found = face.many(rows("SELECT id, name, size FROM thing", Size))
    assert sorted(found, key=lambda s: s.id) == sorted(given, key=lambda s: s.id)


def test_a_conflict_counts_as_the_statement_says(face: Face) -> None:
    """Rows that were there are not written, or are, also when a batch brings one twice."""
    given = [Size(uuid4(), "x", 1) for _ in range(10)]
    counts = [
        face.insert_many(KEEP, given[:6]),
        face.insert_many(KEEP, [*given, *given[:3]]),
        face.insert_many(UPSERT, given),
        face.insert_many(UPSERT, [*given, given[0], given[0]]),
    ]
    assert counts == [6, 4, 10, 12]
    sizes = face.many(value("SELECT size FROM thing ORDER BY size DESC", int))
    assert sizes == [5, *[3] * 9]


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO thing (id, name, size) VALUES ($1, lower($2), $3)",
        "INSERT INTO thing (id, name, size) VALUES ($1, $2, $3 + 1)",
        "INSERT INTO thing (id, size, name) VALUES ($1, $3, $2)",
        "INSERT INTO thing (id, name, size) SELECT $1, $2, $3",
        "INSERT INTO thing (id, name, size) VALUES ($1, $2, $3) -- VALUES ($1)",
        "INSERT INTO thing (name, id, size) VALUES ('VALUES ($1, $2, $3)' || $2, $1, $3)",
        """INSERT INTO thing (id, name, size) VALUES ($1, $2, $3)
        ON CONFLICT (id) DO UPDATE SET name = $2""",
    ],
)
def test_any_other_statement_runs_row_by_row(face: Face, sql: str) -> None:
    """With the results that its own text has."""
    statement = Statement("things.other_many", sql, params=SIZES, nullable=tuple(SIZES))
    assert statement.unnested is None
    assert face.insert_many(statement, [Size(uuid4(), "A", n) for n in range(5)]) == 5
    assert face.one(COUNT) == 5


SERIES = value("SELECT n FROM generate_series(1, $1) AS n", int, "int4")


def test_a_stream_gives_every_row_once(face: Face) -> None:
    """In order, across batches, on every kind of connection."""
    for length in (0, 1, 499, 500, 501, 1700):
        assert face.stream(SERIES, length) == list(range(1, length + 1))
    assert face.one(COUNT) == 0


def test_a_stream_sees_one_moment(face: Face) -> None:
    """What others write meanwhile is not in it, and the pool still serves them."""
    face.insert_many(BY_COPY, things(1200))
    other = Face("pool", face.url)
    first = iter([True])

    def write(_: Thing) -> None:
        if next(first, False):
            other.insert_many(BY_COPY, things(5))

    assert len(face.stream(ALL, each=write)) == 1200
    assert face.one(COUNT) == 1205
    other.close()


def test_a_stream_may_be_left_early(face: Face) -> None:
    """Leaving the block closes the cursor, also by an exception."""

    class Enough(Exception):
        pass

    def stop(number: int) -> None:
        if number == 3:
            raise Enough

    for _ in range(2):
        with pytest.raises(Enough):
            face.stream(SERIES, 10_000, each=stop)
    assert face.one(value("SELECT count(*) FROM pg_cursors WHERE name <> ''", int)) == 0
    assert face.stream(SERIES, 3) == [1, 2, 3]


def test_a_stream_names_its_query(face: Face) -> None:
    """Whether it fails at once or on the way."""
    late = value("SELECT 10 / (600 - n) FROM generate_series(1, 1000) AS n", int, name="late.fail")
    with pytest.raises(psycopg.errors.DivisionByZero) as caught:
        face.stream(late)
    assert caught.value.__notes__ == ["query: late.fail"]
    with pytest.raises(psycopg.errors.DivisionByZero) as at_once:
        face.stream(value("SELECT 1 / count(*) FROM generate_series(1, 0)", int, name="early.fail"))
    assert at_once.value.__notes__ == ["query: early.fail"]


@pytest.mark.parametrize("kind", ["plain", "async_plain"])
def test_a_stream_inside_a_transaction_leaves_it_open(empty_database_url: str, kind: str) -> None:
    """Without autocommit, the caller's transaction is the stream's."""
    face = Face(kind, empty_database_url)
    face.script(SCHEMA)
    conn = face.open(kind, autocommit=False)
    face.one(ADD, uuid4(), "a", None, 1, conn=conn)
    assert len(face.stream(ALL, conn=conn)) == 1
    face.wait(conn.rollback())
    assert face.one(COUNT, conn=conn) == 0
    face.close()


MEASURE = """
import asyncio, resource, sys
from runtime_world import Face, value
wide = value("SELECT repeat('x', 1000) FROM generate_series(1, $1)", str, "int4")
kind, url = sys.argv[1:]
face = Face(kind, url)
face.stream(wide, 1000)

def count():
    with face.verbs.stream(face.conn, wide, (200_000,)) as found:
        return sum(1 for _ in found)

async def count_async():
    async with face.verbs.stream(face.conn, wide, (200_000,)) as found:
        return len([None async for _ in found])

before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
rows = face.wait(count_async() if face.is_async else count())
print(rows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
face.close()
"""


@pytest.mark.parametrize("kind", ["pool", "async_pool"])
def test_a_stream_needs_constant_memory(empty_database_url: str, kind: str) -> None:
    """Two hundred megabytes pass through ten."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, kind, empty_database_url],
        cwd=Path(__file__).parents[1] / "support",
        capture_output=True,
        check=True,
        text=True,
    )
    found, kilobytes = map(int, done.stdout.split())
    if sys.platform == "darwin":
        kilobytes //= 1024
    assert found == 200_000
    assert kilobytes < 10_000
