"""The backend on a real server: by our API, by plain yoyo's command, and beside stock yoyo."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import psycopg
import pytest
import yoyo
from deploy_world import COMMANDS, deploy, rows, start, write

from amber_sql import deploy as deploys
from amber_sql import locate
from amber_sql.deploy.apply import advisory_lock
from amber_sql.deploy.drift import catalog_objects
from amber_sql.deploy.settings import Settings
from amber_sql.errors import (
    BadMigrationFile,
    DeployLocked,
    ForceRefused,
    HistoryRefused,
    MigrationFailed,
    NoMigrations,
    NoRollback,
    NotConcurrent,
)

if TYPE_CHECKING:
    from pathlib import Path

TABLES = {
    "0001.a": "CREATE TABLE a (id int PRIMARY KEY, name text);",
    "0001.a-": "DROP TABLE a;",
    "0002.b": "-- transactional: false\nCREATE INDEX CONCURRENTLY a_name ON a (name);",
    "0002.b-": "DROP INDEX CONCURRENTLY a_name;",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder with a table and a concurrent index."""
    return write(tmp_path / "migrations", TABLES)


def test_everything_goes_up_down_and_up_again(empty_database_url: str, folder: Path) -> None:
    """Down leaves nothing, and up makes the same catalog again."""
    with psycopg.connect(empty_database_url, autocommit=True) as conn:
        empty = catalog_objects.read(conn)
        assert deploys.migrate(empty_database_url, folder) == ["0001.a", "0002.b"]
        up = catalog_objects.read(conn)
        assert deploys.migrate(empty_database_url, folder) == []
        assert deploys.rollback(empty_database_url, folder, 9) == ["0002.b", "0001.a"]
        assert catalog_objects.read(conn) == empty != up
        deploys.migrate(empty_database_url, folder)
        assert catalog_objects.read(conn) == up


def test_ambers_migrations_go_up_down_and_up_again_with_data_kept(
    conn: psycopg.Connection, database_url: str
) -> None:
    """Each of Amber's own migrations is undone without a trace, and made again the same."""
    folder = locate.migrations_dir()
    up = catalog_objects.read(conn)
    count = len(deploys.status(database_url, folder))
    for steps in (1, count):
        assert len(deploys.rollback(database_url, folder, steps)) == steps
        assert len(deploys.migrate(database_url, folder)) == steps
        assert catalog_objects.read(conn) == up


@pytest.mark.parametrize("command", COMMANDS)
def test_a_failing_migration_leaves_nothing(
    empty_database_url: str, folder: Path, command: str
) -> None:
    """The place, the server's word and exit code 4; the migration before it stays."""
    write(folder, {"0003.bad": "CREATE TABLE c (id int);\nSELECT nonsense FROM a;"})
    code, said = deploy(command, empty_database_url, folder)
    assert code == 4
    assert '0003.bad.sql:2:8: column "nonsense" does not exist (42703)' in said
    assert "Traceback" not in said
    assert rows(
        empty_database_url, "SELECT to_regclass('a') IS NULL, to_regclass('c') IS NULL"
    ) == [(False, True)]


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"0001.a": "CREATE TABLE a (id int);"}, "0001.a (edited)"),
        ({"0000.early": "SELECT 1;"}, "0000.early (out of order)"),
        ({"0001.a": None}, "0001.a (unknown)"),
        ({"0001.a": None, "0001.z": TABLES["0001.a"]}, "0001.z (renamed)"),
    ],
    ids=["edited", "out of order", "deleted", "renamed"],
)
def test_a_rewritten_history_is_refused(
    *,
    empty_database_url: str,
    folder: Path,
    change: dict[str, str | None],
    words: str,
    command: str,
) -> None:
    """Whatever was done to the files of the past, the deploy names the file and changes nothing."""
    deploys.migrate(empty_database_url, folder)
    for name, text in change.items():
        path = folder / f"{name}.sql"
        path.unlink(missing_ok=True)
        if text is not None:
            path.write_text(text)
    before = rows(empty_database_url, "SELECT * FROM _yoyo_migration")
    code, said = deploy(command, empty_database_url, folder)
    assert code == 5
    assert words in said
    assert "Traceback" not in said
    assert rows(empty_database_url, "SELECT * FROM _yoyo_migration") == before


