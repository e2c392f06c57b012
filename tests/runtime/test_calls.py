"""What a generated function can rely on: how many rows, which transaction, whose error."""

from __future__ import annotations

import asyncio
import gc
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.pq import TransactionStatus
from runtime_world import (
    ADD,
    ALL,
    CLEAR,
    COUNT,
    GET,
    PARAMS,
    SCHEMA,
    Face,
    Mood,
    Thing,
    rows,
    value,
)

from amber_sql import runtime
from amber_sql.errors import NotAConnection, ParameterRefused, RowNotFound, TooManyRows
from amber_sql.runtime import Json, Statement, aio

pytest_plugins = ("runtime_plugin",)

PREPARED = value("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE $1", int, "text")


def add(face: Face, *names: str) -> list[Thing]:
    """Add a thing for each name."""
    return [face.one(ADD, uuid4(), name, Mood.SAD, size) for size, name in enumerate(names)]


def test_one_and_optional_return_a_row(face: Face) -> None:
    """As its struct, with its values' own types, or a single value; `optional` also None."""
    first, second = add(face, "a", "b")
    assert isinstance(first, Thing)
    assert isinstance(first.id, UUID)
    assert face.optional(GET, second.id) == second
    assert face.optional(GET, uuid4()) is None
    assert face.one(COUNT) == 2


def test_many_returns_every_row(face: Face) -> None:
    """In their order, or none."""
    assert face.many(ALL) == []
    added = add(face, "a", "b")
    assert face.many(ALL) == added


def test_affected_returns_a_number_of_rows(face: Face) -> None:
    """Of those that the statement has changed, and they are."""
    add(face, "a", "b")
    assert [face.affected(CLEAR), face.affected(CLEAR)] == [2, 0]
    assert face.many(ALL) == []


def test_no_row_and_too_many(face: Face) -> None:
    """`one` wants exactly one row, and says which query did not have it."""
    with pytest.raises(RowNotFound, match=r"things\.get found no row"):
        face.one(GET, uuid4())
    add(face, "a", "b")
    for verb in (face.one, face.optional):
        with pytest.raises(TooManyRows, match=r"things\.all found more than one row"):
            verb(ALL)


def test_null_is_a_value_and_no_row_is_none(face: Face) -> None:
    """`one` passes NULL on; `optional` has None for both."""
    null = value("SELECT NULL::int", int)
    assert face.one(null) is None
    assert face.optional(null) is None
    assert face.optional(value("SELECT 1 WHERE false", int)) is None


def test_one_prepared_statement_whatever_the_values(face: Face) -> None:
    """NULL, small and large numbers, and any label are values of one statement."""

    def work(conn: Any) -> Any:
        call = face.verbs.one
        calls = [
            (uuid4(), "x", mood, size)
            for mood in (None, Mood.SAD, "HAPPY")
            for size in (None, 1, 40_000, 2**31 - 1)
        ]
        if not face.is_async:
            for args in calls:
                call(conn, ADD, args)
            return call(conn, PREPARED, ("INSERT INTO thing%",))

        async def run() -> int:
            for args in calls:
                await call(conn, ADD, args)
            return await call(conn, PREPARED, ("INSERT INTO thing%",))

        return run()

    assert face.connection(work) == 1


