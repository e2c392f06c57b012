"""Every command, in an empty folder and in somebody's project: nothing of Amber's is read or written.

The database holds somebody's table. What a command opens is seen by Python's own audit events.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click
import psycopg
import pytest
from project import Project
from psycopg.conninfo import make_conninfo

from amber_sql import locate
from amber_sql.cli.main import cli

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SHOP_QUERY = """-- name: get(id)^
-- One order.
-- @returns OrderTotal
SELECT o.id, o.total FROM orders AS o WHERE o.id = :id;
"""
ORDERS = "CREATE TABLE orders (id int PRIMARY KEY, total numeric NOT NULL);"
SEED = "INSERT INTO orders VALUES (2, 20) ON CONFLICT DO NOTHING;"


def _tree(group: click.Group) -> Iterator[tuple[str, ...]]:
    """Yield every command, those of groups by their whole path; Amber's own are in it here."""
    context = group.make_context("amber-sql", [], resilient_parsing=True)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from ((name, *rest) for rest in _tree(command))
        else:
            yield (name,)


COMMANDS = sorted({*_tree(cli), ("maintain",), ("demo",)})
SCRATCH = {"check", "describe", "explain-types", "generate", "manifest", "verify"}
"""Commands whose --database-url is a server for a scratch database."""
MORE = {
    ("docs",): ("--out", "docs"),
    ("import-sqlc",): ("{sqlc}",),
    ("migrate", "diff"): ("--scratch-url", "{url}"),
    ("migrate", "mark"): ("0001.orders",),
    ("migrate", "unmark"): ("0001.orders",),
    ("migrate", "new"): ("note", "--no-edit"),
    ("push",): ("--force",),
    ("reset",): ("--force",),
    ("studio",): ("--port", "0", "--no-open"),
    ("verify",): ("--against", "{manifest}"),
}
WITHOUT_A_PROJECT = {("import-sqlc",): 0, ("init",): 0, ("migrate", "retire"): 0}
"""What may end well in an empty folder: two write files of a project, one only asks the database."""
IN_A_PROJECT = {
    ("demo",): 2,  # not theirs
    ("init",): 2,  # there already
    ("maintain",): 2,
    ("migrate", "baseline"): 5,  # has migrations
    ("roles",): 2,  # without a prefix
}

MANIFEST = "release.json"

_opened: list[str] | None = None


def _watch(event: str, arguments: tuple[object, ...]) -> None:
    if (
        event == "open"
        and _opened is not None
        and isinstance(arguments[0], str | bytes | os.PathLike)
    ):
        _opened.append(os.fsdecode(arguments[0]))


sys.addaudithook(_watch)


@pytest.fixture
def opened() -> Iterator[list[str]]:
    """Collect the files that are opened in this process meanwhile."""
    global _opened  # noqa: PLW0603  # an audit hook cannot be taken away again
    _opened = []
    yield _opened
    _opened = None


