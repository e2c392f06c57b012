"""Programs and an empty folder → a data directory: whole, or not there at all.

initdb writes PG_VERSION first, so a killed one leaves what looks like a data directory and never
starts. It works under another name, and the finished directory is moved into place.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from amber_sql.errors import ServerFailed
from amber_sql.server.account import options
from amber_sql.server.binaries import major_of

if TYPE_CHECKING:
    from amber_sql.server.account import Account

USER = "amber"
"""The superuser; connections are trusted, since the socket's folder keeps others out."""

UNFINISHED = "data-"
BUILTIN_LOCALES = 17
"""The first version whose C.UTF-8 comes with PostgreSQL and is the same on every system."""


def create(data: Path, bin_dir: Path, account: Account | None, *, durable: bool) -> None:
    """Run initdb (about 0.3 s) and move its result to `data`. Raises `ServerFailed`.

    `durable` waits until everything is on the disk.
    """
    for leftover in data.parent.glob(f"{UNFINISHED}*"):
        shutil.rmtree(leftover, ignore_errors=True)
    _require_name()
    building = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=data.parent))
    if account:
        account.own(building)
    command: list[str | Path] = [bin_dir / "initdb", "-D", building, "-U", USER]
    command += [
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--no-instructions",
        *locale_options(major_of(bin_dir)),
    ]
    command += [] if durable else ["--no-sync"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options(account))
    if done.returncode:
        shutil.rmtree(building, ignore_errors=True)
        raise ServerFailed(action="initialise", reason=done.stderr.strip())
    building.rename(data)


def locale_options(major: int) -> list[str]:
    """Return initdb's options for byte order in comparisons and Unicode in upper and lower case."""
    if major >= BUILTIN_LOCALES:
        return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    if sys.platform == "linux":
        return ["--locale=C", "--lc-ctype=C.UTF-8"]
    return ["--locale=C"]


def require_same_major(data: Path, bin_dir: Path) -> None:
    """Refuse data that another major version wrote, more clearly than postgres does."""
    written, ours = (data / "PG_VERSION").read_text().strip(), str(major_of(bin_dir))
    if written != ours:
        reason = f"its data is PostgreSQL {written}'s, and {bin_dir} is {ours}."
        raise ServerFailed(action="start", reason=reason)


def _require_name() -> None:
    """Refuse a user id without a name, as containers may have, before initdb does less clearly."""
    import pwd  # noqa: PLC0415

    try:
        pwd.getpwuid(os.geteuid())
    except KeyError:
        reason = (
            f"initdb needs a name for user id {os.geteuid()}, and /etc/passwd has none. "
            "Add a line there, or set DATABASE_URL to a server."
        )
        raise ServerFailed(action="start", reason=reason) from None
