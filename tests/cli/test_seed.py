"""seed in one's own project: seeds/*.sql in order, a transaction each, into development only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest
from project import Project

from amber_sql.deploy import development
from amber_sql.errors import NotDevelopment

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def shop(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    empty_database_url: str,
) -> Project:
    """Work in a project, whose database has a table that notes what came when."""
    project = Project(tmp_path, capsys)
    monkeypatch.chdir(project.root)
    monkeypatch.setenv("DATABASE_URL", empty_database_url)
    monkeypatch.delenv("AMBER_ENV", raising=False)
    with psycopg.connect(empty_database_url, autocommit=True) as conn:
        conn.execute("CREATE TABLE came (n int GENERATED ALWAYS AS IDENTITY, what text UNIQUE)")
    return project


def _came(url: str) -> list[str]:
    with psycopg.connect(url) as conn:
        return [what for (what,) in conn.execute("SELECT what FROM came ORDER BY n")]


def _insert(what: str) -> str:
    return f"INSERT INTO came (what) VALUES ('{what}');\n"


def test_files_run_in_their_order(shop: Project, empty_database_url: str) -> None:
    """Numbers count as numbers; other files and folders are none."""
    for name in ("10.c", "2.b", "1.a"):
        shop.file(f"seeds/{name}.sql", _insert(name) + _insert(f"{name} too"))
    shop.file("seeds/notes.txt", "no SQL")
    shop.file("seeds/more.sql/x", "a folder")
    done = shop.run("seed")
    assert done.code == 0, done.err
    assert _came(empty_database_url) == ["1.a", "1.a too", "2.b", "2.b too", "10.c", "10.c too"]


def test_a_file_that_fails_leaves_nothing_of_itself(shop: Project, empty_database_url: str) -> None:
    """The place is named; what ran before it stays, and what follows does not run."""
    shop.file("seeds/1.sql", _insert("one"))
    shop.file("seeds/2.sql", _insert("two") + "SELECT nonsense;\n")
    shop.file("seeds/3.sql", _insert("three"))
    done = shop.run("seed")
    assert (done.code, "2.sql:2:8: " in done.err) == (4, True)
    assert _came(empty_database_url) == ["one"]


def test_repeating_is_as_safe_as_the_sql(shop: Project, empty_database_url: str) -> None:
    """Nothing is remembered: ON CONFLICT makes it safe, a plain INSERT fails."""
    safe = _insert("one").replace(";", " ON CONFLICT DO NOTHING;")
    shop.file("seeds/1.sql", safe)
    assert [shop.run("seed").code for _ in range(2)] == [0, 0]
    assert _came(empty_database_url) == ["one"]
    shop.file("seeds/1.sql", _insert("one"))
    assert shop.run("seed").code == 4


def test_what_a_file_sets_is_its_own(shop: Project, empty_database_url: str) -> None:
    """A dump empties search_path."""
    shop.file("seeds/1.sql", "SELECT pg_catalog.set_config('search_path', '', false);\n")
    shop.file("seeds/2.sql", _insert("two"))
    assert shop.run("seed").code == 0
    assert _came(empty_database_url) == ["two"]


def test_a_file_cannot_end_its_transaction(shop: Project, empty_database_url: str) -> None:
    """Half of it would stay; nothing has run when that is found."""
    shop.file("seeds/1.sql", _insert("one"))
    shop.file("seeds/2.sql", _insert("two") + "COMMIT;\n" + _insert("three"))
    done = shop.run("seed")
    assert (done.code, "2.sql" in done.err, _came(empty_database_url)) == (5, True, [])


def test_without_seeds_it_says_where_they_go(shop: Project) -> None:
    """The folder, and the setting that names another."""
    done = shop.run("seed")
    assert (done.code, str(shop.root / "seeds") in done.err) == (2, True)


def test_reset_seeds_too(shop: Project, empty_database_url: str) -> None:
    """Where there are seeds, unless it is told not to."""
    shop.file("seeds/1.sql", "INSERT INTO people (id, name) VALUES (1, 'Ann');\n")
    count = "SELECT count(*) FROM people"
    for more, rows in (((), 1), (("--no-seed",), 0)):
        done = shop.run("reset", "--force", *more)
        assert done.code == 0, done.err
        with psycopg.connect(empty_database_url) as conn:
            assert conn.execute(count).fetchone() == (rows,)


REFUSING = [("seed",), ("reset", "--force"), ("push",), ("migrate", "down")]


@pytest.mark.parametrize("command", REFUSING, ids=" ".join)
@pytest.mark.parametrize("package", [(), ("--package", "amber_sql")], ids=["own", "amber_sql"])
def test_production_is_neither_filled_nor_rewound(
    shop: Project,
    monkeypatch: pytest.MonkeyPatch,
    empty_database_url: str,
    command: tuple[str, ...],
    package: tuple[str, ...],
) -> None:
    """AMBER_ENV says that it is, or it is on another machine, which is not even asked."""
    shop.file("seeds/1.sql", _insert("one"))
    elsewhere = shop.run(*command, *package, "--database-url", "postgresql://db.example/app")
    monkeypatch.setenv("AMBER_ENV", "production")
    here = shop.run(*command, *package)
    assert (elsewhere.code, "not on this machine" in elsewhere.err) == (5, True)
    assert (here.code, "AMBER_ENV is production" in here.err) == (5, True)
    assert _came(empty_database_url) == []


def test_it_can_be_said_that_it_is_meant(
    shop: Project, monkeypatch: pytest.MonkeyPatch, empty_database_url: str
) -> None:
    """As reset takes it."""
    shop.file("seeds/1.sql", _insert("one"))
    monkeypatch.setenv("AMBER_ENV", "production")
    assert shop.run("seed", "--allow-remote").code == 0
    assert _came(empty_database_url) == ["one"]


@pytest.mark.parametrize(
    ("url", "environment"),
    [
        ("postgresql://10.0.0.1/x", {}),
        ("host=localhost hostaddr=10.0.0.1", {}),
        ("host=localhost,db.example", {}),
        ("host=db.example,localhost hostaddr=,127.0.0.1", {}),
        ("host=localhost", {"PGHOSTADDR": "10.0.0.1"}),
        ("dbname=x", {"PGHOST": "db.example"}),
        ("service=prod", {}),
        ("dbname=x", {"PGSERVICE": "prod"}),
        ("host=localhost", {"AMBER_ENV": " Production"}),
    ],
)
def test_what_is_no_development_database(
    monkeypatch: pytest.MonkeyPatch, url: str, environment: dict[str, str]
) -> None:
    """As libpq reads a URL: an address goes before the name beside it, variables fill what is open."""
    for name in ("PGHOST", "PGHOSTADDR", "PGSERVICE", "AMBER_ENV"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert not development.is_development(url)
    with pytest.raises(NotDevelopment):
        development.require(url, "seed", allow_remote=False)
