"""The corpus on disk → its queries and their labels; and what each label forbids.

The label of a query is found under `module.name`. Result columns are named as in the labels: a
second column of one name has `#2` behind it.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec

from amber_sql.compiler.files.load import load_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from corpus.run import Row

    from amber_sql.compiler.files.query import Query

FOLDER = Path(__file__).parent
MIGRATIONS = FOLDER / "migrations"


class Label(msgspec.Struct, frozen=True):
    """What is guaranteed of one query; labels.toml says what the words mean."""

    columns: dict[str, Literal["not_null", "nullable"]]
    cardinality: Literal["exactly_one", "zero_or_one", "many", "none"]
    params: dict[str, Literal["required", "nullable"]] = {}
    why: dict[str, str] = {}
    arguable: list[str] = []


def labels() -> dict[str, Label]:
    """Return every label by `module.name`."""
    read = tomllib.loads((FOLDER / "labels.toml").read_text())
    return {
        f"{module}.{name}": msgspec.convert(label, Label)
        for module, queries in read.items()
        for name, label in queries.items()
    }


def folders(major: int) -> list[Path]:
    """Return the folders of queries that a major version of PostgreSQL understands."""
    newer = [FOLDER / f"queries_{version}" for version in (17, 18) if version <= major]
    return [FOLDER / "queries", *newer]


def queries(major: int) -> dict[str, Query]:
    """Return the queries for a major version by `module.name`."""
    files = [file for folder in folders(major) for file in load_folder(folder)]
    return {f"{query.module}.{query.name}": query for file in files for query in file.queries}


def named(columns: Iterable[str]) -> list[str]:
    """Return the names of result columns as labels write them."""
    seen: Counter[str] = Counter()
    names = []
    for column in columns:
        seen[column] += 1
        names.append(column if seen[column] == 1 else f"{column}#{seen[column]}")
    return names


def broken(label: Label, rows: Sequence[Row]) -> str:
    """Say how rows that a query returned contradict its label; "" if they do not."""
    if label.cardinality == "exactly_one" and len(rows) != 1:
        return f"exactly one row, and there were {len(rows)}"
    if label.cardinality == "zero_or_one" and len(rows) > 1:
        return f"at most one row, and there were {len(rows)}"
    for row in rows:
        for (column, sure), value in zip(label.columns.items(), row, strict=True):
            if value is None and sure == "not_null":
                return f"{column} is not null, and it was"
    return ""