@pytest.mark.parametrize(
    ("args", "complaint"),
    [
        (("x", "a", None, 1), r"things\.add: parameter id \(uuid\) takes no str"),
        ((None, "a", None, 1), r"parameter id \(uuid\) does not accept None"),
        ((uuid4(), None, None, 1), r"parameter name \(text\) does not accept None"),
        ((uuid4(), 5, None, 1), r"parameter name \(text\) takes no int"),
        ((uuid4(), "a\0b", None, 1), r"parameter name \(text\) cannot hold the character NUL"),
        ((uuid4(), "a", None, 2**31), r"parameter size \(int4\) is out of range: -2147483648 to"),
        ((uuid4(), "a", None, 1.5), r"parameter size \(int4\) takes no float"),
        ((uuid4(), "a", object(), 1), r"parameter mood \(enum\) takes no object"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_by_name(
    face: Face, args: tuple[Any, ...], complaint: str
) -> None:
    """Before anything is sent, with query and parameter, and without the value."""
    with pytest.raises(ParameterRefused, match=complaint):
        face.one(ADD, *args)
    assert face.one(COUNT) == 0


def test_the_number_of_parameters_is_checked(face: Face) -> None:
    """A call that generated code could not make says what is wrong with it."""
    with pytest.raises(TypeError, match=r"things\.get takes 1 parameters, not 2"):
        face.one(GET, 1, 2)


def test_an_error_of_the_server_names_the_query(face: Face) -> None:
    """The error stays psycopg's, and a note says which query it was."""
    (thing,) = add(face, "a")
    with pytest.raises(psycopg.errors.UniqueViolation) as caught:
        face.one(ADD, thing.id, "b", None, 1)
    assert caught.value.__notes__ == ["query: things.add"]
    with pytest.raises(psycopg.errors.UndefinedTable) as missing:
        face.many(rows("SELECT * FROM nothing", Thing, name="things.missing"))
    first, second = missing.value.__notes__
    assert first == "query: things.missing"
    assert "`amber-sql migrate deploy`" in second
    with pytest.raises(psycopg.errors.SyntaxError) as wrong:
        face.script("SELEC 1")
    assert wrong.value.__notes__ == ["query: world.script"]


@pytest.mark.parametrize("kind", [str, type(None), psycopg.Cursor, "the other half"])
def test_what_is_no_connection_is_refused(kind: Any, shared_url: str) -> None:
    """A URL, nothing, a cursor, a connection of the other half: told apart from one that works."""
    with psycopg.connect(shared_url) as conn, psycopg.Cursor(conn) as cursor:
        given = {str: shared_url, psycopg.Cursor: cursor, "the other half": conn}.get(kind)
        said = rf"takes (Async)?Connection or a pool .*, not {type(given).__name__}\."
        for call in (aio.many, aio.affected, aio.insert_many):
            with pytest.raises(NotAConnection, match=said):
                asyncio.run(call(given, ADD, []))  # type: ignore[arg-type]
        with pytest.raises(NotAConnection, match=said):
            asyncio.run(aio.script(given, ADD))
        if kind != "the other half":
            with pytest.raises(NotAConnection, match=said):
                runtime.many(given, ALL)
        with pytest.raises(NotAConnection), runtime.stream(None, ALL):  # type: ignore[arg-type]
            pass


def test_a_connection_is_usable_after_errors(face: Face) -> None:
    """Errors of the server, of the arguments and of the row count leave nothing behind."""
    add(face, "a", "b")
    for _ in range(3):
        for statement, args in ((ADD, (face.many(ALL)[0].id, "x", None, 1)), (ALL, ()), (GET, "x")):
            with pytest.raises((psycopg.Error, TypeError)):
                face.one(statement, *args)
    assert face.one(COUNT) == 2


def test_a_rolled_back_transaction_leaves_the_statements_working(face: Face) -> None:
    """The driver forgets its prepared statements on a rollback; ours go on."""

    def work(conn: Any) -> Any:
        async def failing() -> None:
            async with conn.transaction():
                await aio.one(conn, ADD, (uuid4(), "a", None, 1))
                raise psycopg.Rollback

        if face.is_async:
            return failing()
        with conn.transaction():
            runtime.one(conn, ADD, (uuid4(), "a", None, 1))
            raise psycopg.Rollback

    for _ in range(3):
        face.connection(work)
        assert face.one(COUNT) == 0
        add(face, "kept")
        assert face.affected(CLEAR) == 1


def test_a_failed_transaction_stays_failed(face: Face) -> None:
    """Nothing is retried inside a transaction."""

    def sync(conn: Any) -> None:
        with conn.transaction(force_rollback=True):
            with pytest.raises(psycopg.errors.DivisionByZero):
                runtime.one(conn, value("SELECT 1 / 0", int), ())
            with pytest.raises(psycopg.errors.InFailedSqlTransaction):
                runtime.one(conn, COUNT, ())

    async def asynchronous(conn: Any) -> None:
        async with conn.transaction(force_rollback=True):
            with pytest.raises(psycopg.errors.DivisionByZero):
                await aio.one(conn, value("SELECT 1 / 0", int), ())
            with pytest.raises(psycopg.errors.InFailedSqlTransaction):
                await aio.one(conn, COUNT, ())

    face.connection(asynchronous if face.is_async else sync)
    assert face.one(COUNT) == 0


@pytest.mark.parametrize("kind", ["plain", "async_plain"])
def test_a_connection_without_autocommit_keeps_its_transaction(
    empty_database_url: str, kind: str
) -> None:
    """The first statement begins one, commit and rollback end it; nothing commits by itself."""
    face = Face(kind, empty_database_url)
    face.script(SCHEMA)
    conn = face.open(kind, autocommit=False)
    face.one(ADD, uuid4(), "a", None, 1, conn=conn)
    assert conn.pgconn.transaction_status == TransactionStatus.INTRANS
    assert (face.one(COUNT), face.one(COUNT, conn=conn)) == (0, 1)
    face.wait(conn.rollback())
    assert face.one(COUNT, conn=conn) == 0
    face.one(ADD, uuid4(), "b", None, 1, conn=conn)
    face.wait(conn.commit())
    assert face.one(COUNT) == 1
    face.close()


@pytest.mark.parametrize("kind", ["plain", "async_plain"])
def test_calls_in_a_pipeline_return_their_results(empty_database_url: str, kind: str) -> None:
    """A pipeline saves round trips for others; our calls wait for their own results."""
    face = Face(kind, empty_database_url)
    face.script(SCHEMA)

    def sync(conn: Any) -> list[Any]:
        with conn.pipeline():
            return [runtime.one(conn, ADD, (uuid4(), "a", None, 1)).name, runtime.one(conn, COUNT)]

    async def asynchronous(conn: Any) -> list[Any]:
        async with conn.pipeline():
            thing = await aio.one(conn, ADD, (uuid4(), "a", None, 1))
            return [thing.name, await aio.one(conn, COUNT)]

    assert face.connection(asynchronous if face.is_async else sync) == ["a", 1]
    assert face.one(COUNT) == 1
    face.close()


def test_connections_with_other_settings_work(empty_database_url: str) -> None:
    """Text row factories, no prepared statements, and a client encoding other than UTF8."""
    text = value("SELECT $1::text", str, "text")
    with psycopg.connect(
        empty_database_url,
        autocommit=True,
        prepare_threshold=None,
        row_factory=psycopg.rows.dict_row,
    ) as conn:
        conn.execute(SCHEMA)  # type: ignore[arg-type]
        assert runtime.one(conn, text, ("é",)) == "é"
        assert runtime.one(conn, PREPARED, ("SELECT $1::text",)) == 0
    latin = value("SELECT $1::text COLLATE \"C\" || 'é'", str, "text")
    with psycopg.connect(empty_database_url, autocommit=True, client_encoding="LATIN1") as conn:
        for _ in range(2):
            assert runtime.one(conn, latin, ("ü",)) == "üé"
        assert runtime.one(conn, value("SELECT 'ÜBER \"x\", \\y'::mood", Mood)) == 'ÜBER "x", \\y'
        assert runtime.one(conn, value("""SELECT '["é"]'::jsonb""", Json)) == ["é"]
        with pytest.raises(ParameterRefused, match="parameter p1"):
            runtime.one(conn, latin, ("✓",))


def test_threads_may_share_a_connection(empty_database_url: str) -> None:
    """Every call gets its own answer."""
    echo = value("SELECT $1::int", int, "int4")
    with psycopg.connect(empty_database_url, autocommit=True) as conn, ThreadPoolExecutor(8) as run:
        found = list(run.map(lambda number: runtime.one(conn, echo, (number,)), range(2000)))
    assert found == list(range(2000))


@pytest.mark.parametrize("kind", ["async_plain", "async_pool"])
def test_tasks_may_share_a_connection(empty_database_url: str, kind: str) -> None:
    """Every call gets its own answer."""
    face = Face(kind, empty_database_url)
    echo = value("SELECT $1::int", int, "int4")

    async def work(conn: Any) -> list[int]:
        return await asyncio.gather(*(aio.one(conn, echo, (number,)) for number in range(500)))

    assert face.connection(work) == list(range(500))
    face.close()


@pytest.mark.parametrize("kind", ["async_plain", "async_pool"])
def test_a_cancelled_task_leaves_the_connection_usable(empty_database_url: str, kind: str) -> None:
    """The statement is cancelled on the server, and the next one gets its own answer."""
    face = Face(kind, empty_database_url)
    sleep = value("SELECT 1 FROM pg_sleep(60)", int)

    async def work(conn: Any) -> tuple[Any, int]:
        before = conn.info.backend_pid
        for _ in range(3):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(aio.one(conn, sleep), 0.05)
        assert conn.pgconn.transaction_status == TransactionStatus.IDLE
        return before, await aio.one(conn, value("SELECT pg_backend_pid()", int))

    before, after = face.connection(work)
    assert before == after
    face.close()


def test_a_large_result_is_not_kept(empty_database_url: str) -> None:
    """A connection does not hold the memory of what it last fetched."""
    large = value("SELECT repeat('x', 8000000)", str)
    with psycopg.connect(empty_database_url, autocommit=True) as conn:
        assert len(runtime.one(conn, large)) == 8_000_000
        gc.collect()
        kept = [found for found in gc.get_objects() if isinstance(found, psycopg.pq.PGresult)]
    assert not kept


def test_a_statement_without_rows_is_not_read_as_one_with(face: Face) -> None:
    """A statement that returns nothing cannot become rows."""
    with pytest.raises(psycopg.DatabaseError, match=r"things\.wrong was generated for another"):
        face.many(rows("DELETE FROM thing", Thing, name="things.wrong"))


def test_statements_show_their_names() -> None:
    """For logs and debuggers."""
    assert repr(GET) == "<Statement things.get>"
    assert list(Statement("a", "b", params=PARAMS).params) == ["id", "name", "mood", "size"]
