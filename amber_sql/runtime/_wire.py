"""A statement as PostgreSQL's protocol has it: a name, its parameters' types, and how they are encoded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from psycopg.abc import Buffer
    from psycopg.pq import Format


class Wire(msgspec.Struct, frozen=True):
    """A statement as the protocol has it.

    Its name is a digest of its text and its parameters' types: two processes behind one pooled
    session never run each other's statement. `encode` is fast, and says little about a value
    that does not fit; `Statement.encode` does.
    """

    name: bytes
    types: tuple[int, ...]
    formats: tuple[Format, ...]
    encode: Callable[[Sequence[Any]], list[Buffer | None]]
