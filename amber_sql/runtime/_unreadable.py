"""A list in which some rows cannot be read → the others, where the caller asks for them."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amber_sql.errors import UnreadableValue

LEFT_OUT: ContextVar[list[UnreadableValue] | None] = ContextVar("left_out", default=None)


@contextmanager
def skip_unreadable() -> Iterator[list[UnreadableValue]]:
    """Leave rows out of lists and streams that hold a value which cannot be read.

    The block's list gets the error of each, which names query, column and row. Where one row is
    asked for, the error is raised here too: it is there, so "no row" would be wrong.
    """
    found: list[UnreadableValue] = []
    token = LEFT_OUT.set(found)
    try:
        yield found
    finally:
        LEFT_OUT.reset(token)
