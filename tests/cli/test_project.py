"""Which project a command is about: the one here, or the package that is named; no other."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import msgspec
import pytest
from project import Project

from amber_sql import locate
from amber_sql.cli.database import embedded_name
from amber_sql.errors import BadProjectFile, NoProject

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def shop(
    embedded_home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Project:
    """Work in a project of one's own, with an embedded server."""
    monkeypatch.setenv("AMBER_SERVER_DIR", str(embedded_home))
    (tmp_path / "shop").mkdir()
    project = Project(tmp_path / "shop", capsys)
    monkeypatch.chdir(project.root)
    return project


@pytest.mark.parametrize(
    ("folders", "why"),
    [
        ((), "nor a folder above it"),
        (("queries",), "no migrations/"),
        (("migrations",), "no queries/"),
    ],
)
def test_outside_of_projects_nothing_is_meant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folders: tuple[str, ...], why: str
) -> None:
    """There is no fallback: what a project is, and which of its folders is missing, is said."""
    for name in folders:
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NoProject, match=why) as refused:
        locate.project()
    assert "--package NAME" in str(refused.value)


def test_amber_s_own_checkout_is_a_project() -> None:
    """Its settings say which package is written."""
    found = locate.project(locate.PACKAGE)
    assert (found.package, found.role_prefix) == (locate.PACKAGE, "amber")
    assert locate.package("amber_sql") == found


SETTINGS = {
    "amber-sql.toml": 'queries = "sql/q"\nmigrations = "sql/m"\npackage = "shop"\nrole-prefix = "s"\n',
    "pyproject.toml": '[tool.amber-sql]\nqueries = "sql/q"\nmigrations = "sql/m"\npackage = "shop"\nrole-prefix = "s"\n',
}


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("inside", ["", "sql", "sql/q"])
def test_settings_say_where_the_sql_is(tmp_path: Path, name: str, inside: str) -> None:
    """Paths are relative to the file, from wherever below it a command runs."""
    for folder in ("sql/q", "sql/m"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / name).write_text(SETTINGS[name])
    found = locate.project(tmp_path / inside)
    assert (found.root, found.queries, found.migrations) == (
        tmp_path, tmp_path / "sql" / "q", tmp_path / "sql" / "m",
    )  # fmt: skip
    assert (found.package, found.role_prefix) == (tmp_path / "shop", "s")
    assert found.seeds == tmp_path / "seeds"


def test_settings_further_up_mean_their_own_two_folders(tmp_path: Path) -> None:
    """From inside of them too; two folders of the usual names elsewhere below are another project."""
    (tmp_path / "amber-sql.toml").write_text('queries = "a/queries"\nmigrations = "a/migrations"\n')
    for folder in ("a/queries", "a/migrations", "b/queries", "b/migrations"):
        (tmp_path / folder).mkdir(parents=True)
    assert locate.project(tmp_path / "a").root == tmp_path
    assert locate.project(tmp_path / "b").root == tmp_path / "b"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('querys = "q"', "querys"),
        ("queries = 3", "queries"),
        ('queries = ""', "queries"),
        ("queries = [", "amber-sql.toml"),
        ('queries = "\udcff"', "utf-8"),
    ],
)
def test_wrong_settings_are_named(tmp_path: Path, text: str, what: str) -> None:
    """With the file and the key, instead of being passed over."""
    (tmp_path / "amber-sql.toml").write_text(text, errors="surrogateescape")
    with pytest.raises(BadProjectFile, match=what) as refused:
        locate.project(tmp_path)
    assert str(tmp_path / "amber-sql.toml") in str(refused.value)


def test_settings_whose_folder_is_missing_say_which(tmp_path: Path) -> None:
    """A typing mistake in a path is not the end of the project."""
    (tmp_path / "migrations").mkdir()
    (tmp_path / "amber-sql.toml").write_text('queries = "qeries"\n')
    with pytest.raises(NoProject, match=r"qeries, and there is no such folder"):
        locate.project(tmp_path)


