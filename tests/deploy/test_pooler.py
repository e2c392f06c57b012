"""A deploy through PgBouncer: refused in transaction mode, fine in session mode, direct wins."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from deploy_world import COMMANDS, deploy, rows, until, write
from psycopg.conninfo import conninfo_to_dict

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAM = shutil.which("pgbouncer") or os.environ.get("AMBER_PGBOUNCER")
pytestmark = pytest.mark.skipif(PROGRAM is None, reason="no pgbouncer here")


@contextmanager
def bouncer(url: str, mode: str) -> Iterator[str]:
    """Run PgBouncer before the server of `url`, and give the URL through it."""
    found = conninfo_to_dict(url)
    with tempfile.TemporaryDirectory(prefix="amber-b-") as place:
        folder = Path(place)
        folder.chmod(0o777)
        (folder / "users.txt").write_text(f'"{found["user"]}" ""\n')
        (folder / "bouncer.ini").write_text(
            f"[databases]\n* = host={found['host']} port={found.get('port', 5432)}\n"
            f"[pgbouncer]\nlisten_addr =\nlisten_port = 6543\nunix_socket_dir = {folder}\n"
            f"auth_type = trust\nauth_file = {folder}/users.txt\npool_mode = {mode}\n"
            "default_pool_size = 4\n"
        )
        # PgBouncer refuses to run as root, and the server's socket is for the server's account.
        ((data,),) = rows(url, "SELECT current_setting('data_directory')")
        account = {"user": Path(data).stat().st_uid} if os.geteuid() == 0 else {}
        process = subprocess.Popen(
            [str(PROGRAM), "-q", str(folder / "bouncer.ini")],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", **account,
        )  # type: ignore[call-overload]  # fmt: skip
        through = f"host={folder} port=6543 user={found['user']} dbname={found['dbname']}"

        def answers() -> bool:
            try:
                psycopg.connect(through, connect_timeout=2).close()
            except psycopg.OperationalError:
                return False
            return True

        try:
            until(answers)
            yield through
        finally:
            process.terminate()
            process.wait(timeout=10)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_transaction_pooler_is_refused_unless_there_is_a_direct_url(
    empty_database_url: str, tmp_path: Path, command: str
) -> None:
    """Exit 5 with the variable to set; with it, the deploy goes round the pooler."""
    folder = write(tmp_path / "migrations", {"0001.a": "CREATE TABLE a (id int);"})
    with bouncer(empty_database_url, "transaction") as url:
        code, said = deploy(command, url, folder)
        assert code == 5, said
        assert "set DIRECT_DATABASE_URL" in said
        assert rows(empty_database_url, "SELECT to_regclass('a')") == [(None,)]
        code, said = deploy(command, url, folder, DIRECT_DATABASE_URL=empty_database_url)
        assert code == 0, said


def test_a_session_pooler_is_fine(empty_database_url: str, tmp_path: Path) -> None:
    """In session mode lock and settings stay with the session."""
    folder = write(tmp_path / "migrations", {"0001.a": "CREATE TABLE a (id int);"})
    with bouncer(empty_database_url, "session") as url:
        code, said = deploy("amber", url, folder)
    assert code == 0, said
