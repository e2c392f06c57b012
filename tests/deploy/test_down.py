"""What may be undone: what this database ran last, as it ran, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from deploy_world import rows, write

from amber_sql import deploy as deploys
from amber_sql.errors import HistoryRefused

if TYPE_CHECKING:
    from pathlib import Path

FILES = {f"000{n}.t": f"CREATE TABLE t{n} (a int)" for n in (1, 2, 3)}
UNDO = {f"000{n}.t-": f"DROP TABLE t{n}" for n in (1, 2, 3)}


@pytest.fixture
def folder(empty_database_url: str, tmp_path: Path) -> Path:
    """Give a folder whose three migrations are applied."""
    made = write(tmp_path / "m", FILES | UNDO)
    deploys.migrate(empty_database_url, made)
    return made


def _tables(url: str) -> list[str]:
    query = "SELECT tablename FROM pg_tables WHERE tablename LIKE 't_' ORDER BY 1"
    return [name for (name,) in rows(url, query)]


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("hidden", ["0003.t", "0002.t"])
def test_a_branchs_migration_is_not_stepped_over(
    empty_database_url: str, folder: Path, hidden: str, count: int
) -> None:
    """What ran last has no file here, as on another branch: nothing older is undone in its place."""
    (folder / f"{hidden}.sql").unlink()
    steps = count if hidden == "0003.t" else count + 1
    with pytest.raises(HistoryRefused, match=hidden):
        deploys.rollback(empty_database_url, folder, steps)
    assert _tables(empty_database_url) == ["t1", "t2", "t3"]


def test_an_edited_migration_is_not_undone(empty_database_url: str, folder: Path) -> None:
    """Its rollback belongs to another text."""
    write(folder, {"0003.t": "CREATE TABLE t3 (b int)"})
    with pytest.raises(HistoryRefused, match="edited"):
        deploys.rollback(empty_database_url, folder)
    assert _tables(empty_database_url) == ["t1", "t2", "t3"]


def test_nothing_but_the_unknown_is_no_empty_history(empty_database_url: str, folder: Path) -> None:
    """A database that ran other files is not said to have nothing to undo."""
    other = write(folder.parent / "other", {"0009.x": "SELECT 1"})
    with pytest.raises(HistoryRefused, match=r"0003\.t"):
        deploys.rollback(empty_database_url, other)


def test_the_last_ones_are_undone_in_turn(empty_database_url: str, folder: Path) -> None:
    """An edited file below what is undone is no matter, and what is gone can be undone no more."""
    write(folder, {"0001.t": "CREATE TABLE t1 (b int)"})
    assert deploys.rollback(empty_database_url, folder, 2) == ["0003.t", "0002.t"]
    assert _tables(empty_database_url) == ["t1"]
