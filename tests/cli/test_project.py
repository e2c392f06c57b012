"""locate.project: inside a project the commands mean that project, elsewhere Amber's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from project import Project

from amber_sql import locate
from amber_sql.cli.database import embedded_name
from amber_sql.server import Server, places

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def shop(
    server_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Project]:
    """Work in a project of one's own, with an embedded server of one's own."""
    monkeypatch.setenv("AMBER_SERVER_DIR", str(server_folder / "shop"))
    (tmp_path / "shop").mkdir()
    project = Project(tmp_path / "shop", capsys)
    monkeypatch.chdir(project.root)
    yield project
    for folder in places.home().glob("[0-9]*"):
        Server(folder).stop("immediate")


def test_outside_of_projects_amber_s_own_are_meant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder of somebody else's migrations, without SQL files, is no project."""
    (tmp_path / "migrations").mkdir()
    monkeypatch.chdir(tmp_path)
    assert locate.project() == (locate.queries_dir(), locate.migrations_dir())
    assert locate.package_of(locate.queries_dir()) == locate.PACKAGE
    assert embedded_name(locate.migrations_dir()) == "amber"


@pytest.mark.parametrize("arguments", [("generate",), ("migrate", "new", "notes", "--no-edit")])
def test_from_elsewhere_amber_s_own_are_not_written(
    tmp_path: Path, shop: Project, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    """Whoever is in no project has mistaken the folder."""
    monkeypatch.chdir(tmp_path)
    done = shop.run(*arguments)
    assert (done.code, done.out, "No project here" in done.err) == (2, "", True)


def test_a_project_begins_with_two_empty_folders(
    shop: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first migration is made as every other one."""
    for name in ("queries", "migrations"):
        (tmp_path / "new" / name).mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "new")
    assert shop.run("migrate", "new", "first", "--no-edit").code == 0
    assert (tmp_path / "new" / "migrations" / "0001.first.sql").is_file()


def test_a_project_needs_no_options(shop: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is found from a folder inside it too, and its package is db."""
    (shop.root / "inside").mkdir()
    monkeypatch.chdir(shop.root / "inside")
    assert "wrote queries/people.py" in shop.run("generate").out
    assert (shop.root / "db" / "queries" / "people.py").is_file()
    assert "Fresh" in shop.run("generate", "--check").err
    assert shop.run("check").out == "1 query in 1 file: all fine.\n"
    assert "people.get(" in shop.run("describe").out
    assert "people.name is NOT NULL" in shop.run("explain-types").out
    assert '"people.sql"' in shop.run("manifest").out


def test_its_migrations_are_the_ones_that_are_applied(
    shop: Project, empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`migrate new` writes beside them, and `deploy` and `status` know no others."""
    monkeypatch.setenv("DATABASE_URL", empty_database_url)
    assert shop.run("migrate", "new", "add notes", "--no-edit").code == 0
    (shop.root / "migrations" / "0002.add_notes.sql").write_text("CREATE TABLE notes (id int);")
    assert shop.run("migrate", "deploy").code == 0
    status = shop.run("migrate", "status").out.split()
    assert status == ["applied", "0001.people", "applied", "0002.add_notes"]
    shop.run("generate")
    assert "generated code: 1 files, as they were generated" in shop.run("doctor").out


def test_dev_gives_a_project_its_own_database(shop: Project) -> None:
    """Two projects on one embedded server are not in each other's way."""
    done = shop.run("dev")
    assert done.code == 0, done.err
    name = embedded_name(shop.root / "migrations")
    assert name.startswith("shop_")
    assert f"1 migration(s) applied to {name}" in done.err
    assert f"/{name}?" in done.out
    assert embedded_name(shop.root / "again" / "shop" / "migrations") != name


def test_a_folder_without_queries_is_not_fine(shop: Project) -> None:
    """A check of nothing would pass for ever."""
    (shop.root / "queries" / "people.sql").unlink()
    done = shop.run("check")
    assert (done.code, "No query found in" in done.err) == (2, True)
