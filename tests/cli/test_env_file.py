"""A project's .env: read by the commands, for what the environment leaves open, and said."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import psycopg
import pytest
from project import Project

from amber_sql import open_pool
from amber_sql.errors import NoDatabaseUrl

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "hunter2"  # noqa: S105  # nobody's


@pytest.fixture
def shop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Project:
    """Work in a project, with no database in the environment."""
    for name in ("DATABASE_URL", "DIRECT_DATABASE_URL", "AMBER_ENV"):
        monkeypatch.delenv(name, raising=False)
    project = Project(tmp_path, capsys)
    (project.root / "inside").mkdir()
    monkeypatch.chdir(project.root / "inside")
    return project


@pytest.mark.parametrize(
    "line",
    [
        "DATABASE_URL={}",
        'export DATABASE_URL="{}"  # the one in the container',
        "DATABASE_URL='{}'",
        "\ufeffDATABASE_URL = {}",
        "DATABASE_URL=postgresql://127.0.0.1:1/x\nDIRECT_DATABASE_URL={}",
    ],
)
def test_a_command_finds_its_database_there(
    shop: Project, empty_database_url: str, line: str
) -> None:
    """As everybody writes such a file; where it was found is said, on stderr."""
    shop.file(".env", line.format(empty_database_url) + "\n")
    done = shop.run("migrate", "deploy")
    assert done.code == 0, done.err
    assert f"using the one in {shop.root / '.env'}" in done.err
    assert shop.run("migrate", "status").out == "applied      0001.people\n"


def test_the_environment_goes_before_it(shop: Project, empty_database_url: str) -> None:
    """Either name there, and neither is taken from the file, which is not even read."""
    shop.file(".env", "DIRECT_DATABASE_URL=postgresql://127.0.0.1:1/x\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", empty_database_url)
        done = shop.run("migrate", "deploy")
    assert (done.code, ".env" in done.err) == (0, False)


def test_the_library_never_reads_it(shop: Project, empty_database_url: str) -> None:
    """A service's database is its environment's."""
    shop.file(".env", f"DATABASE_URL={empty_database_url}\n")
    with pytest.raises(NoDatabaseUrl):
        open_pool()
    shop.run("migrate", "deploy")
    assert "DATABASE_URL" not in os.environ


def test_it_may_say_production(shop: Project, empty_database_url: str) -> None:
    """Then nothing is filled or rewound by accident; the next command begins anew."""
    shop.file(".env", f"DATABASE_URL={empty_database_url}\nAMBER_ENV=production\n")
    shop.run("migrate", "deploy")
    done = shop.run("migrate", "down")
    assert (done.code, "AMBER_ENV is production" in done.err) == (5, True)
    assert "AMBER_ENV" not in os.environ


HOSTILE = {
    "not UTF-8": b"DATABASE_URL=postgresql://me:" + SECRET.encode() + b"@h/\xff\n",
    "NUL byte": b"DATABASE_URL=postgresql://me:" + SECRET.encode() + b"@h/x\0y\n",
    "not expanded": b"DATABASE_URL=postgresql://h/x?password=${HOME}" + SECRET.encode() + b"\n",
    "longer than": b"#" * 1_100_000,
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_file_is_a_usage_error(shop: Project, what: str) -> None:
    """Named, without a word of what it holds; nothing of the environment goes into a URL."""
    (shop.root / ".env").write_bytes(HOSTILE[what])
    done = shop.run("migrate", "status")
    assert (done.code, what in done.err) == (2, True)
    assert SECRET not in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize("kind", ["folder", "pipe", "dangling link", "empty", "garbage"])
def test_what_holds_no_database_is_passed_over(shop: Project, kind: str) -> None:
    """A pipe would be waited for."""
    file = shop.root / ".env"
    {
        "folder": file.mkdir,
        "pipe": lambda: os.mkfifo(file),
        "dangling link": lambda: file.symlink_to(shop.root / "nothing"),
        "empty": file.touch,
        "garbage": lambda: file.write_text("}{ =\n=x\n'unfinished\nDATABASE_URL\n"),
    }[kind]()
    done = shop.run("migrate", "status")
    assert (done.code, "set DATABASE_URL" in done.err) == (3, True)


def test_a_name_with_escape_codes_is_shown_without(shop: Project) -> None:
    """What a stranger's file says cannot steer the terminal."""
    shop.file(".env", 'DATABASE_URL="postgresql://127.0.0.1:1/x\x1b]0;owned\x07"\n')
    done = shop.run("migrate", "status")
    assert done.code == 3
    assert "\x1b" not in done.err


def test_no_other_variable_is_taken(shop: Project, empty_database_url: str) -> None:
    """PGOPTIONS or PATH of a stranger's file mean nothing."""
    shop.file(".env", f"PGOPTIONS=-c nonsense=1\nPATH=/x\nDATABASE_URL={empty_database_url}\n")
    assert shop.run("migrate", "deploy").code == 0
    with psycopg.connect(empty_database_url) as conn:
        assert conn.execute("SELECT count(*) FROM people").fetchone() == (0,)