def test_an_older_release_may_be_deployed_if_that_is_said(
    empty_database_url: str, folder: Path
) -> None:
    """The database is ahead of the files: refused, unless allowed; a hole is refused all the same."""
    deploys.migrate(empty_database_url, folder)
    (folder / "0002.b.sql").unlink()
    with pytest.raises(HistoryRefused, match="--allow-ahead"):
        deploys.migrate(empty_database_url, folder)
    assert deploys.migrate(empty_database_url, folder, settings=Settings(allow_ahead=True)) == []


def test_what_a_file_sets_ends_with_it(empty_database_url: str, tmp_path: Path) -> None:
    """Every dump empties the search path; the next migration and our own tables do not notice."""
    look = "CREATE TABLE seen AS SELECT current_setting('search_path') AS p, current_setting('lock_timeout') AS l;"
    folder = write(
        tmp_path / "m",
        {
            "0001.dump": "SELECT pg_catalog.set_config('search_path', '', false); SET lock_timeout = 0;"
            "CREATE TEMP TABLE t (a int); CREATE TABLE public.a (id int);",
            "0002.look": f"CREATE TEMP TABLE t (a int); {look}",
        },
    )
    assert deploys.migrate(empty_database_url, folder) == ["0001.dump", "0002.look"]
    assert rows(empty_database_url, "SELECT p, l FROM seen") == [('"$user", public', "2s")]


def test_the_holder_of_the_lock_is_named(empty_database_url: str, folder: Path) -> None:
    """A deploy that waited long enough says which session is in the way."""
    with psycopg.connect(empty_database_url, autocommit=True, application_name="the other") as conn:
        conn.execute("SELECT pg_advisory_lock(%s, %s)", advisory_lock.KEY)
        with pytest.raises(DeployLocked, match=r"the other .*server process"):
            deploys.migrate(empty_database_url, folder, settings=Settings(lock_wait=0.2))


def test_the_servers_own_splitting_counts(empty_database_url: str, tmp_path: Path) -> None:
    """What sqlparse splits wrongly goes to the server whole."""
    text = "/* a /* ; */ ; */ CREATE TABLE a (begin int, name text DEFAULT '100% :x');"
    folder = write(tmp_path / "m", {"0001.a": text})
    assert deploys.migrate(empty_database_url, folder) == ["0001.a"]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("CREATE TABLE c (id int); COMMIT; SELECT 1;", BadMigrationFile),
        ("-- transactional: false\nVACUUM;", NotConcurrent),
        ("-- depends: 0009.gone\nSELECT 1;", BadMigrationFile),
    ],
)
def test_a_file_that_could_not_be_undone_is_refused_before_it_runs(
    empty_database_url: str, tmp_path: Path, text: str, error: type[Exception]
) -> None:
    """Nothing of it has happened."""
    folder = write(tmp_path / "m", {"0001.c": text})
    with pytest.raises(error):
        deploys.migrate(empty_database_url, folder)
    assert rows(empty_database_url, "SELECT to_regclass('c')") == [(None,)]


