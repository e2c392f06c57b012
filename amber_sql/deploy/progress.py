"""What a deploy says while it works: one small struct an event, handed to a callback."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Literal, TypeAlias

import msgspec

_log = logging.getLogger("amber_sql.deploy")


EventKind: TypeAlias = Literal[
    "connected",
    "waiting",
    "locked",
    "applied",
    "rolled back",
    "retrying",
    "healed",
    "adopted",
    "proven",
    "retired",
    "marked",
    "unmarked",
    "warning",
]
"""What can happen."""


class Event(msgspec.Struct, frozen=True):
    """One thing that happened: what, to which migration, after how many seconds.

    `waiting` and `retrying` carry in `detail` who or what is waited for; `healed` names what an
    earlier, killed deploy had left behind; `adopted` and `warning` say why.
    """

    kind: EventKind
    name: str = ""
    seconds: float = 0.0
    detail: str = ""

    def __str__(self) -> str:
        """One line, as the command line prints it."""
        words = [self.kind, self.name, self.detail and f"({self.detail})"]
        took = f"{self.seconds:.2f} s" if self.seconds else ""
        return " ".join(filter(None, [*words, took]))


Progress: TypeAlias = Callable[[Event], None]


def log(event: Event) -> None:
    """Send an event to the log: the callback of those who gave none."""
    level = logging.INFO if event.kind in {"connected", "locked"} else logging.WARNING
    _log.log(
        level if event.kind in {"waiting", "retrying", "warning"} else logging.INFO, "%s", event
    )
