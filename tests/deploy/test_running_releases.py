"""What a database remembers of releases, where another version of amber-sql wrote it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest
from command import amber
from deploy_world import write

from amber_sql import deploy
from amber_sql.errors import UnreadableRelease

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make a project of one table and one query."""
    (tmp_path / "queries").mkdir()
    (tmp_path / "queries" / "a.sql").write_text(
        "-- name: get(id)^\n-- One.\nSELECT name FROM a WHERE id = :id;\n"
    )
    return write(
        tmp_path / "migrations", {"0001.a": "CREATE TABLE a (id int PRIMARY KEY, name text);"}
    )


@pytest.fixture
def release(folder: Path, empty_database_url: str) -> str:
    """Deploy it, then let its manifest be one that nobody here can read."""
    done = amber("migrate", "deploy", "--migrations", str(folder), url=empty_database_url)
    assert done.returncode == 0, done.stderr
    with psycopg.connect(empty_database_url, autocommit=True) as conn:
        row = conn.execute(
            """UPDATE _amber_release SET manifest = '{"version": 99}' RETURNING release"""
        )
        return row.fetchone()[0]


def test_an_unreadable_release_stops_a_deploy(
    release: str, folder: Path, empty_database_url: str
) -> None:
    """Nobody can say whether the migration breaks it: exit 5, and the way out is named."""
    write(folder, {"0002.b": "CREATE TABLE b ();"})
    done = amber("migrate", "deploy", "--migrations", str(folder), url=empty_database_url)
    assert done.returncode == 5, done.stderr
    assert f"amber-sql migrate retire {release}" in done.stderr
    with psycopg.connect(empty_database_url) as conn:
        assert conn.execute("SELECT to_regclass('b')").fetchone() == (None,)


def test_an_unreadable_release_can_be_retired(
    release: str, folder: Path, empty_database_url: str
) -> None:
    """Then the deploy goes on."""
    assert amber("migrate", "retire", release, url=empty_database_url).returncode == 0
    write(folder, {"0002.b": "CREATE TABLE b ();"})
    assert deploy.migrate(empty_database_url, folder) == ["0002.b"]


def test_an_unreadable_release_has_its_name_as_data(release: str, empty_database_url: str) -> None:
    """From Python it is an error of its own."""
    with pytest.raises(UnreadableRelease) as refused:
        deploy.live_releases(empty_database_url)
    assert refused.value.release == release
