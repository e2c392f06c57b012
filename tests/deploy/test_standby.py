"""`doctor` and a deploy on a real standby: read-only, and said so."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest
from command import amber

from amber_sql.server import Server
from amber_sql.server.account import options, run_as
from amber_sql.server.binaries import find_binaries
from amber_sql.server.copies import readable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def standby_url(server_folder: Path) -> Iterator[str]:
    """Start a primary and, from a base backup of it, a standby."""
    settings = {"wal_level": "replica", "max_wal_senders": 4, "fsync": "off"}
    with Server(server_folder / "primary", settings=settings) as primary:
        base = server_folder / "standby"
        base.mkdir(mode=0o711)
        account = run_as(primary.data)
        if account:
            account.own(base)
        program = readable(find_binaries(), account) / "pg_basebackup"
        subprocess.run(
            [program, "-D", base / "data", "-d", primary.url("postgres"), "-R", "-X", "stream"],
            check=True,
            capture_output=True,
            **options(account),
        )
        with Server(base, settings=settings) as standby:
            yield standby.url("postgres")


def test_doctor_says_that_it_is_a_standby(standby_url: str, tmp_path: Path) -> None:
    """A deploy cannot run there, and the remedy is the primary's URL."""
    (tmp_path / "migrations").mkdir()
    where = ("--migrations", str(tmp_path / "migrations"))
    done = amber("doctor", *where, url=standby_url)
    (line,) = [line for line in done.stdout.splitlines() if "is a standby" in line]
    assert line.startswith("problem"), line
    assert done.returncode == 1


def test_a_deploy_to_a_standby_is_one_sentence(standby_url: str, tmp_path: Path) -> None:
    """It changes nothing, ends with 4, and has no traceback."""
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations" / "0001.a.sql").write_text("CREATE TABLE a ();")
    where = ("--migrations", str(tmp_path / "migrations"))
    done = amber("migrate", "deploy", *where, url=standby_url)
    assert done.returncode == 4
    assert "read-only" in done.stderr.splitlines()[-1]
