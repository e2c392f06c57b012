"""Programs, a data directory and settings → a postmaster that is nobody's child.

It inherits the `alive` lock, as its own children do, so the lock is free exactly when the last of
them has gone.
"""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from amber_sql.server import locks, sockets
from amber_sql.server.account import Account, options

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from amber_sql.server.log import Log

DETACHED = '"$@" &'
"""The shell leaves at once: the server outlives us, and no zombie of it waits for us."""


def spawn(
    programs: Path,
    data: Path,
    socket: Path,
    settings: Mapping[str, object],
    *,
    account: Account | None,
    alive: Path,
    log: Log,
) -> None:
    """Start the server on `data` and return before it is ready. `alive` is a free lock's file."""
    folder = str(socket).replace('"', '""')
    ours: dict[str, object] = {
        "listen_addresses": "",
        "port": sockets.PORT,
        "unix_socket_directories": f'"{folder}"',
        "unix_socket_permissions": "0700",
        "cluster_name": "amber-sql",
        "timezone": "UTC",
        "log_timezone": "UTC",
    }
    command: list[str | Path] = ["/bin/sh", "-c", DETACHED, "sh", programs / "postgres", "-D", data]
    for name, value in (ours | dict(settings)).items():
        command += ["-c", f"{name}={value}"]
    with log.opened() as output, locks.held(alive) as lock:
        subprocess.run(
            command,
            check=True,
            stdout=output,
            stderr=output,
            pass_fds=[lock],
            start_new_session=True,
            **options(account),
        )