def test_values_of_rows_are_never_said(empty_database_url: str, tmp_path: Path) -> None:
    """A duplicate key is named by its constraint; the value stays where it is."""
    folder = write(
        tmp_path / "m",
        {
            "0001.a": "CREATE TABLE a (email text UNIQUE); INSERT INTO a VALUES ('s@cret'), ('s@cret');"
        },
    )
    with pytest.raises(MigrationFailed) as caught:
        deploys.migrate(empty_database_url, folder)
    assert "UniqueViolation of constraint a_email_key, table a (23505)" in str(caught.value)
    assert "s@cret" not in str(caught.value)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_password_appears_nowhere(empty_database_url: str, folder: Path, command: str) -> None:
    """Not in output, not in the process list, whether the deploy passes or cannot connect."""
    good = empty_database_url.replace("@", ":hunter2@", 1)
    for url, code in ((good, 0), ("postgresql://u:hunter2@127.0.0.1:1/x", 3)):
        process = start(command, url, folder, AMBER_CONNECT_WAIT="0")
        listed = subprocess.run(
            ["ps", "-ww", "-o", "args=", "-p", str(process.pid)],
            capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        out, err = process.communicate(timeout=60)
        assert process.returncode == code, out + err
        assert "hunter2" not in listed + out + err
        assert command in listed


def test_yoyo_apply_with_the_shipped_ini_migrates_an_empty_database(
    empty_database_url: str,
) -> None:
    """`DATABASE_URL=… yoyo apply --batch` in the checkout is all that a pipeline needs."""
    ini = locate.PACKAGE.parent / "yoyo.ini"
    subprocess.run(
        [sys.executable, "-m", "yoyo", "apply", "--batch"],
        cwd=ini.parent, env={**os.environ, "DATABASE_URL": empty_database_url}, check=True,
    )  # fmt: skip
    assert {v.state for v in deploys.status(empty_database_url, locate.migrations_dir())} == {
        "applied"
    }


def test_the_urls_own_options_win(empty_database_url: str, tmp_path: Path) -> None:
    """`options` in the URL reach the server as they are; what they leave open is bounded."""
    separator = "&" if "?" in empty_database_url else "?"
    url = f"{empty_database_url}{separator}options=-c%20lock_timeout%3D3210ms"
    text = "CREATE TABLE s AS SELECT current_setting('lock_timeout') AS l, current_setting('statement_timeout') AS s;"
    deploys.migrate(url, write(tmp_path / "m", {"0001.s": text}))
    assert rows(empty_database_url, "SELECT l, s FROM s") == [("3210ms", "1h")]


def test_force_and_a_missing_rollback_are_refused(empty_database_url: str, tmp_path: Path) -> None:
    """Plain --force would go on after a failure, and its rollback would only take away the mark."""
    folder = write(tmp_path / "m", {"0001.a": "CREATE TABLE a (id int);"})
    deploys.migrate(empty_database_url, folder)
    with pytest.raises(NoRollback, match=r"0001\.a\.rollback\.sql"):
        deploys.rollback(empty_database_url, folder)
    from amber_sql.deploy.backend import AmberBackend  # imports yoyo  # noqa: PLC0415

    with AmberBackend(url=empty_database_url) as backend, pytest.raises(ForceRefused):
        backend.apply_migrations(backend.to_apply(yoyo.read_migrations(str(folder))), force=True)


def test_a_folder_without_migrations_is_a_mistake(empty_database_url: str, tmp_path: Path) -> None:
    """A typing error in a path must not look like a deploy."""
    with pytest.raises(NoMigrations):
        deploys.migrate(empty_database_url, tmp_path / "nowhere")


def test_mark_and_unmark_resolve_by_hand(empty_database_url: str, folder: Path) -> None:
    """Marked without running; marked anew after an edit; unmarked without undoing."""
    deploys.mark(empty_database_url, folder, "0001.a")
    assert {v.name: v.state for v in deploys.status(empty_database_url, folder)} == {
        "0001.a": "applied",
        "0002.b": "pending",
    }
    (folder / "0001.a.sql").write_text("CREATE TABLE a (id int, name text);")
    deploys.mark(empty_database_url, folder, "0001.a")
    assert deploys.status(empty_database_url, folder)[0].state == "applied"
    deploys.unmark(empty_database_url, folder, "0001.a")
    assert deploys.pending(empty_database_url, folder) == ["0001.a", "0002.b"]


def test_a_failing_concurrent_index_leaves_no_invalid_one(
    empty_database_url: str, tmp_path: Path
) -> None:
    """A unique index over duplicates fails, and what it left is dropped at once."""
    folder = write(
        tmp_path / "m",
        {
            "0001.a": "CREATE TABLE a (id int); INSERT INTO a VALUES (1), (1);",
            "0002.u": "-- transactional: false\nCREATE UNIQUE INDEX CONCURRENTLY u ON a (id);",
        },
    )
    with pytest.raises(MigrationFailed):
        deploys.migrate(empty_database_url, folder)
    assert rows(empty_database_url, "SELECT FROM pg_index WHERE NOT indisvalid") == []
    with psycopg.connect(empty_database_url, autocommit=True) as conn:
        conn.execute("DELETE FROM a")
    assert deploys.migrate(empty_database_url, folder) == ["0002.u"]
