"""init: a folder becomes a project whose commands work at once."""

from __future__ import annotations

import importlib
import subprocess
import sys
from typing import TYPE_CHECKING

import psycopg
import pytest
from project import Project

from amber_sql import locate

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def shop(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    empty_database_url: str,
) -> Project:
    """Work in an empty folder, with an empty database."""
    project = Project(tmp_path / "aside", capsys)
    project.root = tmp_path / "My Shop"
    project.root.mkdir()
    monkeypatch.chdir(project.root)
    monkeypatch.setenv("DATABASE_URL", empty_database_url)
    return project


def test_everything_works_at_once(
    shop: Project, empty_database_url: str, compiling_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """generate, check, lint, `yoyo apply`, and the first query returns a typed row."""
    server = ("--database-url", compiling_url)
    assert shop.run("init").out.count("wrote ") == 5
    for command in (("generate", *server), ("generate", "--check", *server), ("check", *server)):
        done = shop.run(*command)
        assert done.code == 0, done.err
    subprocess.run([sys.executable, "-m", "yoyo", "apply"], check=True, cwd=shop.root)
    monkeypatch.syspath_prepend(shop.root)
    notes = importlib.import_module("db.queries.notes")
    with psycopg.connect(empty_database_url, autocommit=True) as conn:
        made = notes.create(conn, body="remember")
        assert notes.get(conn, id=made.id) == made
    assert locate.project().role_prefix == "my_shop"


def test_what_it_writes_lints_clean_and_can_be_undone(shop: Project) -> None:
    """The first migration is an example of those to come."""
    shop.run("init")
    assert shop.run("lint", "--all").code == 0
    assert shop.run("migrate", "deploy").code == 0
    assert shop.run("migrate", "down").code == 0


def test_a_project_is_left_alone(shop: Project) -> None:
    """A second time it refuses, and every file is as it was."""
    shop.run("init")
    query = shop.root / "queries" / "notes.sql"
    query.write_text("-- mine\n")
    done = shop.run("init")
    assert (done.code, "is a project already" in done.err) == (2, True)
    assert query.read_text() == "-- mine\n"


@pytest.mark.parametrize("settings", ["amber-sql.toml", "pyproject.toml"])
def test_settings_make_a_project_too(shop: Project, settings: str) -> None:
    """Whatever its folders are called."""
    section = "" if settings == "amber-sql.toml" else "[tool.amber-sql]\n"
    (shop.root / settings).write_text(f'{section}queries = "q"\n')
    assert shop.run("init").code == 2
    assert [path.name for path in shop.root.iterdir()] == [settings]


def test_migrations_that_are_there_are_kept(shop: Project, compiling_url: str) -> None:
    """Who has used yoyo so far gets the rest, and a query that fits any schema."""
    (shop.root / "migrations").mkdir()
    (shop.root / "migrations" / "0001.t.sql").write_text("CREATE TABLE t (id int);")
    assert shop.run("init").code == 0
    assert [path.name for path in (shop.root / "migrations").iterdir()] == ["0001.t.sql"]
    assert shop.run("check", "--database-url", compiling_url).code == 0


def test_another_folder_can_be_named(shop: Project) -> None:
    """It is made, and what to do next says where."""
    done = shop.run("init", "sub/new")
    assert (shop.root / "sub" / "new" / "queries" / "notes.sql").is_file()
    assert f"cd '{shop.root / 'sub' / 'new'}' && amber-sql generate" in done.err
