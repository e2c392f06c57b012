"""`rows = "by-shape"`: what is alike is one struct, and a finding tells when it no longer is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from amber_sql.compiler.pipeline import Build, compile_queries, generated
from amber_sql.compiler.write import write

if TYPE_CHECKING:
    from pathlib import Path

    import psycopg

SCHEMA = """
CREATE TABLE users (id int PRIMARY KEY, name text NOT NULL, nick text);
CREATE TABLE people (id int PRIMARY KEY, name text NOT NULL, nick text);
CREATE TABLE pets (id int PRIMARY KEY, owner int NOT NULL);
"""
QUERIES = """
-- name: whole()
-- A table's columns.
SELECT u.id, u.name, u.nick FROM users AS u LIMIT 9;
-- name: whole_people()
-- Those of another table that is alike.
SELECT p.id, p.name, p.nick FROM people AS p LIMIT 9;
-- name: whole_pets()
-- Expressions that are alike.
SELECT p.id + 0 AS id, p.owner + 0 AS owner FROM pets AS p LIMIT 9;
-- name: either()
-- Alike to two tables, and read from none.
SELECT u.id + 0 AS id, u.name || '' AS name, u.nick || '' AS nick FROM users AS u LIMIT 9;
-- name: other_order()
-- Another order.
SELECT u.name, u.id, u.nick FROM users AS u LIMIT 9;
-- name: other_null()
-- Another NULL.
SELECT u.id, u.name, u.nick FROM users AS u WHERE u.nick IS NOT NULL LIMIT 9;
-- name: one_name(id)^
-- Two columns.
SELECT u.id, u.name FROM users AS u WHERE u.id = :id;
-- name: all_names()
-- The same two.
SELECT u.id, u.name FROM users AS u LIMIT 9;
-- name: named()
-- The same with NULL, and a name that others take.
-- @returns Nick
SELECT u.id, u.nick FROM users AS u LIMIT 9;
-- name: a_nick()
-- The same two.
SELECT u.id, u.nick FROM users AS u LIMIT 9;
"""


@pytest.fixture
def project(blank: psycopg.Connection[Any], tmp_path: Path) -> Path:
    """Give a project that shares rows, on a database with the tables."""
    blank.execute(SCHEMA)
    (tmp_path / "queries").mkdir()
    (tmp_path / "queries" / "q.sql").write_text(QUERIES)
    (tmp_path / "amber-sql.toml").write_text('rows = "by-shape"\n')
    return tmp_path


def build(conn: psycopg.Connection[Any], root: Path) -> Build:
    """Compile the project, which is right."""
    built = compile_queries(conn, root / "queries")
    assert built.errors == ()
    return built


def rows(built: Build) -> dict[str, str]:
    """Return the struct of each query's row."""
    (module,) = built.package.modules
    return {each.name: each.row.text for each in module.functions if each.row}


def test_rows_that_are_alike_are_one_struct(blank: psycopg.Connection[Any], project: Path) -> None:
    """Names, types, NULL and order decide; of two tables the one that is read, else neither."""
    assert rows(build(blank, project)) == {
        "whole": "User",
        "whole_people": "Person",
        "whole_pets": "Pet",
        "either": "QEitherRow",
        "other_order": "QOtherOrderRow",
        "other_null": "QOtherNullRow",
        "one_name": "QOneNameRow",
        "all_names": "QOneNameRow",
        "named": "Nick",
        "a_nick": "Nick",
    }


def test_a_query_keeps_the_name_of_its_row(blank: psycopg.Connection[Any], project: Path) -> None:
    """An import of it is not broken by what comes later."""
    built = build(blank, project)
    models = generated(built, project / "queries", project / "db")["models.py"]
    assert "QAllNamesRow = QOneNameRow\n" in models
    assert "QWholeRow = User\n" in models
    assert '    "QAllNamesRow",\n' in models


def test_without_the_setting_every_query_has_its_own(
    blank: psycopg.Connection[Any], project: Path
) -> None:
    """Nothing is a table's by coincidence."""
    (project / "amber-sql.toml").unlink()
    assert rows(build(blank, project))["all_names"] == "QAllNamesRow"
    assert rows(build(blank, project))["whole"] == "QWholeRow"


def test_a_migration_that_parts_rows_is_told(blank: psycopg.Connection[Any], project: Path) -> None:
    """The query whose row was the table's is named with what came between them."""
    built = build(blank, project)
    write(project / "db", generated(built, project / "queries", project / "db"))
    assert build(blank, project).parted == ()
    blank.execute("ALTER TABLE users ADD COLUMN age int")
    (finding,) = build(blank, project).parted
    assert finding.query == "q.whole"
    assert finding.message.endswith(
        "was User when code was generated last, and is QWholeRow now: 3 columns, not 4"
    )
