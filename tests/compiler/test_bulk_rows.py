"""`*!` with RETURNING, from the file to typed rows in the order of the input."""

from __future__ import annotations

import asyncio
import importlib
import sys
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from together import built

from amber_sql.compiler.pipeline import generated
from amber_sql.compiler.write import write

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SCHEMA = "CREATE TABLE pets (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL)"
QUERIES = """
-- name: add(name)*!
-- Pets.
-- @returns Pet
INSERT INTO pets (name) VALUES (:name) RETURNING id, name;

-- name: name_of(id)*!
-- Their names, one by one.
-- @allow unused_rows: to see it work
SELECT name FROM pets WHERE id = :id;

-- name: say(text)*!
-- Nothing comes back of what is called for its effect.
SELECT pg_notify('pets', :text);
"""


@pytest.fixture
def models(
    compiling: psycopg.Connection[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Any]:
    """Generate bulk_package, and give its models."""
    compiling.execute(SCHEMA)
    build = built(compiling, tmp_path, {"pets.sql": QUERIES})
    assert (build.errors, build.advice) == ((), ())
    write(
        tmp_path / "bulk_package", generated(build, tmp_path / "queries", tmp_path / "bulk_package")
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    yield importlib.import_module("bulk_package.models")
    for module in [name for name in sys.modules if name.startswith("bulk_package")]:
        del sys.modules[module]


def test_the_rows_come_back(compiling: psycopg.Connection[Any], models: Any) -> None:
    """As structs, bare values or a count, in the order of what was given."""
    pets = importlib.import_module("bulk_package.queries.pets")
    found = pets.add(compiling, [models.PetsAddParams(name) for name in "cab"])
    assert found == [models.Pet(1, "c"), models.Pet(2, "a"), models.Pet(3, "b")]
    assert pets.name_of(compiling, [models.PetsNameOfParams(n) for n in (3, 9, 1)]) == ["b", "c"]
    assert pets.say(compiling, [models.PetsSayParams("a")] * 2) == 2
    assert pets.add.__annotations__["return"] == "list[Pet]"


def test_the_other_half_has_the_same(compiling: psycopg.Connection[Any], models: Any) -> None:
    """With await."""
    pets = importlib.import_module("bulk_package.aio.queries.pets")

    async def main() -> Any:
        conninfo = compiling.info.dsn
        async with await psycopg.AsyncConnection.connect(conninfo, autocommit=True) as conn:
            return await pets.add(conn, [models.PetsAddParams(name) for name in "cab"])

    assert [pet.name for pet in asyncio.run(main())] == [*"cab"]
