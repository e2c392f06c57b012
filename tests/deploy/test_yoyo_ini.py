"""yoyo.ini: `DATABASE_URL=… yoyo apply --batch`, as pipelines that know yoyo run it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from command import UNSET, amber

from amber_sql import deploy, locate
from amber_sql.deploy.development import is_development
from amber_sql.deploy.drift import catalog_objects

if TYPE_CHECKING:
    import psycopg

ROOT = Path(__file__).resolve().parents[2]


def _yoyo(*arguments: str, url: str | None, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run yoyo's own command."""
    kept = {name: value for name, value in os.environ.items() if name not in UNSET}
    return subprocess.run(
        [Path(sys.executable).with_name("yoyo"), *arguments],
        env=kept | ({"DATABASE_URL": url} if url is not None else {}),
        cwd=cwd,
        capture_output=True,
        check=False,
        text=True,
    )


def _tables(conn: psycopg.Connection) -> set[str]:
    found = conn.execute(
        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition"
        " AND relnamespace = 'public'::regnamespace AND relname !~ '^_yoyo|^yoyo|^_amber'"
    ).fetchall()
    return {name for (name,) in found}


def test_apply_migrates_an_empty_database(
    empty_database_url: str, scratch: psycopg.Connection
) -> None:
    """Every table is there, `migrate status` agrees, and a second apply has nothing to do."""
    first = _yoyo("apply", "--batch", url=empty_database_url)
    assert first.returncode == 0, first.stderr
    assert _tables(scratch) >= {
        "users", "installations", "subscriptions", "sessions", "messages", "api_keys",
        "webhook_events", "usage_logs",
    }  # fmt: skip
    assert deploy.pending(empty_database_url, locate.migrations_dir()) == []
    assert amber("migrate", "status", "--exit-code", url=empty_database_url).returncode == 0
    again = _yoyo("apply", "--batch", url=empty_database_url)
    assert (again.returncode, again.stderr) == (0, "")


def test_apply_works_from_another_folder(
    empty_database_url: str, scratch: psycopg.Connection, tmp_path: Path
) -> None:
    """The file finds its migrations beside itself, wherever it is called from."""
    done = _yoyo(
        "apply", "--batch", "--config", str(ROOT / "yoyo.ini"), url=empty_database_url, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert "users" in _tables(scratch)


@pytest.mark.slow
def test_rollback_undoes_everything(empty_database_url: str, scratch: psycopg.Connection) -> None:
    """`yoyo rollback --all` runs each rollback file and says which release ends; either command does it again."""
    if not is_development(empty_database_url):
        pytest.skip("on another machine a running release is retired first")
    assert amber("migrate", "deploy", url=empty_database_url).returncode == 0
    before = catalog_objects.read(scratch)
    (release,) = deploy.live_releases(empty_database_url)
    for run, *arguments in ((_yoyo, "apply", "--batch"), (amber, "migrate", "deploy")):
        done = _yoyo("rollback", "--batch", "--all", url=empty_database_url)
        said = f"retired {release.release}" in done.stderr
        left = (_tables(scratch), deploy.live_releases(empty_database_url))
        assert (done.returncode, said, left) == (0, True, (set(), [])), done.stderr
        assert run(*arguments, url=empty_database_url).returncode == 0
        assert catalog_objects.read(scratch) == before
    down = amber("migrate", "down", "-n", "99", url=empty_database_url)
    assert (down.returncode, _tables(scratch)) == (0, set()), down.stderr


@pytest.mark.slow
def test_in_production_a_rollback_waits_for_retire(
    empty_database_url: str, scratch: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit 5 and nothing undone while the release that needs the tables may be running."""
    monkeypatch.setenv("AMBER_ENV", "production")
    assert amber("migrate", "deploy", url=empty_database_url).returncode == 0
    before = _tables(scratch)
    for refused in (
        _yoyo("rollback", "--batch", "--all", url=empty_database_url),
        amber("migrate", "down", "--allow-remote", url=empty_database_url),
    ):
        assert (refused.returncode, _tables(scratch)) == (5, before), refused.stderr
        assert "migrate retire" in refused.stderr
    release = amber("migrate", "retire", url=empty_database_url).stdout.split()[0]
    assert amber("migrate", "retire", release, url=empty_database_url).returncode == 0
    done = _yoyo("rollback", "--batch", "--all", url=empty_database_url)
    assert (done.returncode, _tables(scratch)) == (0, set()), done.stderr


@pytest.mark.parametrize("url", [None, "", "postgresql://me:hunter2@127.0.0.1:1/x", "nonsense"])
def test_no_database_is_one_sentence(url: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Missing, unreachable or malformed: no traceback, no password, exit code 3."""
    monkeypatch.setenv("AMBER_CONNECT_WAIT", "0")
    done = _yoyo("apply", "--batch", url=url)
    assert done.returncode == 3
    assert "Traceback" not in done.stderr
    assert re.search("DATABASE_URL|database URL", done.stderr)
    assert "hunter2" not in done.stdout + done.stderr


def test_the_file_holds_no_url() -> None:
    """Nothing to leak: the backend reads the environment."""
    text = (ROOT / "yoyo.ini").read_text()
    assert re.findall(r"\w+://\S*", text) == ["amber://"]
