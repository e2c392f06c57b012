"""The commands round deploys: what they print, what they refuse, and their exit codes."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from click.testing import CliRunner
from command import amber
from deploy_world import rows, write

from amber_sql import deploy as deploys
from amber_sql.cli.doctor import doctor
from amber_sql.cli.lint import lint
from amber_sql.cli.migrate import migrate
from amber_sql.cli.push import push, reset
from amber_sql.deploy import development
from amber_sql.errors import (
    DestroyRefused,
    HistoryRefused,
    NotDevelopment,
    UnknownMigration,
    UnknownRelease,
)

if TYPE_CHECKING:
    from pathlib import Path

    import click

A = "CREATE TABLE a (id int PRIMARY KEY, name text);"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder with one migration and its rollback."""
    return write(tmp_path / "migrations", {"0001.a": A, "0001.a-": "DROP TABLE a;"})


def run(command: click.Command, *arguments: object) -> tuple[int, str, str]:
    """Run a command; one of our errors is raised as it is."""
    result: Any = CliRunner().invoke(command, [str(argument) for argument in arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


def test_status_tells_by_exit_code_and_json(empty_database_url: str, folder: Path) -> None:
    """Exit 1 only where it is asked for and something is pending; nothing is written."""
    where = ("--database-url", empty_database_url, "--migrations", folder)
    assert run(migrate, "status", *where)[0] == 0
    code, out, _ = run(migrate, "status", "--exit-code", "--json", *where)
    assert code == 1
    assert [(one["name"], one["state"]) for one in json.loads(out)] == [("0001.a", "pending")]
    assert rows(empty_database_url, "SELECT to_regclass('_yoyo_migration')") == [(None,)]


def test_up_applies_and_down_undoes(empty_database_url: str, folder: Path) -> None:
    """In between `status --exit-code` is content."""
    where = ("--database-url", empty_database_url, "--migrations", folder)
    assert run(migrate, "up", *where)[0] == 0
    assert run(migrate, "status", "--exit-code", *where)[0] == 0
    assert run(migrate, "down", *where)[0] == 0
    assert rows(empty_database_url, "SELECT to_regclass('a')") == [(None,)]


def test_mark_shows_the_state_before_and_after(empty_database_url: str, folder: Path) -> None:
    """Resolving by hand says what it changed; a name that is nowhere is refused."""
    where = ("--database-url", empty_database_url, "--migrations", folder)
    said = run(migrate, "mark", "0001.a", *where)[2]
    assert [line.split()[:2] for line in said.splitlines()] == [
        ["before:", "pending"],
        ["after:", "applied"],
    ]
    assert run(migrate, "unmark", "0001.a", *where)[2].splitlines()[1].startswith("after: pending")
    with pytest.raises(UnknownMigration):
        run(migrate, "mark", "0009.none", *where)


def test_new_takes_the_next_number(folder: Path) -> None:
    """A migration and its rollback, named for what was said."""
    write(folder, {"0041.b": A})
    code, out, _ = run(migrate, "new", "Add Email!", "--no-edit", "--migrations", folder)
    assert code == 0
    assert [line.rpartition("/")[2] for line in out.splitlines()] == [
        "0042.add_email.sql",
        "0042.add_email.rollback.sql",
    ]


def diff(url: str, folder: Path) -> tuple[int, str, str]:
    """Compare the database with what the migrations make, on a scratch database beside it."""
    return run(
        migrate, "diff", "--exit-code", "--database-url", url, "--scratch-url", url,
        "--migrations", folder,
    )  # fmt: skip


def test_without_drift_there_is_no_diff(empty_database_url: str, folder: Path) -> None:
    """Exit 0 and not a line."""
    deploys.migrate(empty_database_url, folder)
    assert diff(empty_database_url, folder)[:2] == (0, "")


DRIFT = (
    "- ALTER TABLE public.a ADD COLUMN odd integer DEFAULT 3",
    "+ ALTER TABLE public.a ADD COLUMN name text",
    "- CREATE TABLE public.b (\n-     id integer NOT NULL,\n-     a integer NOT NULL\n- )",
    "ADD CONSTRAINT b_a_fkey FOREIGN KEY (a) REFERENCES public.a(id)",
    "CREATE VIEW public.v",
    "GRANT SELECT ON TABLE public.a TO PUBLIC",
    "INVALID",
)


def test_diff_shows_drift_as_sql_and_never_offers_a_reset(
    empty_database_url: str, folder: Path
) -> None:
    """What only the target has, what only migrations make, an invalid index; two commands mend it."""
    deploys.migrate(empty_database_url, folder)
    with psycopg.connect(empty_database_url, autocommit=True) as conn:
        conn.execute("ALTER TABLE a ADD COLUMN odd int DEFAULT 3")
        conn.execute("ALTER TABLE a DROP COLUMN name")
        conn.execute("CREATE TABLE b (id int PRIMARY KEY, a int NOT NULL REFERENCES a)")
        conn.execute("CREATE VIEW v AS SELECT id FROM a")
        conn.execute("GRANT SELECT ON a TO PUBLIC")
        conn.execute("INSERT INTO a VALUES (1, 1), (2, 1)")
        with pytest.raises(psycopg.errors.UniqueViolation):
            conn.execute("CREATE UNIQUE INDEX CONCURRENTLY broken ON a (odd)")
    code, out, err = diff(empty_database_url, folder)
    assert code == 1
    assert [words for words in DRIFT if words not in out] == []
    assert "ADD COLUMN a " not in out
    assert "reset" not in err
    assert "amber-sql migrate new" in err


def test_push_remakes_only_if_that_is_said(empty_database_url: str, folder: Path) -> None:
    """A rewritten history is shown; --force-reset remakes the database, and asks or needs --force."""
    where = ("--database-url", empty_database_url, "--migrations", folder)
    assert run(push, *where)[0] == 0
    write(folder, {"0001.a": A.replace("name", "title")})
    with pytest.raises(HistoryRefused, match="edited"):
        run(push, *where)
    with pytest.raises(DestroyRefused, match="say --force"):
        run(push, "--force-reset", "--allow-remote", *where)
    assert run(push, "--force-reset", "--force", "--allow-remote", *where)[0] == 0
    assert rows(empty_database_url, "SELECT title FROM a") == []


def test_reset_starts_again(empty_database_url: str, folder: Path) -> None:
    """Dropped and migrated from nothing."""
    where = ("--database-url", empty_database_url, "--migrations", folder, "--no-seed")
    run(push, *where[:-1])
    rows(empty_database_url, "INSERT INTO a VALUES (1, 'x') RETURNING 1")
    assert run(reset, "--force", "--allow-remote", *where)[0] == 0
    assert rows(empty_database_url, "SELECT count(*) FROM a") == [(0,)]


def test_destroying_shows_the_loss_and_asks_for_the_name(
    empty_database_url: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows are counted, a wrong name stops it, production and other machines need to be said."""
    deploys.migrate(empty_database_url, folder)
    rows(empty_database_url, "INSERT INTO a VALUES (1, 'x'), (2, 'y') RETURNING 1")
    shown: list[str] = []

    def answer(loss: development.Loss) -> str:
        shown.append(str(loss))
        return "another"

    local = development.is_local(empty_database_url)
    with pytest.raises(DestroyRefused, match="not its name"):
        development.permit(empty_database_url, force=False, allow_remote=not local, ask=answer)
    assert "public.a: 2 rows" in shown[0]
    monkeypatch.setenv("AMBER_ENV", "production")
    with pytest.raises(NotDevelopment, match="--allow-remote"):
        development.permit(empty_database_url, force=True, allow_remote=False, ask=None)
    development.permit(empty_database_url, force=True, allow_remote=True, ask=None)


def test_lint_exits_by_what_it_finds(
    folder: Path, monkeypatch: pytest.MonkeyPatch, empty_database_url: str
) -> None:
    """Our rules always, pending files only where a database says which those are."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("DATABASE_URL", raising=False)
    assert run(lint, "--migrations", folder)[0] == 0
    write(folder, {"0002.b": "ALTER TABLE a ADD COLUMN b int; UPDATE a SET b = 1;"})
    code, out, err = run(lint, "--migrations", folder)
    assert (code, "there is no rollback" in out) == (1, True)
    assert "pip install 'amber-sql[lint]'" in err or "squawk" not in err
    deploys.migrate(empty_database_url, folder)
    assert run(lint, "--migrations", folder, "--database-url", empty_database_url)[0] == 0


def test_lint_goes_on_past_what_it_cannot_read(
    empty_database_url: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each such file is a finding, and so is what is wrong in the others; with a database too."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    (folder / "0003.latin.sql").write_bytes(b"SELECT '\xff';")
    (folder / "0004.said.sql").write_text("-- transactional: perhaps\nSELECT 1;")
    (folder / "0005.folder.sql").mkdir()
    (folder / "0006.dangling.sql").symlink_to(folder / "nothing")
    (folder / "0007.undone.sql").write_text("SELECT 1;")
    (folder / "0007.undone.rollback.sql").write_bytes(b"\xff")
    (folder / "0008.alone.sql").write_text("SELECT 1;")
    for where in ((), ("--database-url", empty_database_url)):
        code, out, _ = run(lint, "--migrations", folder, *where)
        assert (code, out.count("is not UTF-8"), out.count("cannot be read")) == (1, 2, 2)
        assert "transactional: perhaps" in out
        assert "0008.alone.sql:1:1: warning: there is no rollback" in out


def test_doctor_names_the_remedy(empty_database_url: str, folder: Path) -> None:
    """Each line that is not well says what to do."""
    where = ("--database-url", empty_database_url, "--migrations", folder)
    lines = {line["name"]: line for line in json.loads(run(doctor, "--json", *where)[1])}
    assert lines["migrations"]["remedy"] == "run `amber-sql migrate deploy`"
    assert lines["server"]["state"] == "ok"


def test_doctor_sees_an_edited_history(empty_database_url: str, folder: Path) -> None:
    """Which is a problem, and exit 1."""
    deploys.migrate(empty_database_url, folder)
    (folder / "0001.a.sql").write_text("SELECT 1;")
    code, out, _ = run(doctor, "--database-url", empty_database_url, "--migrations", folder)
    assert (code, "problem  checksums: 0001.a edited" in out) == (1, True)


def test_doctor_shows_no_password(empty_database_url: str, folder: Path) -> None:
    """Neither of a server that answers nor of one that does not, which is exit 1."""
    url = empty_database_url.replace("@", ":hunter2@", 1)
    _, here, _ = run(doctor, "--json", "--database-url", url, "--migrations", folder)
    code, nowhere, _ = run(doctor, "--database-url", "postgresql://u:hunter2@127.0.0.1:1/x")
    assert code == 1
    assert "hunter2" not in here + nowhere


def test_releases_are_listed_and_retired(empty_database_url: str, folder: Path) -> None:
    """A deploy remembers the queries beside the migrations; retire ends one."""
    (folder.parent / "queries").mkdir()
    (folder.parent / "queries" / "a.sql").write_text(
        "-- name: get(id)^\n-- One.\nSELECT name FROM a WHERE id = :id;\n"
    )
    where = ("--database-url", empty_database_url)
    run(migrate, "deploy", *where, "--migrations", folder)
    release = run(migrate, "retire", *where)[1].split()[0]
    assert run(migrate, "retire", release, *where)[1] == ""
    with pytest.raises(UnknownRelease):
        run(migrate, "retire", release, *where)


def test_a_role_without_rights_is_told_so(empty_database_url: str, folder: Path) -> None:
    """One sentence with what was denied, exit 4, by whichever command; doctor says what to grant."""
    deploys.migrate(empty_database_url, folder)
    separator = "&" if "?" in empty_database_url else "?"
    nobody = f"amber_test_{secrets.token_hex(6)}"
    url = f"{empty_database_url}{separator}options=-c%20role%3D{nobody}"
    where = ("--migrations", str(folder))
    with psycopg.connect(empty_database_url, autocommit=True) as conn:
        conn.execute(f"CREATE ROLE {nobody}".encode())
        try:
            for command in (("migrate", "status", *where), ("migrate", "retire"), ("roles",)):
                done = amber(*command, url=url)
                assert (done.returncode, "Traceback" in done.stderr) == (4, False), done.stderr
                assert "permission denied" in done.stderr
            said = amber("doctor", *where, url=url).stdout
            assert f"GRANT CREATE ON SCHEMA public TO {nobody}" in said
            assert "permission denied for table _yoyo_migration" in said
        finally:
            conn.execute(f"DROP ROLE {nobody}".encode())
