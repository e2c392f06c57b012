"""This user → their development server; a test run → a server of its own."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from amber_sql.server import binaries, places
from amber_sql.server.lifecycle import Server

if TYPE_CHECKING:
    from collections.abc import Mapping

FAST: dict[str, object] = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": 0,
    "autovacuum": "off",
    "shared_buffers": "64MB",
}
"""Settings for data that nobody will miss."""


def embedded() -> Server:
    """Return this user's development server, started if it was not running.

    Its data is kept, below `places.home()`, a data directory for each major version. It goes on
    running after this process. Raises `NoPostgresBinaries` or `ServerFailed`.
    """
    bin_dir = binaries.find_binaries()
    server = Server(places.home() / str(binaries.major_of(bin_dir)), bin_dir=bin_dir)
    server.start()
    return server


def servers() -> list[Server]:
    """Return this user's development servers, of every major version, running or not.

    No program of PostgreSQL is needed to find or to stop one.
    """
    found = (place for place in places.home().glob("*") if (place / "data").is_dir())
    return [Server(place) for place in sorted(found)]


def temporary(settings: Mapping[str, object] | None = None, bin_dir: Path | None = None) -> Server:
    """Return a throw-away server for a `with` block: fast, and gone with its folder after it.

    `settings` are added to `FAST`. A process that is killed takes its server along.
    """
    base = Path(tempfile.mkdtemp(prefix="amber-", dir=places.passing()[0]))
    return Server(base, settings=FAST | dict(settings or {}), bin_dir=bin_dir, disposable=True)
