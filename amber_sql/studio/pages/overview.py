"""The first page: the tables of the database, and how it stands with its project."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from amber_sql.studio.page import Page

if TYPE_CHECKING:
    from amber_sql.studio.ask import Ask


class TableLine(msgspec.Struct, frozen=True, kw_only=True):
    """A table in the list."""

    name: str
    address: str
    what: str
    rows: int | None
    size: int
    comment: str


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """What the page shows."""

    tables: list[TableLine]


async def show(ask: Ask) -> Overview:
    """Read the list of tables."""
    schema = await ask.schema()
    return Overview(
        tables=[
            TableLine(
                name=one.label, address=one.address, what=one.what, rows=one.rows, size=one.size,
                comment=one.comment,
            )
            for one in schema.listed
        ]
    )  # fmt: skip


PAGES = (Page("/", show, "overview.html"),)
