"""A release's manifest: its queries, as a server described them, and what they rest on.

The JSON is sorted, with a line for each query. It carries the text of the query files, so that any
later server can be asked about the same statements; beside those files, as in a wheel, it does
without. Types and tables go by name, since numbers differ between databases.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

VERSION = 2


class ResultColumn(msgspec.Struct, frozen=True, array_like=True):
    """A result column. `nullable` is None where no query tree says it (PostgreSQL 15).

    `not_null_source` tells whether it is taken as it is from a column that is NOT NULL.
    """

    name: str
    type: str
    nullable: bool | None = None
    not_null_source: bool = False


class Argument(msgspec.Struct, frozen=True, array_like=True):
    """A parameter; `nullable` as for a result."""

    name: str
    type: str
    nullable: bool | None = None


class RowField(msgspec.Struct, frozen=True, array_like=True):
    """A field of a row without a type of its own, which a query tree shows; `nullable` as for a result."""

    name: str
    type: str
    nullable: bool | None = None


class DocumentPart(msgspec.Struct, frozen=True, array_like=True):
    """A part of JSON that a query makes; only a query tree shows it (PostgreSQL 16)."""

    what: str
    """A type's name, or what JSON has: object, array, tuple, map."""
    nullable: bool
    optional: bool
    """Whether its key may be missing."""


class Insert(msgspec.Struct, frozen=True, array_like=True):
    """A table that a statement inserts into, and its required columns that are not written."""

    table: str
    covered: tuple[str, ...]
    missing: tuple[str, ...] = ()


class ReleaseQuery(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One query. `failure` is why this server refuses it."""

    name: str
    parameters: tuple[Argument, ...] = ()
    results: tuple[ResultColumn, ...] = ()
    rows: dict[str, tuple[RowField, ...]] = {}
    """The fields of such rows, by their place in the result: `books`, `books.tags`."""
    documents: dict[str, DocumentPart] = {}
    """The parts of JSON, by their place in the result: `books`, `books[]`, `books[].title`."""
    inserts: tuple[Insert, ...] = ()
    writes: tuple[str, ...] = ()
    failure: str = ""
    sqlstate: str = ""


class Manifest(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A release, as one server sees it.

    `composites` and `enums` are those that its queries use; `rules` are the constraints and unique
    keys of each table that it writes, by their definition.
    """

    about: str = ""
    version: int = VERSION
    release: str
    queries: tuple[ReleaseQuery, ...]
    composites: dict[str, tuple[tuple[str, str], ...]] = {}
    enums: dict[str, tuple[str, ...]] = {}
    rules: dict[str, tuple[str, ...]] = {}
    migrations: tuple[str, ...] = ()
    files: dict[str, str] = {}

    def to_json(self) -> str:
        """Return the sorted JSON, for people and for `diff`: a line for each query, table, type, file."""
        lines = [f"{_json(key)}:{_lines(value)}" for key, value in sorted(_fields(self).items())]
        return "{" + ",\n".join(lines) + "}\n"


def _fields(manifest: Manifest) -> dict[str, Any]:
    fields: dict[str, Any] = msgspec.to_builtins(manifest)
    return fields | {"version": manifest.version}


def _lines(value: Any) -> str:
    if isinstance(value, dict):
        return "{\n" + ",\n".join(f"{_json(k)}:{_json(v)}" for k, v in sorted(value.items())) + "}"
    if isinstance(value, list | tuple):
        return "[\n" + ",\n".join(map(_json, value)) + "]"
    return _json(value)


def _json(value: Any) -> str:
    return msgspec.json.encode(value, order="sorted").decode()


def from_json(text: str | bytes) -> Manifest:
    """Read a manifest; msgspec.ValidationError or DecodeError where it is none of this version."""
    return msgspec.json.decode(text, type=Manifest)


def name_of(files: Mapping[str, str]) -> str:
    """Name a release after its query files: the same queries are the same release."""
    digest = hashlib.sha256()
    for path, text in sorted(files.items()):
        digest.update(f"{path}\0{text}\0".encode())
    return digest.hexdigest()[:12]
