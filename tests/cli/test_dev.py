"""dev: one server for all projects, found and stopped without its programs, quiet in its log."""

from __future__ import annotations

import re
import socket
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import psycopg
import pytest
from project import Project

from amber_sql.server import Server, available_majors, places

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def embedded_home(server_folder: Path) -> Iterator[Path]:
    """Run an embedded server of these tests' own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AMBER_SERVER_DIR", str(server_folder / "dev"))
        yield server_folder / "dev"
        for folder in places.home().glob("[0-9]*"):
            Server(folder).stop("immediate")


@pytest.fixture
def shop(
    embedded_home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Project:
    """Work in a project."""
    assert places.home() == embedded_home
    project = Project(tmp_path / "shop", capsys)
    monkeypatch.chdir(project.root)
    for name in ("DATABASE_URL", "DIRECT_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    return project


def _port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number: int = free.getsockname()[1]
        return number


def test_checks_leave_no_trees_in_the_log(shop: Project, embedded_home: Path) -> None:
    """Each tree is a message of level LOG, and there are as many as queries."""
    assert shop.run("check").code == 0
    assert shop.run("migrate", "up").code == 0
    for log in embedded_home.glob("*/server.log"):
        assert "parse tree" not in log.read_text()


@pytest.mark.parametrize(
    "command",
    [("dev",), ("migrate", "up"), ("migrate", "down"), ("push",), ("push", "--force")],
    ids=" ".join,
)
def test_after_a_change_of_branch_the_remedy_is_named(
    shop: Project, command: tuple[str, ...]
) -> None:
    """And it helps; until then nothing is printed that a variable could hold."""
    branch = shop.file("migrations/0002.branch.sql", "CREATE TABLE branch (id int);")
    assert shop.run("dev").code == 0
    branch.unlink()
    done = shop.run(*command)
    assert (done.code, done.out) == (5, "")
    assert "amber-sql push --force-reset" in done.err
    assert shop.run("push", "--force-reset", "--force").code == 0
    assert shop.run("dev").out.startswith("postgresql://")


def test_an_old_server_names_the_extra(
    shop: Project, monkeypatch: pytest.MonkeyPatch, server_folder: Path
) -> None:
    """Where none is embedded `dev` takes the system's; `check` needs a newer one, and says whose."""
    if 15 not in (found := available_majors()):
        pytest.skip("no PostgreSQL 15 here")
    monkeypatch.setenv("AMBER_PG_BIN", str(found[15]))
    monkeypatch.setenv("AMBER_SERVER_DIR", str(server_folder / "old"))
    done = shop.run("dev")
    assert (done.code, "amber-sql[embedded]" in done.err) == (0, True)
    done = shop.run("check")
    shop.run("dev", "--stop")
    assert (done.code, "amber-sql[embedded]" in done.err) == (2, True)


def test_a_port_on_request(shop: Project) -> None:
    """By a password, for the one database."""
    port = _port()
    done = shop.run("dev", "--port", str(port))
    assert done.code == 0, done.err
    url = done.out.strip()
    assert (urlsplit(url).hostname, urlsplit(url).port) == ("127.0.0.1", port)
    with psycopg.connect(url) as conn:
        assert conn.execute("SELECT count(*) FROM people").fetchone() == (0,)
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(url.replace(str(urlsplit(url).password), "wrong"))


def test_a_port_is_beside_the_socket_until_it_is_taken_back(shop: Project) -> None:
    """The socket needs no password, and stays what `dev` prints."""
    port = _port()
    url = shop.run("dev", "--port", str(port)).out.strip()
    assert "host=%2F" in shop.run("dev").out
    assert f"running, process {_pid(shop)}, port {port}" in shop.run("dev", "--list").out
    assert shop.run("dev", "--port", "0").code == 0
    with pytest.raises(psycopg.OperationalError, match="refused"):
        psycopg.connect(url)


def test_a_port_that_is_taken_changes_nothing(shop: Project) -> None:
    """It is said, and the server goes on by its socket."""
    shop.run("dev")
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        done = shop.run("dev", "--port", str(other.getsockname()[1]))
    assert (done.code, done.out) == (3, "")
    assert "Address already in use" in done.err
    again = shop.run("dev")
    assert again.code == 0, again.err


def test_what_was_uninstalled_is_listed_and_stopped(
    shop: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Neither needs PostgreSQL's programs, nor a project."""
    shop.run("dev")
    monkeypatch.setenv("AMBER_PG_BIN", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert re.fullmatch(
        r"\d+  running, process \d+(, port \d+)?  /.*\n", shop.run("dev", "--list").out
    )
    assert "Stopped PostgreSQL" in shop.run("dev", "--stop", "--all").err
    assert "stopped" in shop.run("dev", "--list").out
    assert "No server was running" in shop.run("dev", "--stop", "--all").err


def test_stopping_starts_nothing(shop: Project) -> None:
    """A server that is down stays down."""
    shop.run("dev")
    shop.run("dev", "--stop")
    assert shop.run("dev", "--stop").err == "No server was running.\n"
    assert "stopped" in shop.run("dev", "--list").out


def _pid(shop: Project) -> str:
    found = re.search(r"process (\d+)", shop.run("dev", "--list").out)
    assert found
    return found[1]
