"""A PgBouncer before a server, where the machine has one."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAM = os.environ.get("AMBER_PGBOUNCER") or shutil.which("pgbouncer")
needs_pgbouncer = pytest.mark.skipif(PROGRAM is None, reason="no pgbouncer here")
PREPARES = (1, 21)
"""The first version that keeps prepared statements."""


def version() -> tuple[int, ...]:
    """Return which PgBouncer is here."""
    if PROGRAM is None:
        return (0,)
    said = subprocess.run([PROGRAM, "--version"], capture_output=True, check=True, text=True)
    return tuple(map(int, said.stdout.split()[1].split(".")))


needs_prepared_statements = pytest.mark.skipif(
    version() < PREPARES, reason="no pgbouncer from 1.21 on here: AMBER_PGBOUNCER names one"
)

CONFIGURATION = """\
[databases]
* = host={host} port={port}
[pgbouncer]
listen_addr =
listen_port = 6543
unix_socket_dir = {folder}
auth_type = trust
auth_file = {folder}/users.txt
admin_users = {user}
pool_mode = {mode}
default_pool_size = 4
"""


@contextmanager
def bouncer(url: str, mode: str, *more: str) -> Iterator[str]:
    """Run PgBouncer before the server of `url`, and give the URL through it; `more` are settings."""
    found = conninfo_to_dict(url)
    with tempfile.TemporaryDirectory(prefix="amber-b-") as place:
        folder = Path(place)
        folder.chmod(0o777)
        (folder / "users.txt").write_text(f'"{found["user"]}" ""\n')
        text = CONFIGURATION.format(
            host=found["host"],
            port=found.get("port", 5432),
            folder=folder,
            user=found["user"],
            mode=mode,
        )
        (folder / "bouncer.ini").write_text("\n".join((text, *more, "")))
        with psycopg.connect(url) as conn:
            row = conn.execute("SELECT current_setting('data_directory')").fetchone()
            data = str(row[0] if row else "")
        # PgBouncer refuses to run as root, and the server's socket is for the server's account.
        account = {"user": Path(data).stat().st_uid} if os.geteuid() == 0 else {}
        process = subprocess.Popen(
            [str(PROGRAM), "-q", str(folder / "bouncer.ini")],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", **account,
        )  # type: ignore[call-overload]  # fmt: skip
        through = f"host={folder} port=6543 user={found['user']} dbname={found['dbname']}"
        try:
            _wait_for(through)
            yield through
        finally:
            process.terminate()
            process.wait(timeout=10)


def _wait_for(url: str) -> None:
    for _ in range(100):
        try:
            psycopg.connect(url, connect_timeout=2).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError
