"""`amber-sql` as a user runs it: in this process where that shows the same, else in one of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from typing import Any

import pytest

from amber_sql.cli import main

UNSET = ("DATABASE_URL", "DIRECT_DATABASE_URL", "FORCE_COLOR", "CLICOLOR_FORCE")


def environment(url: str | None = None, env: dict[str, str] | None = None) -> dict[str, str]:
    """Return this process's environment with DATABASE_URL set to `url`, or not set."""
    kept = {name: value for name, value in os.environ.items() if name not in UNSET}
    return kept | ({"DATABASE_URL": url} if url is not None else {}) | (env or {})


def amber(
    *arguments: str, url: str | None = None, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command in this process, which saves the second that starting Python takes."""
    out, err, code = StringIO(), StringIO(), 0
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        for name in UNSET:
            patch.delenv(name, raising=False)
        for name, value in environment(url, env).items():
            patch.setenv(name, value)
        patch.setattr(sys, "argv", ["amber-sql", *arguments])
        try:
            main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 0
    return subprocess.CompletedProcess(arguments, code, out.getvalue(), err.getvalue())


def amber_process(
    *arguments: str, url: str | None = None, env: dict[str, str] | None = None, **more: Any
) -> subprocess.CompletedProcess[str]:
    """Run a command as a process of its own, its output read through pipes."""
    return subprocess.run(
        [sys.executable, "-m", "amber_sql", *arguments],
        env=environment(url, env),
        capture_output=True,
        check=False,
        text=True,
        timeout=120,
        **more,
    )


def fork() -> int:
    """Fork beside threads, of which Python warns since 3.12."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()
