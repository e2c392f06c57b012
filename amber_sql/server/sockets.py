"""Server's folder → the folder of its Unix socket, which is the same for every process that asks.

The kernel cuts a socket's path off after 107 bytes (103 on macOS). Where the server's own folder
is deeper than that, `socket` in it is a symbolic link to a short folder with a random name.
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from psycopg import pq

from amber_sql.errors import ServerFailed
from amber_sql.server import places, tcp

if TYPE_CHECKING:
    from amber_sql.server.account import Account

LIMIT = 103
"""Bytes in a socket's path, on the stricter of our platforms."""

PORT = 5432
"""Part of the socket's name; nothing listens on a network unless a port is chosen (tcp.py)."""


def port(base: Path) -> int:
    """Return the number in the name of the server's socket: its TCP port where it has one."""
    return tcp.port(base) or PORT


def file(base: Path) -> Path:
    """Return the path of the server's socket."""
    return folder(base) / f".s.PGSQL.{port(base)}"


def folder(base: Path) -> Path:
    """Return the folder that holds the socket of the server in `base`, whether or not it is there."""
    place = base / "socket"
    return place.readlink() if place.is_symlink() else place


def prepare(base: Path, account: Account | None) -> Path:
    """Make the folder for the socket, or take the one that is there, and empty it.

    Only for a server that is known to be dead: PostgreSQL trusts the process id in a stale lock
    file, which may be a zombie's, or after a container's restart anybody's.
    """
    place = base / "socket"
    owner = account.uid if account else os.geteuid()
    if place.is_symlink() and not _is_folder_of(owner, place.readlink()):
        place.unlink()  # swept away, and perhaps somebody else's by now
    if not place.is_symlink():
        if fits(place):
            place.mkdir(exist_ok=True)
        else:
            place.symlink_to(_short())
    here = folder(base)
    here.chmod(0o700)
    if account:
        account.own(here)
    for stale in here.glob(".s.PGSQL.*"):
        stale.unlink(missing_ok=True)
    return here


def remove(base: Path) -> None:
    """Remove the short folder outside `base`, if the socket has one."""
    place = base / "socket"
    if place.is_symlink():
        shutil.rmtree(place.readlink(), ignore_errors=True)
        place.unlink()


def fits(place: Path) -> bool:
    """Tell whether a socket in `place` has a path that the kernel takes whole."""
    return len(os.fsencode(place / ".s.PGSQL.65535")) <= LIMIT


def ask(base: Path, user: str) -> pq.Ping:
    """Ask the server in `base` how it is, by libpq's own ping (about 3 ms)."""
    where = f"host='{_quoted(folder(base))}' port={port(base)}"
    said = f"{where} user={user} dbname=postgres connect_timeout=2"
    return pq.Ping(pq.PGconn.ping(os.fsencode(said)))


def _is_folder_of(owner: int, place: Path) -> bool:
    try:
        found = place.lstat()
    except FileNotFoundError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == owner


def _short() -> Path:
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    candidates = [Path(runtime)] if runtime and os.geteuid() != 0 else []
    for candidate in [*candidates, *places.passing()]:
        if os.access(candidate, os.W_OK) and fits(candidate / "amber-12345678"):
            return Path(tempfile.mkdtemp(prefix="amber-", dir=candidate))
    raise ServerFailed(
        action="start", reason="no folder is short enough for its socket: set TMPDIR."
    )


def _quoted(place: Path) -> str:
    return str(place).replace("\\", "\\\\").replace("'", "\\'")
