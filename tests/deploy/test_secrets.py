"""The password of DATABASE_URL: on its way to libpq, and nowhere else; the server's own log included."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING
from urllib.parse import quote

import psycopg
import pytest
from command import UNSET

from amber_sql import locate
from amber_sql.server import temporary

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amber_sql.server import Server

RIGHT, WRONG = "correct/horse@battery", "hunter2:staple"  # nobody's
FORMS = {form for word in (RIGHT, WRONG) for form in (word, quote(word, safe=""))}
LOGGED = {"log_statement": "all", "log_connections": "on"}

YOYO = ("-m", "yoyo", "-vvv", "apply", "--batch", "--config", str(locate.PACKAGE.parent / "yoyo.ini"))  # fmt: skip
AMBER = ("-m", "amber_sql")
COMMANDS = [
    (*AMBER, "migrate", "deploy"),
    YOYO,
    (*AMBER, "roles"),
    (*AMBER, "doctor", "--json"),
]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """Run a server that asks for passwords and logs every statement and every connection."""
    with temporary(LOGGED) as server:
        with psycopg.connect(server.url("postgres"), autocommit=True) as conn:
            conn.execute("SET log_statement = 'none'")
            conn.execute(f"CREATE ROLE keeper SUPERUSER LOGIN PASSWORD '{RIGHT}'".encode())
            ((hba,),) = conn.execute("SELECT current_setting('hba_file')").fetchall()
            with open(hba, "w", encoding="utf-8") as file:  # noqa: PTH123  # the server's own
                file.write("local all keeper scram-sha-256\nlocal all all trust\n")
            conn.execute("SELECT pg_reload_conf()")
        yield server


def url(server: Server, password: str) -> str:
    socket = server.url("postgres").partition("?")[2]
    return f"postgresql://keeper:{quote(password, safe='')}@/postgres?{socket}"


@pytest.fixture(scope="module")
def runs(server: Server) -> list[tuple[str, int, str]]:
    """Run each command with each password: which one, the exit code, what was said."""
    kept = {name: value for name, value in os.environ.items() if name not in UNSET}
    done = []
    for password in (RIGHT, WRONG):
        for command in COMMANDS:
            process = subprocess.run(
                [sys.executable, *command],
                env=kept | {"DATABASE_URL": url(server, password)},
                capture_output=True,
                check=False,
                text=True,
            )
            done.append((password, process.returncode, process.stdout + process.stderr))
    return done


@pytest.mark.slow
def test_no_command_says_the_password(runs: list[tuple[str, int, str]]) -> None:
    """Whether it passes or is turned away."""
    for password, code, said in runs:
        assert (code == 0) is (password == RIGHT), said
        assert "Traceback" not in said
        assert [form for form in FORMS if form in said] == []


@pytest.mark.slow
def test_no_log_has_the_password(server: Server, runs: list[tuple[str, int, str]]) -> None:
    """Not in what the server writes down of all that was done."""
    log = (server.base / "server.log").read_text(encoding="utf-8", errors="replace")
    assert [made for made in ("CREATE TABLE users", "CREATE ROLE") if made not in log] == []
    assert log.count('password authentication failed for user "keeper"') >= len(runs) / 2
    assert [form for form in FORMS if form in log] == []
