"""Plain `yoyo apply`: our errors as one sentence with our exit code, and waiting said aloud.

yoyo's command lets an exception become a traceback and exit code 1. This is only for the process
whose program is yoyo's command; whoever calls yoyo from Python gets the exceptions.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from amber_sql.deploy.apply.failure import failed
from amber_sql.errors import AmberError

if TYPE_CHECKING:
    from types import TracebackType

    from amber_sql.deploy.progress import Event, Progress

_SAID = {"waiting", "retrying", "healed", "adopted", "retired", "warning"}


def adopt() -> Progress | None:
    """Return how to tell progress in yoyo's command, and take over its errors; None elsewhere."""
    program = Path(sys.argv[0]) if sys.argv else Path()
    if program.stem not in {"yoyo", "yoyo-migrate"} and program.parts[-2:] != (
        "yoyo",
        "__main__.py",
    ):
        return None
    sys.excepthook = _report
    return _say


def _say(event: Event) -> None:
    """Print what keeps a deploy waiting; yoyo itself is silent about what it applies."""
    if event.kind in _SAID:
        sys.stderr.write(f"{event}\n")
        sys.stderr.flush()


def _report(
    kind: type[BaseException], error: BaseException, traceback: TracebackType | None
) -> None:
    """End the process with one sentence, where the error is ours or the server's."""
    if isinstance(error, KeyboardInterrupt):
        sys.stderr.write("Stopped.\n")
        os._exit(130)
    if isinstance(error, psycopg.Error) and not isinstance(error, AmberError):
        error = failed(error, "the deploy", None)
    if not isinstance(error, AmberError):
        sys.__excepthook__(kind, error, traceback)
        return
    sys.stdout.flush()
    sys.stderr.write(f"{error}\n")
    sys.stderr.flush()
    # An exception hook cannot choose the exit code, and nothing is left to clean up: the server
    # has rolled back, and drops the lock with the connection.
    os._exit(error.exit_code)
