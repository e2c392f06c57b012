"""Names that meet: of classes, functions, fields and parameters; Python and mypy have the last word."""

from __future__ import annotations

import importlib
import subprocess
import sys
import typing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from target import Target, database

from amber_sql.compiler.bind import plurals
from amber_sql.compiler.pipeline import Build, compile_queries, generated
from amber_sql.compiler.write import write

if TYPE_CHECKING:
    from collections.abc import Iterator

SCHEMA = """
CREATE TYPE status AS ENUM ('a', 'A', '1st', '', 'class', '½', 'a b', 'a-b');
CREATE TYPE "Role" AS ENUM ('x');
CREATE SCHEMA other;
CREATE TYPE other.status AS ENUM ('z');
CREATE TABLE users (id int PRIMARY KEY, status status NOT NULL, other other.status);
CREATE TABLE "user" (id int PRIMARY KEY);
CREATE TABLE statuses (id int PRIMARY KEY, "Role" "Role" NOT NULL, "class" text NOT NULL);
CREATE TABLE statements (id int PRIMARY KEY, amount numeric NOT NULL, "Decimal" numeric);
CREATE TABLE structs (id uuid PRIMARY KEY, "UUID" uuid, "date" date, "list" int[], int int, "datetime" timestamptz);
CREATE TABLE jsons (id int PRIMARY KEY, "Json" jsonb NOT NULL, more jsonb);
CREATE TABLE api_keys (id int PRIMARY KEY);
CREATE TABLE api__keys (id int PRIMARY KEY);
CREATE TABLE "nones" (id int PRIMARY KEY);
CREATE TABLE named (id int PRIMARY KEY);
COMMENT ON TABLE named IS 'Named.\n@struct Bearer';
CREATE TABLE other.users (id int PRIMARY KEY);
"""
QUERIES = """
-- name: list(ids)
-- Everyone.
SELECT u, s AS state, array_agg(j."Json") AS texts FROM users AS u, statuses AS s, jsons AS j WHERE u.id = ANY(:ids::int[]) GROUP BY u, s LIMIT 3;

-- name: date()$
-- A date.
SELECT current_date;

-- name: int(class, conn, date, runtime)^
-- Two numbers.
SELECT :class::int AS "class", :conn::int AS conn, :date::date AS date, :runtime::text AS runtime;

-- name: Statement()^
-- Two statements.
SELECT s, t FROM statements AS s, structs AS t LIMIT 1;

-- name: class(_get)^
-- A keyword, and a constant's name.
SELECT :_get::int AS a, ARRAY[1] AS b;

-- name: tags()$
-- A list where a function is called list.
SELECT ARRAY['a'];

-- name: User()
-- Named as a class.
SELECT j, n FROM jsons AS j, named AS n LIMIT 1;

-- name: str(ids)*!
-- Keys.
INSERT INTO api_keys (id) VALUES (:ids);
"""


def compiled(conn: psycopg.Connection[Any], folder: Path, queries: str) -> Build:
    """Compile one file of queries."""
    (folder / "queries").mkdir(exist_ok=True)
    (folder / "queries" / "names.sql").write_text(queries)
    return compile_queries(conn, folder / "queries")


@pytest.fixture(scope="module")
def build(compiling_server: Target, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Build]:
    """Compile QUERIES and write names_package, which can be imported from here."""
    folder = tmp_path_factory.mktemp("names")
    with (
        database(compiling_server) as name,
        psycopg.connect(compiling_server.url(name), autocommit=True) as conn,
    ):
        conn.execute(SCHEMA)
        build = compiled(conn, folder, QUERIES)
    assert [str(error) for error in build.errors] == []
    package = folder / "names_package"
    write(package, generated(build, folder / "queries", package))
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        yield build
        for name in [name for name in sys.modules if name.startswith("names_package")]:
            del sys.modules[name]


def test_every_class_has_a_name_of_its_own(build: Build) -> None:
    """Whatever tables, enums, queries and this library are called."""
    names = [model.name for model in (*build.package.enums, *build.package.structs)]
    assert len(names) == len(set(names))
    assert {"User", "PublicUser", "Status", "Statuses", "Statement_", "Struct_", "Json_", "Bearer"} <= {*names}  # fmt: skip
    assert {"ApiKey", "ApiKeys", "OtherUser", "OtherStatus", "Role", "None_"} <= {*names}


@pytest.mark.usefixtures("build")
@pytest.mark.parametrize("module", ["queries.names", "aio.queries.names", "models"])
def test_python_resolves_every_annotation(module: str) -> None:
    """A parameter or field that hides a class would make it another's."""
    found = importlib.import_module(f"names_package.{module}")
    assert found.__all__
    for name in found.__all__:
        assert typing.get_type_hints(getattr(found, name)) is not None


