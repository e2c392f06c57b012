"""A type that a migration made anew, under calls that were prepared for the old one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, LiteralString

import msgspec
import psycopg
import pytest
from runtime_world import FACES, Face

from amber_sql.runtime import Statement

if TYPE_CHECKING:
    from collections.abc import Iterator

pytest_plugins = ("runtime_plugin",)

TYPES = {
    "enum": ("enum", "AS ENUM ('a', 'b')", "a"),
    "domain": ("", "AS text", "a"),
    "composite": ("", "AS (n int, label text)", "(1,a)"),
    "range": ("", "AS RANGE (subtype = float8)", "[1,2)"),
}
"""How a parameter of it is declared, how it is made, and a value of it."""


class Row(msgspec.Struct, frozen=True):
    """What a bulk statement takes."""

    v: str


ONE_CONNECTION = {kind: {"min_size": 1, "max_size": 1} for kind in ("pool", "async_pool")}


class World:
    """A face, a type of one kind, and statements that take it."""

    def __init__(self, face: Face, kind: str) -> None:
        self.face, self.kind = face, kind
        self.declared, _, self.value = TYPES[kind]
        self.migrate("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        self.create()
        self.migrate("CREATE TABLE t (v kind, vs kind[]); INSERT INTO t DEFAULT VALUES")
        self.insert = self.statement("INSERT INTO t (v) VALUES ($1)", self.declared)
        self.update = self.statement("UPDATE t SET v = $1 WHERE vs IS NULL", self.declared)

    def statement(self, sql: str, *types: str, scalar: Any = None) -> Statement[Any]:
        """Return a statement whose parameters are called v, w, …."""
        params = dict(zip("vw", types, strict=False))
        return Statement("retyped.query", sql, scalar=scalar, params=params)

    def create(self) -> None:
        """Make the type."""
        what = "DOMAIN" if self.kind == "domain" else "TYPE"
        self.migrate(f"CREATE {what} kind {TYPES[self.kind][1]}")

    def migrate(self, sql: LiteralString) -> None:
        """Change the schema from another session, which the face's does not notice."""
        with psycopg.connect(self.face.url, autocommit=True) as conn:
            conn.execute(sql)

    def make_anew(self) -> None:
        """Do what a migration does: the column goes on with a type of the same name."""
        what = "DOMAIN" if self.kind == "domain" else "TYPE"
        self.migrate("DELETE FROM t; ALTER TABLE t ALTER v TYPE text, ALTER vs TYPE text")
        self.migrate(f"DROP {what} kind")
        self.create()
        self.migrate(
            "ALTER TABLE t ALTER v TYPE kind USING v::kind, ALTER vs TYPE kind[] USING vs::kind[]"
        )
        self.migrate("INSERT INTO t DEFAULT VALUES")


@pytest.fixture(params=FACES)
def face(shared_url: str, request: pytest.FixtureRequest) -> Iterator[Face]:
    """Give each face of the runtime, on one connection."""
    opened = Face(request.param, shared_url, **ONE_CONNECTION.get(request.param, {}))
    yield opened
    opened.close()


@pytest.mark.parametrize("kind", TYPES)
def test_a_parameter_of_a_type_made_anew_is_taken(face: Face, kind: str) -> None:
    """Scalar and array, cast or assigned: prepared once more, without a word, each time."""
    world = World(face, kind)
    cast = world.statement("SELECT ($1::kind)::text", world.declared, scalar=str)
    array = world.statement("SELECT cardinality($1::kind[])", f"{world.declared}[]", scalar=int)
    for _ in range(3):
        assert face.one(cast, world.value) == world.value
        assert face.one(array, [world.value, world.value]) == 2
        assert face.affected(world.insert, world.value) == 1
        world.make_anew()


@pytest.mark.parametrize("kind", ["enum", "composite"])
def test_rows_are_written_at_once_as_ever(face: Face, kind: str) -> None:
    """As arrays and one by one."""
    world = World(face, kind)
    for _ in range(3):
        assert face.insert_many(world.insert, [Row(world.value)] * 3) == 3
        assert face.insert_many(world.update, [Row(world.value)] * 2) >= 2
        world.make_anew()


@pytest.mark.parametrize("kind", TYPES)
def test_a_type_that_only_the_statement_names_is_found_anew(face: Face, kind: str) -> None:
    """No table tells the server that the plan is outdated."""
    world = World(face, kind)
    constant = world.statement(f"SELECT '{world.value}'::kind::text", scalar=str)
    cast = world.statement("SELECT ARRAY[$1::text::kind]::text[]", "text", scalar=list[str])
    for _ in range(3):
        assert face.one(constant) == world.value
        assert face.one(cast, world.value) == [world.value]
        world.make_anew()


def test_a_stream_begins_as_ever(face: Face) -> None:
    """Also one that psycopg would have prepared by itself."""
    world = World(face, "enum")
    stream = world.statement("SELECT v::text FROM t WHERE v = $1", "enum", scalar=str)
    for _ in range(3):
        for _ in range(7):
            assert face.stream(stream, "a") == []
        world.make_anew()


def test_inside_a_transaction_it_is_an_error_once(face: Face) -> None:
    """Nothing can be repeated there; the next transaction is fine."""
    world = World(face, "enum")
    assert face.affected(world.insert, "a") == 1
    world.make_anew()

    def sync(conn: Any) -> None:
        with conn.transaction():
            face.verbs.affected(conn, world.insert, ("a",))

    async def asynchronous(conn: Any) -> None:
        async with conn.transaction():
            await face.verbs.affected(conn, world.insert, ("a",))

    work = asynchronous if face.is_async else sync
    with pytest.raises(psycopg.errors.InternalError_, match="cache lookup failed for type"):
        face.connection(work)
    face.connection(work)
    face.connection(work)


def test_an_error_inside_of_the_statement_is_not_repeated(face: Face) -> None:
    """The same words from a function: the statement has run."""
    face.script("DROP SCHEMA public CASCADE; CREATE SCHEMA public; CREATE SEQUENCE runs")
    face.script(
        "CREATE FUNCTION fail() RETURNS int LANGUAGE plpgsql AS $$ BEGIN PERFORM nextval('runs'); "
        "RAISE 'cache lookup failed for type 7' USING ERRCODE = 'XX000'; END $$"
    )
    with pytest.raises(psycopg.errors.InternalError_):
        face.one(Statement("retyped.fail", "SELECT fail()", scalar=int))
    assert face.one(Statement("retyped.runs", "SELECT last_value FROM runs", scalar=int)) == 1


def test_a_pool_drops_a_session_whose_functions_are_of_another_time(shared_url: str) -> None:
    """What PL/pgSQL compiled for a type that is gone fails for as long as the session lives."""
    face = Face("pool", shared_url, min_size=1, max_size=1)
    world = World(face, "enum")
    world.migrate(
        "CREATE FUNCTION check_kind(given text) RETURNS text LANGUAGE plpgsql AS "
        "'DECLARE found kind := given; BEGIN RETURN found::text; END'"
    )
    check = world.statement("SELECT check_kind($1)", "text", scalar=str)
    assert face.one(check, "a") == "a"
    world.make_anew()
    with pytest.raises(psycopg.errors.InternalError_, match="cache lookup failed for type"):
        face.one(check, "a")
    assert face.one(check, "a") == "a"
    face.close()
