"""Another process: `amber-sql` as a user runs it, its output read through pipes, or a fork."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from typing import Any

UNSET = ("DATABASE_URL", "DIRECT_DATABASE_URL", "FORCE_COLOR", "CLICOLOR_FORCE")


def amber(
    *arguments: str, url: str | None = None, env: dict[str, str] | None = None, **more: Any
) -> subprocess.CompletedProcess[str]:
    """Run a command with DATABASE_URL set to `url`, or not set."""
    kept = {name: value for name, value in os.environ.items() if name not in UNSET}
    given = {"DATABASE_URL": url} if url is not None else {}
    return subprocess.run(
        [sys.executable, "-m", "amber_sql", *arguments],
        env=kept | given | (env or {}),
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
