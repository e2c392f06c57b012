"""What is added to a project renames nothing that was there: structs, enums, members, functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from together import built

from amber_sql.compiler.pipeline import generated

if TYPE_CHECKING:
    from pathlib import Path

    import psycopg

    from amber_sql.compiler.pipeline import Build

SCHEMA = """
CREATE TYPE state AS ENUM ('a b', 'A');
CREATE TYPE pair AS (one int, two text);
CREATE TABLE users (id int PRIMARY KEY, name text NOT NULL, state state NOT NULL, pair pair);
CREATE TABLE statuses (id int PRIMARY KEY);
CREATE TABLE holders (id int PRIMARY KEY, users users);
"""
QUERIES = """
-- name: get(id)^
-- One.
SELECT id, name FROM users WHERE id = :id;

-- name: put(id)*!
-- Many.
INSERT INTO statuses (id) VALUES (:id);

-- name: Member()
-- A function that is named as a class may be.
SELECT id, name FROM users LIMIT 1;

-- name: held()
-- A row that is stored, and a composite.
SELECT h, u.pair, u.state FROM holders AS h, users AS u LIMIT 1;
"""
OTHER = QUERIES.replace("-- One.", "-- Another.")
ADDED = {
    "a query of each name": ("", {"aaa.sql": OTHER, "zzz.sql": OTHER, "sub/patients.sql": OTHER}),
    "a table in the singular": ('CREATE TABLE "user" (id int); CREATE TABLE "Status" ()', {}),
    "an enum": ("CREATE TYPE status AS ENUM ('x'); CREATE TYPE \"User\" AS ENUM ('y')", {}),
    "a table named as a stored row": ("CREATE TABLE stored_users (id int)", {}),
    "a table named as a function": (
        "CREATE TABLE members (id int)",
        {"more.sql": "-- name: m()\n-- D.\nSELECT m FROM members AS m LIMIT 1;"},
    ),
    "labels before": (
        "ALTER TYPE state ADD VALUE 'a-b' BEFORE 'a b'; ALTER TYPE state ADD VALUE 'a' BEFORE 'A'",
        {},
    ),
    "a schema before ours": ("CREATE SCHEMA aaa; CREATE TABLE aaa.users (id int)", {}),
}


def shown(build: Build, folder: Path) -> set[str]:
    """Return each class with its fields or labels, and each function with what it returns."""
    assert build.errors == ()
    assert "models.py" in generated(build, folder / "queries", folder / "db")
    package = build.package
    found = {
        f"{s.name}: {[(f.name, f.annotation.text) for f in s.fields]}" for s in package.structs
    }
    found |= {
        f"{enum.name}.{member} = {text}" for enum in package.enums for member, text in enum.labels
    }
    return found | {
        f"{module.name}.{function.name} -> {function.returns.text} {function.params_struct}"
        for module in package.modules
        for function in module.functions
    }  # fmt: skip


@pytest.mark.parametrize("added", ADDED)
def test_nothing_is_renamed(blank: psycopg.Connection[Any], tmp_path: Path, added: str) -> None:
    """By another query, table, enum, label or schema, whatever it is called."""
    schema, queries = ADDED[added]
    blank.execute(SCHEMA)
    before = shown(built(blank, tmp_path, {"patients.sql": QUERIES}), tmp_path)
    for statement in schema.split(";"):
        blank.execute(statement)
    after = shown(built(blank, tmp_path, {"patients.sql": QUERIES} | queries), tmp_path)
    assert before - after == set()
    blank.execute("DROP SCHEMA IF EXISTS aaa CASCADE")


def test_a_function_keeps_its_name_beside_a_class(
    blank: psycopg.Connection[Any], tmp_path: Path
) -> None:
    """The class is imported under another one in that module."""
    blank.execute("CREATE TABLE members (id int PRIMARY KEY, name text)")
    text = "-- name: Member()\n-- D.\nSELECT m, 1 AS n FROM members AS m LIMIT 1;"
    build = built(blank, tmp_path, {"m.sql": text})
    code = generated(build, tmp_path / "queries", tmp_path / "db")["queries/m.py"]
    assert "def Member(conn: Conn) -> list[MMemberRow]" in code
    text = "-- name: Member()\n-- D.\n-- @returns Member\nSELECT id, name FROM members LIMIT 1;"
    build = built(blank, tmp_path, {"m.sql": text})
    code = generated(build, tmp_path / "queries", tmp_path / "db")["queries/m.py"]
    assert "import Member as Member_" in code
    assert "def Member(conn: Conn) -> list[Member_]" in code


def test_params_names_the_struct_of_many(blank: psycopg.Connection[Any], tmp_path: Path) -> None:
    """`@params` does for what goes in what `@returns` does for what comes out."""
    blank.execute("CREATE TABLE t (id int)")
    text = "-- name: put(id)*!\n-- D.\n-- @params NewT\nINSERT INTO t VALUES (:id);"
    build = built(blank, tmp_path, {"t.sql": text})
    assert build.errors == ()
    assert [struct.name for struct in build.package.structs] == ["NewT", "T"]


IDLE = {
    "-- name: q()$\n-- D.\n-- @params X\nSELECT 1;": "@params changes nothing here",
    "-- name: q(x)*!\n-- D.\n-- @params User\nINSERT INTO users VALUES (:x);": "two models are named User",
    "-- name: q(x)*!\n-- D.\n-- @params _X\nINSERT INTO users VALUES (:x);": "cannot be the name of a class",
}  # fmt: skip


@pytest.mark.parametrize("text", IDLE)
def test_params_that_says_nothing_is_an_error(
    blank: psycopg.Connection[Any], tmp_path: Path, text: str
) -> None:
    """Or names what is another's, or no class at all."""
    blank.execute("CREATE TABLE users (id int)")
    messages = [error.message for error in built(blank, tmp_path, {"q.sql": text}).errors]
    assert any(IDLE[text] in message for message in messages), messages


def test_a_stated_name_takes_no_other_table_s(
    blank: psycopg.Connection[Any], tmp_path: Path
) -> None:
    """`@struct User` on another table is an error until that of users is stated as well."""
    blank.execute("CREATE TABLE users (id int); CREATE TABLE people (id int)")
    blank.execute("COMMENT ON TABLE people IS '@struct User'")
    (error,) = built(blank, tmp_path, {}).errors
    assert error.message == "@struct User: that is the name of users"
    blank.execute("COMMENT ON TABLE users IS '@struct Account'")
    build = built(blank, tmp_path, {})
    assert build.errors == ()
    assert [struct.name for struct in build.package.structs] == ["Account", "User"]