def test_somebody_else_s_pyproject_is_not_asked_for_much(tmp_path: Path) -> None:
    """One that cannot be read, or that only depends on this package, says nothing of a project."""
    for folder in ("a/queries", "a/migrations"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text("not = [toml")
    (tmp_path / "a" / "pyproject.toml").write_text('[project]\ndependencies = ["amber-sql"]\n')
    assert locate.project(tmp_path / "a").root == tmp_path / "a"


def test_a_wheel_s_sql_is_found_by_its_name(
    shop: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, empty_database_url: str
) -> None:
    """Anybody's package that carries _sql is deployed from an empty folder, and never written to."""
    site = tmp_path / "site"
    shutil.copytree(shop.root, site / "shop_data" / "_sql")
    (site / "shop_data" / "__init__.py").write_text("raise RuntimeError('imported')\n")
    monkeypatch.syspath_prepend(site)
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    url = ("--database-url", empty_database_url)
    assert shop.run("migrate", "deploy", "--package", "shop_data", *url).code == 0
    assert "0001.people" in shop.run("migrate", "status", "--package=shop_data", *url).out
    written = shop.run("generate", "--package", "shop_data")
    assert (written.code, "shop_data is installed" in written.err) == (2, True)


@pytest.mark.parametrize("name", ["nobodys_package", "json", "../x", ""])
def test_a_package_without_sql_is_a_usage_error(shop: Project, name: str) -> None:
    """It says what a wheel carries."""
    done = shop.run("check", f"--package={name}") if name else shop.run("check", "--package", " ")
    assert (done.code, "_sql/queries" in done.err) == (2, True)


@pytest.mark.parametrize("arguments", [("generate",), ("migrate", "new", "notes", "--no-edit")])
def test_from_elsewhere_nothing_is_written(
    tmp_path: Path, shop: Project, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    """Whoever is in no project has mistaken the folder."""
    monkeypatch.chdir(tmp_path)
    done = shop.run(*arguments)
    assert (done.code, done.out, "No project here" in done.err) == (2, "", True)


def test_other_migrations_are_another_project(
    shop: Project, tmp_path: Path, empty_database_url: str
) -> None:
    """Nothing of the project here is remembered in their database."""
    other = tmp_path / "other" / "migrations"
    other.mkdir(parents=True)
    (other / "0001.t.sql").write_text("CREATE TABLE t (id int);")
    options = ("--migrations", str(other), "--database-url", empty_database_url)
    assert shop.run("migrate", "deploy", *options).code == 0
    assert shop.run("migrate", "retire", *options[2:]).out == ""


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
    said = {
        "generate": "db/queries/people.py\n",
        "generate --check": "Fresh",
        "check": "1 query in 1 file: all fine.\n",
        "describe": "people.get(",
        "explain-types": "people.name is NOT NULL",
        "manifest": '"people.sql"',
    }
    silent = [
        line for line, words in said.items() if words not in "".join(shop.run(*line.split())[1:])
    ]
    assert silent == []
    assert (shop.root / "db" / "queries" / "people.py").is_file()


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
    assert "generated code: 1 file, as generated" in shop.run("doctor").out


def test_plain_yoyo_remembers_the_queries_of_the_settings(
    tmp_path: Path, shop: Project, empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `migrate deploy` does, wherever the settings say that they are."""
    root = tmp_path / "told"
    shutil.copytree(shop.root / "queries", root / "sql" / "q")
    shutil.copytree(shop.root / "migrations", root / "sql" / "m")
    (root / "amber-sql.toml").write_text(SETTINGS["amber-sql.toml"])
    (root / "yoyo.ini").write_text("[DEFAULT]\nsources = sql/m\ndatabase = amber://\n")
    monkeypatch.setenv("DATABASE_URL", empty_database_url)
    command = [sys.executable, "-m", "yoyo", "apply", "--batch"]
    subprocess.run(command, check=True, cwd=root, capture_output=True)
    assert shop.run("migrate", "retire").out.endswith("queries: 1\n")


def test_dev_gives_a_project_its_own_database(shop: Project) -> None:
    """Two projects on one embedded server are not in each other's way."""
    done = shop.run("dev")
    assert done.code == 0, done.err
    name = embedded_name(locate.project())
    assert name.startswith("shop_")
    assert f"1 migration applied to {name}" in done.err
    assert f"/{name}?" in done.out
    again = msgspec.structs.replace(locate.project(), root=shop.root / "again" / "shop")
    assert embedded_name(again) != name


def test_a_folder_without_queries_is_not_fine(shop: Project) -> None:
    """A check of nothing would pass for ever."""
    (shop.root / "queries" / "people.sql").unlink()
    done = shop.run("check")
    assert (done.code, "No query found in" in done.err) == (2, True)
