"""Ctrl-C while `amber-sql` is still being imported: the process ends, without a traceback.

This is for the process whose program is the command line; a service's signals are its own.
`amber_sql.cli.main` takes over as soon as it runs.
"""

from __future__ import annotations

import os
import signal
import sys


def is_command() -> bool:
    """Tell whether this process is `amber-sql` or `python -m amber_sql`."""
    program = os.path.basename(sys.argv[0]) if sys.argv else ""  # pathlib is slow  # noqa: PTH119
    if program == "-m":  # Python is still looking for the module
        given = sys.orig_argv
        return "-m" in given and given[given.index("-m") + 1 :][:1] == ["amber_sql"]
    return program in {"amber-sql", "amber-sql.exe"}


def let_end() -> None:
    """Let Ctrl-C end the process at once, where it would raise KeyboardInterrupt."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)


def let_raise() -> None:
    """Let Ctrl-C raise KeyboardInterrupt again; a shell's background job goes on ignoring it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)


if is_command():
    let_end()