@pytest.mark.usefixtures("build")
def test_labels_keep_their_text() -> None:
    """Whatever names their members get."""
    models = importlib.import_module("names_package.models")
    assert [label.value for label in models.Status] == ["a", "A", "1st", "", "class", "½", "a b", "a-b"]  # fmt: skip


@pytest.mark.usefixtures("build")
def test_mypy_agrees_with_all_names(tmp_path: Path) -> None:
    """In both halves and the models."""
    package = importlib.import_module("names_package")
    folder = Path(package.__path__[0]).parent
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "-p", "names_package"]
    done = subprocess.run(
        [*command, f"--cache-dir={tmp_path}"], cwd=folder, capture_output=True, text=True, check=False
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


REFUSED = {
    "-- name: a()^\n-- D.\n-- @returns Status\nSELECT 1 AS x, 2 AS y;": "as an enum's",
    "-- name: a()^\n-- D.\n-- @returns Struct\nSELECT 1 AS x, 2 AS y;": "generated code uses the name Struct",
    "-- name: a()^\n-- D.\n-- @returns ApiKey\nSELECT 1 AS x, 2 AS y;": "is not the table's row",
    "-- name: a()^\n-- D.\n-- @returns R\nSELECT 1 AS x, 2 AS y;\n-- name: b()^\n-- D.\n-- @returns R\nSELECT 1 AS x, 2 AS z;": "@returns R differs: column 2 is z, not y",
    "-- name: a()^\n-- D.\n-- @returns R\nSELECT 1 AS x, 2 AS y;\n-- name: b()^\n-- D.\n-- @returns R\nSELECT 1 AS x, NULL::int AS y;": "@returns R differs: y is int | None, not int",
    "-- name: class()^\n-- D.\nSELECT 1;\n-- name: class_()^\n-- D.\nSELECT 1;": "class and class_ are both class_ in Python",
    "-- name: a(conn, conn_)^\n-- D.\nSELECT :conn::int, :conn_::int;": "two parameters are named conn_ in Python",
    "-- name: a()^\n-- D.\nSELECT 1 AS x, 2;": "column 2 is named",
    "-- name: a()^\n-- D.\nSELECT 1 AS x, 2 AS x;": "two columns are named x",
    "-- name: a()^\n-- D.\nSELECT 1 AS class, 2 AS class_;": "two columns are named class_",
    "-- name: a()^\n-- D.\nSELECT point(1, 2);": "the type point has no Python type",
    "-- name: ab()^\n-- D.\nSELECT 1 AS x, 2 AS y;\n-- name: a_b()^\n-- D.\n-- @returns NamesAbRow\nSELECT 1 AS x, 2 AS z;": "NamesAbRow",
    "-- name: a(x)*!\n-- D.\nINSERT INTO api_keys (id) VALUES (:x);\n-- name: b()^\n-- D.\n-- @returns NamesAParams\nSELECT 1 AS x, 2 AS y;": "NamesAParams",
}  # fmt: skip


@pytest.mark.parametrize(("queries", "message"), REFUSED.items())
def test_names_that_are_refused(
    compiling: psycopg.Connection[Any], tmp_path: Path, queries: str, message: str
) -> None:
    """What cannot be said in Python is one error that says what to write."""
    compiling.execute(SCHEMA)
    found = compiled(compiling, tmp_path, queries).errors
    assert any(message in error.message for error in found), found
    assert all(error.hint for error in found if "no Python type" not in error.message)


PLURALS = {
    "users": "user", "statuses": "status", "companies": "company", "boxes": "box", "ties": "tie",
    "api_keys": "api_key", "people": "person", "news": "news", "address": "address",
    "addresses": "address", "movies": "movie", "data": "data", "series": "series",
    "indices": "index", "buses": "bus", "cases": "case", "env_aliases": "env_alias",
    "shelves": "shelf", "bookshelves": "bookshelf", "archives": "archive", "databases": "database",
    "analyses": "analysis", "caches": "cache", "matches": "match", "sizes": "size",
    "quizzes": "quiz", "houses": "house", "clauses": "clause", "viruses": "virus", "menus": "menu",
    "taxis": "taxi", "alias": "alias", "lenses": "lens", "heroes": "hero", "shoes": "shoe",
    "children": "child", "wives": "wife", "olives": "olive", "criteria": "criterion",
    "queries": "query", "analytics": "analytics", "statuses_log": "statuses_log",
    "licenses": "license", "responses": "response", "EnvAliases": "EnvAlias", "class": "class",
}  # fmt: skip


@pytest.mark.parametrize(("plural", "singular"), PLURALS.items())
def test_singular(plural: str, singular: str) -> None:
    """Tables are named in the plural, and their rows in the singular."""
    assert plurals.singular(plural) == singular
