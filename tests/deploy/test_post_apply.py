"""yoyo's post-apply.sql: run after each deploy that applied something, by either command."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from deploy_world import COMMANDS, deploy, rows, write

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make a migration, and a post-apply that counts how often it ran."""
    return write(
        tmp_path / "migrations",
        {"0001.a": "CREATE TABLE runs (n int);", "post-apply": "INSERT INTO runs VALUES (1);"},
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_post_apply_runs_after_what_was_applied(
    command: str, folder: Path, empty_database_url: str
) -> None:
    """Once a deploy, however many migrations there were; not where there was none."""
    counts = []
    for more in ({}, {}, {"0002.b": "SELECT 1;", "0003.c": "SELECT 1;"}):
        write(folder, more)
        code, said = deploy(command, empty_database_url, folder)
        assert code == 0, said
        counts += rows(empty_database_url, "SELECT count(*) FROM runs")
    assert counts == [(1,), (1,), (2,)]
