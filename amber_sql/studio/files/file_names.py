"""Names of tables and files of queries → names of files: safe on every disk, and never two the same.

A name that is plain is its file's; of any other what is plain is kept, with the beginning of its
digest. Where case does not count on a disk, `People` beside `people` is not plain either.
"""

from __future__ import annotations

import re
from collections import Counter
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable

    from amber_sql.studio.catalogue.model import Catalogue, Query

MARK = "Written by `amber-sql docs`"
"""In the first line of each file, by which it is known for ours."""

_PLAIN = re.compile(r"[a-z0-9_][a-z0-9_.-]*", re.IGNORECASE)
_LONGEST = 80
_DEVICES = {
    "con",
    "prn",
    "aux",
    "nul",
    *(f"{port}{n}" for port in ("com", "lpt") for n in range(10)),
}
"""What Windows takes for devices, whatever the ending."""


class Addresses:
    """Where each table and query stands, as seen from any page."""

    def __init__(self, catalogue: Catalogue, ending: str) -> None:
        self._tables = file_names(table.label for table in catalogue.tables)
        self._modules = file_names(module.name for module in catalogue.modules)
        self._ending = ending

    def table(self, label: str) -> str:
        """Return a table's file."""
        return f"tables/{self._tables[label]}.{self._ending}"

    def module(self, name: str) -> str:
        """Return the file of a file of queries."""
        return f"queries/{self._modules[name]}.{self._ending}"

    def query(self, query: Query) -> str:
        """Return a query's file and its place there."""
        return f"{self.module(query.module)}#{quote(query.name)}"

    def knows(self, label: str) -> bool:
        """Tell whether a relation is a table of the catalogue's."""
        return label in self._tables


def file_names(names: Iterable[str]) -> dict[str, str]:
    """Return a file's name for each name, without an ending."""
    every = list(names)
    folded = Counter(name.casefold() for name in every)
    return {name: _file_name(name, alone=folded[name.casefold()] == 1) for name in every}


def _file_name(name: str, *, alone: bool) -> str:
    plain = (
        alone
        and len(name) <= _LONGEST
        and _PLAIN.fullmatch(name)
        and name.split(".", maxsplit=1)[0].casefold() not in _DEVICES
        and not name.endswith(".")
    )
    if plain:
        return name
    kept = re.sub(r"[^a-z0-9_]+", "-", name, flags=re.IGNORECASE).strip("-")[:_LONGEST]
    return f"{kept or 'table'}-{sha256(name.encode()).hexdigest()[:8]}"
