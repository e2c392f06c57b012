"""A throw-away server's owner → a small shell process that outlives it and cleans up.

It waits on a pipe. A word means that the owner has stopped the server; an end without one means
that the owner was killed, and then the server is stopped and the folder removed.
"""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

SCRIPT = """
read -r word && exit 0
if read -r pid <"$1" && kill -QUIT "$pid"; then
    tries=0
    while kill -0 "$pid" && [ "$tries" -lt 100 ]; do sleep 0.1; tries=$((tries + 1)); done
fi
if [ -n "$2" ]; then rm -rf -- "$2"; fi
"""


class Watchdog:
    """Stops the server whose process id stands in `pid_file` when this process dies.

    `doomed` is a folder to remove after that, if any.
    """

    def __init__(self, pid_file: Path, doomed: Path | None) -> None:
        self._shell = subprocess.Popen(
            ["/bin/sh", "-c", SCRIPT, "amber-sql-watchdog", pid_file, doomed or ""],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            start_new_session=True,  # Ctrl-C is for the owner
        )

    def dismiss(self) -> None:
        """End the watch: the owner has stopped the server itself."""
        self._shell.communicate(b"done\n")
