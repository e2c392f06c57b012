"""Folders of migrations, and real deploys of them as processes: plain `yoyo apply` and our command."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import psycopg

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

COMMANDS = ("yoyo", "amber")


def write(folder: Path, files: Mapping[str, str]) -> Path:
    """Write migrations by name; a name that ends in `-` is the rollback of the one before the dash."""
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        suffix = ".rollback.sql" if name.endswith("-") else ".sql"
        (folder / f"{name.removesuffix('-')}{suffix}").write_text(text, encoding="utf-8")
    return folder


def start(command: str, url: str, folder: Path, **variables: str) -> subprocess.Popen[str]:
    """Start a deploy of `folder` to `url` by one of COMMANDS."""
    environment = {
        name: value for name, value in os.environ.items() if name != "DIRECT_DATABASE_URL"
    }
    environment |= {"DATABASE_URL": url, **variables}
    if command == "yoyo":
        ini = folder.parent / "yoyo.ini"
        ini.write_text(f"[DEFAULT]\nsources = {folder}\ndatabase = amber://\n", encoding="utf-8")
        arguments = ["-m", "yoyo", "apply", "--batch", "--config", str(ini)]
    else:
        arguments = ["-m", "amber_sql", "migrate", "deploy", "--migrations", str(folder)]
    return subprocess.Popen(
        [sys.executable, *arguments],
        env=environment,
        cwd=folder.parent,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def deploy(command: str, url: str, folder: Path, **variables: str) -> tuple[int, str]:
    """Deploy, and return exit code and everything that was said."""
    process = start(command, url, folder, **variables)
    out, err = process.communicate(timeout=120)
    return process.returncode, out + err


def until(condition: Callable[[], Any], seconds: float = 20.0) -> None:
    """Wait until `condition` holds, and fail when it does not."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "this never happened"
        time.sleep(0.02)


def running(url: str, words: str, waiting: str = "%") -> Callable[[], bool]:
    """Return a condition: some session runs a statement that holds `words`."""

    def look() -> bool:
        with psycopg.connect(url, autocommit=True) as conn:
            row = conn.execute(
                "SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND pid <> pg_backend_pid()"
                " AND datname = current_database() AND position(%s in query) > 0"
                " AND coalesce(wait_event_type, '') LIKE %s",
                [words, waiting],
            ).fetchone()
            return row is not None

    return look


def rows(url: str, query: str) -> list[tuple[Any, ...]]:
    """Run one query on a connection of its own."""
    with psycopg.connect(url, autocommit=True) as conn:
        return conn.execute(query).fetchall()  # type: ignore[call-overload]
