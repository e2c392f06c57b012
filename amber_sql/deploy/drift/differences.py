"""Two catalogs → the SQL by which they differ. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable

    from amber_sql.deploy.drift.catalog_objects import CatalogObject


PUBLIC = ("schema", "public")


class Difference(msgspec.Struct, frozen=True, order=True):
    """One object that is not the same: `expected` by the migrations, `found` on the target.

    Either is empty where the object is not there.
    """

    kind: str
    name: str
    expected: str
    found: str

    def __str__(self) -> str:
        """Show both texts, as a diff does."""
        lines = [f"-- {self.kind} {self.name}"]
        lines += [f"- {line}" for line in self.found.splitlines()]
        lines += [f"+ {line}" for line in self.expected.splitlines()]
        return "\n".join(lines)


def differences(
    expected: Iterable[CatalogObject], found: Iterable[CatalogObject]
) -> list[Difference]:
    """Return what differs, sorted by kind and name.

    The columns of a table that is missing altogether stand in its CREATE TABLE.
    """
    wanted = {(one.kind, one.name): one.sql for one in expected}
    there = {(one.kind, one.name): one.sql for one in found}
    if (PUBLIC in wanted) != (PUBLIC in there):  # every new database has it, and it may be dropped
        wanted, there = _without_public(wanted), _without_public(there)
    gone = {name for kind, name in wanted.keys() ^ there.keys() if kind == "table"}
    return sorted(
        Difference(kind, name, _text(kind, name, wanted, gone), _text(kind, name, there, gone))
        for kind, name in wanted.keys() | there.keys()
        if wanted.get((kind, name)) != there.get((kind, name))
        and not (kind == "column" and _table(name) in gone)
        and not _only_columns(kind, wanted.get((kind, name)), there.get((kind, name)))
    )


def _without_public(objects: dict[tuple[str, str], str]) -> dict[tuple[str, str], str]:
    return {
        (kind, name): text
        for (kind, name), text in objects.items()
        if (kind, name) != PUBLIC and not (kind == "grant" and name.startswith("SCHEMA public "))
    }


def _text(kind: str, name: str, objects: dict[tuple[str, str], str], gone: set[str]) -> str:
    """Return the object's SQL, a missing table's with its columns as they are defined."""
    text = objects.get((kind, name), "")
    if kind != "table" or name not in gone or not text:
        return text
    added = f"ALTER TABLE {name} ADD COLUMN "
    defined = [
        objects.get(("column", f"{name}.{column}"), column).removeprefix(added)
        for column in _columns(text)
    ]
    head, _, rest = text.partition("(")
    return f"{head}(\n    " + ",\n    ".join(defined) + f"\n){rest.partition(')')[2]}"


def _table(name: str) -> str:
    """Return the table in `schema.table.column`; a quoted name with a dot stays as it is."""
    return name.rpartition(".")[0]


def _only_columns(kind: str, expected: str | None, found: str | None) -> bool:
    """Tell whether two tables differ only by columns that are there or not, which are listed."""
    if kind != "table" or expected is None or found is None:
        return False
    ours, theirs = _columns(expected), _columns(found)
    same = [column for column in ours if column in theirs]
    return set(ours) != set(theirs) and same == [column for column in theirs if column in ours]


def _columns(sql: str) -> list[str]:
    """Return the names that a table's text lists, in their order."""
    return sql.partition("(")[2].partition(")")[0].split(", ")
