"""What a reader of the pages wants changed, kept in a list until it is applied."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

ChangeKind: TypeAlias = Literal["insert", "update", "delete"]


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One row to add, change or delete."""

    kind: ChangeKind
    schema: str
    table: str
    key: tuple[tuple[str, str], ...] = ()
    """(column, value) of the row as it was read; of a new row nothing."""
    version: str = ""
    """The row's `xmin` as it was read: another one says that somebody changed it since."""
    values: tuple[tuple[str, str | None], ...] = ()
    """(column, new value); what is not in it stays, or is left to its default."""
    before: tuple[tuple[str, str | None], ...] = ()
    """(column, value as it was read) of the same columns."""


def listed(changes: list[Change], change: Change) -> list[Change]:
    """Return the list with `change`; an older one of the same row gives way to it."""
    return [
        *(
            one
            for one in changes
            if not one.key
            or (one.schema, one.table, one.key) != (change.schema, change.table, change.key)
        ),
        change,
    ]
