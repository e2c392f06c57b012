"""Files → who is at work on a server, and whether any process of it still lives.

Both answers are advisory locks, which the kernel drops with the last process that holds them. A
process id can be a zombie's, or after a container's restart anybody's; a lock cannot.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


PRIVATE = 0o600
"""Who can open a lock's file can hold it."""


@contextmanager
def held(path: Path) -> Iterator[int]:
    """Hold the lock `path` for the block, after waiting for it.

    A child process that is given the descriptor keeps the lock after the block, until it ends.
    """
    import fcntl  # noqa: PLC0415 - not on Windows, where no programs are found either

    lock = os.open(path, os.O_RDWR | os.O_CREAT, PRIVATE)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock
    finally:
        os.close(lock)


def is_held(path: Path) -> bool:
    """Tell whether anybody holds the lock `path`."""
    import fcntl  # noqa: PLC0415

    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False
