"""A few letters → the tables, columns and queries whose name or comment has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from amber_sql.compiler.files.load import load_folder
from amber_sql.studio import links
from amber_sql.studio.page import Page

if TYPE_CHECKING:
    from collections.abc import Iterable

    from amber_sql.studio.ask import Ask

AT_MOST = 100


KINDS = ("table", "query", "column")
"""What is shown first: there are most columns, and least tables."""


class Hit(msgspec.Struct, frozen=True):
    """What was found; `rank` is less where the name begins with what was asked for."""

    rank: int
    kind: str
    name: str
    address: str
    says: str


class Search(msgspec.Struct, frozen=True):
    """What the page shows."""

    asked: str
    hits: list[Hit]
    more: bool


async def show(ask: Ask) -> Search:
    """Look through what is known; no value of any row is looked at."""
    asked = ask.one("q").strip()
    if not asked:
        return Search("", [], more=False)
    hits = [
        Hit(rank, kind, name, address, says.partition("\n")[0])
        for kind, name, address, says in await _all(ask)
        if (rank := _rank(asked.lower(), name.lower(), says.lower())) is not None
    ]
    hits.sort(key=lambda hit: (hit.rank, KINDS.index(hit.kind), hit.name))
    return Search(asked, hits[:AT_MOST], more=len(hits) > AT_MOST)


def _rank(asked: str, name: str, says: str) -> int | None:
    last = name.rpartition(".")[2]
    if asked in {name, last}:
        return 0
    if name.startswith(asked) or last.startswith(asked):
        return 1
    if all(word in name for word in asked.split()):
        return 2
    return 3 if all(word in f"{name} {says}" for word in asked.split()) else None


async def _all(ask: Ask) -> Iterable[tuple[str, str, str, str]]:
    schema = await ask.schema()
    found = [("table", one.label, one.address, one.comment) for one in schema.listed]
    found += [
        ("column", f"{one.label}.{column.name}", one.address, column.comment)
        for one in schema.listed
        for column in one.columns
    ]
    return found + [
        ("query", f"{query.module}.{query.name}", links.query(query.module, query.name), query.doc)
        for file in load_folder(ask.studio.project.queries)
        for query in file.queries
    ]


PAGES = (Page("/search", show, "search.html"),)
