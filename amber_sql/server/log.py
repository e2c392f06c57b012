"""The server's log file → what it said since it was last started."""

from __future__ import annotations

from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LINES = 12
"""How much of the log a message quotes."""

FULL = 8 * 1024 * 1024
"""Bytes after which a start begins the log anew."""


class Log:
    """One log file, which outlives the servers that write to it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._from = 0

    @contextmanager
    def opened(self) -> Iterator[IO[bytes]]:
        """Open it for a server that is about to start."""
        self.path.touch(mode=0o600)
        with self.path.open("ab") as file:
            if file.tell() > FULL:
                file.truncate(0)
            self._from = self.path.stat().st_size
            yield file

    def tail(self) -> str:
        """Return the last lines since the start, or where it was to be found if there are none."""
        try:
            with self.path.open("rb") as file:
                file.seek(self._from)
                lines = file.read().decode(errors="replace").splitlines()
        except FileNotFoundError:
            lines = []
        return "\n".join(lines[-LINES:]) or f"nothing was written to {self.path}"
