"""A release's manifest: its queries, as a server described them, and what they rest on.

The JSON is sorted and small; it carries the text of the query files too, so that any later server
can be asked about the same statements. Types and tables go by name, since numbers differ between
databases.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

VERSION = 1


class Result(msgspec.Struct, frozen=True, omit_defaults=True):
    """A result column. `nullable` is None where no query tree says it (PostgreSQL 15).

    `not_null_source` tells whether it is taken as it is from a column that is NOT NULL.
    """

    name: str
    type: str
    nullable: bool | None = None
    not_null_source: bool = False


class Argument(msgspec.Struct, frozen=True, omit_defaults=True):
    """A parameter; `nullable` as for a result."""

    name: str
    type: str
    nullable: bool | None = None


class Insert(msgspec.Struct, frozen=True, omit_defaults=True):
    """A table that a statement inserts into, and its required columns that are not written."""

    table: str
    covered: tuple[str, ...]
    missing: tuple[str, ...] = ()


class Statement(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One query. `failure` is why this server refuses it."""

    name: str
    parameters: tuple[Argument, ...] = ()
    results: tuple[Result, ...] = ()
    inserts: tuple[Insert, ...] = ()
    writes: tuple[str, ...] = ()
    failure: str = ""
    sqlstate: str = ""


class Manifest(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A release, as one server sees it.

    `composites` and `enums` are those that its queries use; `rules` are the constraints and unique
    keys of each table that it writes, by their definition.
    """

    version: int = VERSION
    release: str
    queries: tuple[Statement, ...]
    composites: dict[str, tuple[tuple[str, str], ...]] = {}
    enums: dict[str, tuple[str, ...]] = {}
    rules: dict[str, tuple[str, ...]] = {}
    migrations: tuple[str, ...] = ()
    files: dict[str, str] = {}

    def to_json(self) -> str:
        """Return the sorted JSON, for people and for `diff`."""
        data = msgspec.json.encode(self, order="sorted")
        return msgspec.json.format(data, indent=1).decode() + "\n"


def from_json(text: str | bytes) -> Manifest:
    """Read a manifest; msgspec.ValidationError or DecodeError where it is none."""
    return msgspec.json.decode(text, type=Manifest)


def name_of(files: Mapping[str, str]) -> str:
    """Name a release after its query files: the same queries are the same release."""
    digest = hashlib.sha256()
    for path, text in sorted(files.items()):
        digest.update(f"{path}\0{text}\0".encode())
    return digest.hexdigest()[:12]
