"""One describe feeds the modules and the manifest."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from amber_sql.compiler.pipeline import compile_queries
from amber_sql.deploy.compat.describe_release import describe_release, read_files, release_of

if TYPE_CHECKING:
    from pathlib import Path

    import psycopg

SCHEMA = """
CREATE TYPE mood AS ENUM ('happy', 'sad');
CREATE TABLE people (id int PRIMARY KEY, name text NOT NULL, mood mood NOT NULL, nick text);
"""
QUERIES = """
-- name: get(id)^
-- One.
SELECT p.id, p.name, p.nick, p AS whole FROM people AS p WHERE p.id = :id;
-- name: add(id, name, mood, nick)!
-- Add.
INSERT INTO people (id, name, mood, nick) VALUES (:id, :name, :mood, :nick)
ON CONFLICT (id) DO UPDATE SET nick = excluded.nick;
-- name: tidy()#
-- A script.
SELECT 1;
"""


@pytest.fixture
def queries(compiling: psycopg.Connection[Any], tmp_path: Path) -> Path:
    """Give a folder of queries that fit the database of `compiling`."""
    compiling.execute(SCHEMA)
    folder = tmp_path / "queries"
    folder.mkdir()
    (folder / "people.sql").write_text(QUERIES)
    return folder


def test_the_manifest_is_that_of_a_release(
    compiling: psycopg.Connection[Any], queries: Path
) -> None:
    """What `generate` writes is what a deploy finds, which describes the files anew."""
    described, files = compile_queries(compiling, queries).described, read_files(queries)
    known = release_of(compiling, described, files)
    assert known == describe_release(compiling, files)
    assert [query.name for query in known.queries] == ["people.add", "people.get"]


@pytest.mark.skipif(sys.platform != "linux", reason="libpq traces the protocol on Linux alone")
def test_each_query_is_prepared_once(
    compiling: psycopg.Connection[Any], queries: Path, tmp_path: Path
) -> None:
    """Compiling and the manifest ask the server once for each statement."""
    with (tmp_path / "trace").open("w") as trace:
        compiling.pgconn.trace(trace.fileno())
        build = compile_queries(compiling, queries)
        release_of(compiling, build.described, read_files(queries))
        compiling.pgconn.untrace()
    lines = (tmp_path / "trace").read_text().splitlines()
    asked = [line for line in lines if "\tParse\t" in line and "people" in line]
    assert len(asked) == 2
