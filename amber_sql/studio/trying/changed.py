"""A transaction that wrote → the rows that it changed, before and after, in every table it touched.

The server counts what a transaction writes in each table, by triggers and ON DELETE too. A row's new
version has the transaction's number in xmin; its old one in xmax, which a second session sees that
looks with the snapshot the first began with. A row that was only locked has one, too, and is left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import psycopg

from amber_sql.studio.trying.row_versions import Look, Version

if TYPE_CHECKING:
    from psycopg import AsyncConnection

    from amber_sql.studio.relations import Schema, Table

MOST = 50
"""Rows that are shown of a table."""
_MOST = 4 * MOST
"""Versions that are looked for."""
_CUT = "the table is too large to look through in the time there is"
_TOUCHED = """
SELECT relid::pg_catalog.int8, n_tup_ins, n_tup_upd, n_tup_del FROM pg_catalog.pg_stat_xact_all_tables
WHERE n_tup_ins OPERATOR(pg_catalog.+) n_tup_upd OPERATOR(pg_catalog.+) n_tup_del OPERATOR(pg_catalog.>) 0
"""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A row before and after; None where it was not there."""

    key: str
    before: tuple[str | None, ...] | None
    after: tuple[str | None, ...] | None

    @property
    def what(self) -> str:
        """Say it in a word."""
        return "added" if self.before is None else "deleted" if self.after is None else "changed"

    def differs(self, number: int) -> bool:
        """Tell whether a column is not what it was."""
        return bool(self.before and self.after and self.before[number] != self.after[number])


class Changed(msgspec.Struct, frozen=True, kw_only=True):
    """What a transaction changed in a table."""

    table: str
    columns: tuple[str, ...]
    rows: tuple[Change, ...]
    inserted: int
    updated: int
    deleted: int
    why_none: str = ""
    """Why rows cannot be shown."""

    @property
    def order(self) -> list[int]:
        """The numbers of the columns, first those that changed: not all may fit beside each other."""
        return sorted(
            range(len(self.columns)), key=lambda n: not any(row.differs(n) for row in self.rows)
        )


async def changed_rows(
    after: AsyncConnection, before: AsyncConnection, xid: int, schema: Schema
) -> tuple[Changed, ...]:
    """Return what changed, table by table."""
    tables = {table.oid: table for table in schema.tables.values()}
    counts = await (await after.execute(_TOUCHED)).fetchall()
    look, found = Look(xid), []
    # The small ones first: what is left of the time is the large ones'.
    for oid, inserted, updated, deleted in sorted(counts, key=lambda c: _size(tables.get(c[0]))):
        table = tables.get(oid)
        if table is None:
            continue  # of the system, or an extension's
        rows, why = await _rows(look, after, before, table, (inserted, updated, deleted))
        found.append(
            Changed(
                table=table.label,
                columns=tuple(column.name for column in table.shown),
                rows=rows,
                inserted=inserted,
                updated=updated,
                deleted=deleted,
                why_none=why,
            )
        )
    return tuple(sorted(found, key=lambda one: one.table))


def _size(table: Table | None) -> int:
    return table.size if table else 0


async def _rows(
    look: Look, after: AsyncConnection, before: AsyncConnection, table: Table, counts: tuple[int, int, int]
) -> tuple[tuple[Change, ...], str]:  # fmt: skip
    if not table.shown:
        return (), "every column is secret"
    inserted, updated, deleted = counts
    look.cut = False
    keys = table.key
    places = [[c.name for c in table.shown].index(name) for name in keys]

    def keyed(rows: list[Version]) -> dict[Any, Version]:
        return {
            tuple(row[place] for place in places) if places else number: row
            for number, row in enumerate(rows)
        }

    try:
        made, ended = inserted + updated, updated + deleted
        new = await look.versions(after, table, "xmin", min(made, _MOST)) if made else []
        old = await look.by_key(before, table, keyed(new)) if places and ended else []
        if len(old) < min(ended, _MOST):  # deleted, or by another key
            old += await look.versions(before, table, "xmax", _MOST)
    except psycopg.errors.InsufficientPrivilege:
        return (), "the role may not read it"
    olds, news = keyed(old), keyed(new)
    if not places:  # nothing tells which became which
        olds = {(0, n): row for n, row in enumerate(old) if row not in new}
        news = {(1, n): row for n, row in enumerate(new) if row not in old}
    else:  # others that were only locked are still there
        gone = [key for key in olds if key not in news]
        there = keyed(await look.by_key(after, table, gone))
        olds = {key: row for key, row in olds.items() if key in news or key not in there}
    rows = [
        Change(
            key=", ".join(f"{name} {value}" for name, value in zip(keys, key, strict=False)),
            before=olds.get(key),
            after=news.get(key),
        )
        for key in dict.fromkeys([*olds, *news])
        if olds.get(key) != news.get(key)
    ]
    if look.cut:  # an old version that was not looked for would seem to have been none
        rows = [row for row in rows if row.before and row.after] if updated or deleted else rows
    return tuple(rows[:MOST]), _CUT if look.cut else ""
