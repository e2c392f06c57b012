"""Root → the unprivileged account that its server runs as, since PostgreSQL refuses to run as root.

An ordinary user's server runs as that user: then there is no account, and nothing is given away.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
from typing import TYPE_CHECKING, Any

import msgspec

from amber_sql.errors import ServerFailed

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ("postgres", "nobody")
"""Accounts that root drops to; the first that exists."""


class Account(msgspec.Struct, frozen=True):
    """Whom the server runs as when root starts it."""

    uid: int
    gid: int

    def own(self, path: Path) -> None:
        """Give `path` to the account."""
        os.chown(path, self.uid, self.gid)


def run_as(data: Path) -> Account | None:
    """Return the account that runs the server on `data`, or None for an ordinary user: oneself.

    A data directory keeps its owner, even where a `postgres` account has appeared since.
    Raises `ServerFailed` where there is no account to drop to.
    """
    if os.geteuid() != 0:
        return None
    if data.exists() and (owner := data.stat()).st_uid != 0:
        return Account(owner.st_uid, owner.st_gid)
    import pwd  # noqa: PLC0415 - not on Windows, where no programs are found either

    for name in NAMES:
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Account(entry.pw_uid, entry.pw_gid)
    reason = f"root needs an account named {' or '.join(NAMES)} to run it as."
    raise ServerFailed(action="start", reason=reason)


def options(account: Account | None) -> dict[str, Any]:
    """Return what `subprocess` needs to run a PostgreSQL program as `account`, without surprises.

    Variables such as PGPORT and PGDATA are meant for the user's own clients.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    common = {"cwd": "/", "stdin": subprocess.DEVNULL, "env": environment | {"LC_ALL": "C"}}
    if account is None:
        return common
    return common | {"user": account.uid, "group": account.gid, "extra_groups": []}
