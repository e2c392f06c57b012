"""The first page: the tables of the database, and how it stands with its project."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import msgspec

from amber_sql.studio.page import Page
from amber_sql.studio.standing import Standing, standing

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
    standing: Standing
    states: dict[str, int]
    """How many migrations are in each state."""


async def show(ask: Ask) -> Overview:
    """Read the list of tables, and ask how the project stands."""
    schema = await ask.schema()
    now = await standing(ask.studio)
    states = Counter(str(one.state) for one in now.migrations)
    return Overview(
        tables=[
            TableLine(
                name=one.label, address=one.address, what=one.what, rows=one.rows, size=one.size,
                comment=one.comment,
            )
            for one in schema.listed
        ],
        standing=now, states=dict(states),
    )  # fmt: skip


PAGES = (Page("/", show, "overview.html"),)