@pytest.fixture(autouse=True)
def _commands_end(embedded_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let commands that ask for a server start the tests' own, and studio end where it would serve."""
    monkeypatch.setenv("AMBER_SERVER_DIR", str(embedded_home))
    monkeypatch.setattr("uvicorn.Server.run", lambda *_, **__: None)


@pytest.fixture
def theirs(
    tmp_path: Path,
    empty_database_url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Project:
    """Give a folder, and a DATABASE_URL at which somebody keeps orders."""
    with psycopg.connect(empty_database_url, autocommit=True) as conn:
        conn.execute(ORDERS + "INSERT INTO orders VALUES (1, 10);")
    monkeypatch.setenv("DATABASE_URL", empty_database_url)
    monkeypatch.delenv("DIRECT_DATABASE_URL", raising=False)
    folder = Project(tmp_path / "elsewhere", capsys)
    folder.file("sqlc/more.sql", "-- name: Get :one\nSELECT id FROM orders WHERE id = $1;\n")
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    return folder


def _arguments(
    command: tuple[str, ...], url: str, scratch_url: str, folder: Path
) -> tuple[str, ...]:
    server = ("--database-url", make_conninfo(scratch_url)) if command[-1] in SCRATCH else ()
    files = {"manifest": folder / MANIFEST, "sqlc": folder / "sqlc"}
    given = (text.format(url=url, **files) for text in MORE.get(command, ()))
    return (*command, *given, *server)


def _state(url: str) -> tuple[object, ...]:
    """Return the database's relations, its orders and the server's roles of Amber's names."""
    with psycopg.connect(url) as conn:
        relations = conn.execute(
            "SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            " AND relkind IN ('r', 'p', 'v') ORDER BY 1"
        ).fetchall()
        orders = conn.execute("SELECT id FROM orders ORDER BY id").fetchall()
        roles = conn.execute(
            "SELECT rolname FROM pg_roles WHERE rolname IN ('amber_owner', 'amber_app', 'amber_read')"
        ).fetchall()
    return [name for (name,) in relations], orders, roles


def _amber_s(opened: list[str]) -> list[str]:
    """Return Amber's SQL among the files that were opened."""
    own = (str(locate.queries_dir()), str(locate.migrations_dir()))
    return [path for path in opened if path.startswith(own)]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_in_an_empty_folder(
    command: tuple[str, ...],
    theirs: Project,
    empty_database_url: str,
    compiling_url: str,
    opened: list[str],
) -> None:
    """It ends with exit code 2 and the way out, and the database is as it was."""
    before = _state(empty_database_url)
    done = theirs.run(*_arguments(command, empty_database_url, compiling_url, theirs.root))
    assert done.code == WITHOUT_A_PROJECT.get(command, 2), done.err
    assert done.code == 0 or "--package" in done.err or "--prefix" in done.err
    assert _state(empty_database_url) == before
    assert _amber_s(opened) == []


@pytest.fixture
def shop(theirs: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Work in a project of theirs, about the orders that they keep."""
    project = Project(theirs.root / "shop", theirs.capsys)
    for file in ("migrations/0001.people.sql", "queries/people.sql"):
        (project.root / file).unlink()
    project.file("migrations/0001.orders.sql", ORDERS)
    project.file("migrations/0001.orders.rollback.sql", "DROP TABLE orders;")
    project.file("queries/orders.sql", SHOP_QUERY)
    project.file("seeds/01.orders.sql", SEED)
    monkeypatch.chdir(project.root)
    return project


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_in_somebody_s_project(
    command: tuple[str, ...],
    shop: Project,
    empty_database_url: str,
    compiling_url: str,
    opened: list[str],
) -> None:
    """It means their tables, and does nothing to anybody else's."""
    if command != ("migrate", "mark"):
        shop.run("migrate", "mark", "0001.orders")
    if command == ("verify",):
        server = ("--database-url", compiling_url)
        shop.run("manifest", *server, "--out", str(shop.root.parent / MANIFEST))
    done = shop.run(*_arguments(command, empty_database_url, compiling_url, shop.root.parent))
    assert done.code == IN_A_PROJECT.get(command, 0) or command[0] in {"doctor", "lint"}, done.err
    relations, _, roles = (
        _state(empty_database_url) if command != ("migrate", "down") else ([], [], [])
    )
    assert {name for name in relations if not name.startswith(("yoyo", "_"))} <= {"orders"}
    assert roles == []
    assert _amber_s(opened) == []


def test_package_says_so(theirs: Project, empty_database_url: str, opened: list[str]) -> None:
    """With --package amber_sql an empty folder deploys Amber's; this is what the others are held to."""
    done = theirs.run("migrate", "deploy", "--package", "amber_sql")
    assert done.code == 0, done.err
    assert _amber_s(opened)
    assert "users" in _state(empty_database_url)[0]
