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
def queries(blank: psycopg.Connection[Any], tmp_path: Path) -> Path:
    """Give a folder of queries that fit the database of `compiling`."""
    blank.execute(SCHEMA)
    folder = tmp_path / "queries"
    folder.mkdir()
    (folder / "people.sql").write_text(QUERIES)
    return folder


def test_the_manifest_is_that_of_a_release(blank: psycopg.Connection[Any], queries: Path) -> None:
    """What `generate` writes is what a deploy finds, which describes the files anew."""
    described, files = compile_queries(blank, queries).described, read_files(queries)
    known = release_of(blank, described, files)
    assert known == describe_release(blank, files)
    assert [query.name for query in known.queries] == ["people.add", "people.get"]


@pytest.mark.skipif(sys.platform != "linux", reason="libpq traces the protocol on Linux alone")
def test_each_query_is_prepared_once(
    blank: psycopg.Connection[Any], queries: Path, tmp_path: Path
) -> None:
    """Compiling and the manifest ask the server once for each statement."""
    with (tmp_path / "trace").open("w") as trace:
        blank.pgconn.trace(trace.fileno())
        build = compile_queries(blank, queries)
        release_of(blank, build.described, read_files(queries))
        blank.pgconn.untrace()
    lines = (tmp_path / "trace").read_text().splitlines()
    asked = [line for line in lines if "\tParse\t" in line and "people" in line]
    assert len(asked) == 2
