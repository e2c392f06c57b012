"""Dumpers that send what a statement has already encoded, and leave its type to the server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg.adapt import Dumper
from psycopg.pq import Format

from ._encode import Binary

if TYPE_CHECKING:
    from psycopg.adapt import AdaptersMap


class TextDumper(Dumper):
    """Send a value in its text form."""

    oid = 0

    def dump(self, obj: Any) -> Any:
        """Return the value as it is."""
        return obj


class BinaryDumper(TextDumper):
    """Send a value in its binary form."""

    format = Format.BINARY


def register(adapters: AdaptersMap) -> None:
    """Make `adapters` send encoded values as they are."""
    adapters.register_dumper(bytes, TextDumper)
    adapters.register_dumper(Binary, BinaryDumper)
