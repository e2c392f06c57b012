"""Behind PgBouncer in transaction mode: a text has one statement of each server connection, also when it is stale."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, LiteralString

import psycopg
import pytest
from pgbouncer import bouncer, needs_prepared_statements
from runtime_world import FACES, Face, value

from amber_sql.runtime import Statement, Variants
from amber_sql.runtime._sources import Texts

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = needs_prepared_statements
pytest_plugins = ("runtime_plugin",)

READ = value("SELECT name FROM person WHERE id = $1", str, "int4")
MOOD = value("SELECT 1 FROM person WHERE mood = $1", int, "enum")
OPTIONS = {
    "pool": {"max_size": 3, "settings": None},
    "async_pool": {"max_size": 3, "settings": None},
}
TYPES: tuple[LiteralString, ...] = ("varchar", "char(20)", "text", "varchar(30)")


@pytest.fixture(scope="module")
def through(shared_url: str) -> Iterator[str]:
    """Give the URL of the module's database through a pooler that keeps prepared statements."""
    with bouncer(shared_url, "transaction", "max_prepared_statements = 200") as url:
        yield url


@pytest.fixture(params=FACES)
def face(through: str, shared_url: str, request: pytest.FixtureRequest) -> Iterator[Face]:
    """Give each face of the runtime, behind the pooler."""
    run(shared_url, "DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    run(shared_url, "CREATE TYPE mood AS ENUM ('HAPPY')")
    run(shared_url, "CREATE TABLE person (id int, name text, mood mood)")
    run(shared_url, "INSERT INTO person VALUES (1, 'Ann', 'HAPPY')")
    opened = Face(request.param, through, **OPTIONS.get(request.param, {}))
    yield opened
    opened.close()


def run(url: str, sql: LiteralString) -> None:
    """Run a statement on the server itself."""
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute(sql)


def test_a_changed_result_type_heals(face: Face, shared_url: str) -> None:
    """However often it changes, no call fails."""
    for pg_type in TYPES:
        for _ in range(8):
            assert str(face.one(READ, 1)).strip() == "Ann"
        run(shared_url, f"ALTER TABLE person ALTER name TYPE {pg_type}")


def test_a_type_made_anew_heals(face: Face, shared_url: str) -> None:
    """A parameter's type that was dropped and created again."""
    for _ in range(3):
        for _ in range(8):
            assert face.one(MOOD, "HAPPY") == 1
        run(shared_url, "ALTER TYPE mood RENAME TO old; CREATE TYPE mood AS ENUM ('HAPPY', 'SAD')")
        run(
            shared_url,
            "ALTER TABLE person ALTER mood TYPE mood USING mood::text::mood; DROP TYPE old",
        )


FIND = """-- name: find(id, name, sort)
SELECT name FROM person WHERE true
AND id = :id      -- @if id
AND name = :name  -- @if name
ORDER BY id       -- @choose sort id
-- @choose sort name: ORDER BY name
"""
VARIANTS = Variants(
    Statement(
        "person.find",
        Texts("person", "person.sql", FIND.encode()),
        scalar=str,
        params={"id": "int4", "name": "text", "sort": "text"},
    ),
    options={"id": None, "name": None, "sort": ("id", "name")},
)


def test_each_variant_is_a_statement_of_its_own(face: Face, shared_url: str) -> None:
    """On whatever server connection a call comes, it runs its own text; also after the table changed."""
    run(shared_url, "INSERT INTO person VALUES (2, 'Abe', 'HAPPY')")
    for pg_type in TYPES[:2]:
        for _ in range(4):
            found = [
                face.wait(face.verbs.many(face.conn, *VARIANTS.chosen(*given)))
                for given in (
                    (None, None, "id"),
                    (None, None, "name"),
                    (2, None, "id"),
                    (2, "Ann", "id"),
                )
            ]
            assert [[name.strip() for name in some] for some in found] == [
                ["Ann", "Abe"],
                ["Abe", "Ann"],
                ["Abe"],
                [],
            ]
        run(shared_url, f"ALTER TABLE person ALTER name TYPE {pg_type}")


@pytest.mark.parametrize("face", ["plain", "async_plain"], indirect=True)
def test_inside_transactions_it_heals_after_one_error(face: Face, shared_url: str) -> None:
    """The transaction that meets it is lost, the next ones of its connection are fine."""

    def sync(conn: Any) -> Any:
        with conn.transaction():
            return face.verbs.one(conn, READ, (1,))

    async def asynchronous(conn: Any) -> Any:
        async with conn.transaction():
            return await face.verbs.one(conn, READ, (1,))

    work = asynchronous if face.is_async else sync
    assert face.connection(work) == "Ann"
    run(shared_url, "ALTER TABLE person ALTER name TYPE varchar")
    with pytest.raises(psycopg.errors.FeatureNotSupported):
        face.connection(work)
    assert [face.connection(work) for _ in range(3)] == ["Ann"] * 3
