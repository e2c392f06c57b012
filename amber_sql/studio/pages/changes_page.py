"""The list of changes, as the SQL that will run: applied in one transaction, or dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from starlette.exceptions import HTTPException

from amber_sql.studio.applying import CHANGED, Refused, apply
from amber_sql.studio.change_sql import statement_of
from amber_sql.studio.error_pages import primary
from amber_sql.studio.page import Goto, Page

if TYPE_CHECKING:
    from starlette.datastructures import FormData

    from amber_sql.studio.ask import Ask


class ChangeLine(msgspec.Struct, frozen=True):
    """A change, and why it was not made."""

    kind: str
    table: str
    sql: str
    wrong: str = ""


class ChangesPage(msgspec.Struct, frozen=True):
    """What the page shows; `version` says which list a form is about."""

    lines: list[ChangeLine]
    version: str
    wrong: str = ""


async def show(ask: Ask) -> ChangesPage:
    """Show the list."""
    return _page(ask)


def _page(ask: Ask, number: int = -1, wrong: str = "") -> ChangesPage:
    if not ask.studio.write:
        raise HTTPException(403, "These pages only read: amber-sql studio --write edits rows.")
    lines = [
        ChangeLine(
            one.kind, one.table if one.schema == "public" else f"{one.schema}.{one.table}",
            statement_of(one), wrong if place == number else "",
        )
        for place, one in enumerate(ask.session.changes)
    ]  # fmt: skip
    return ChangesPage(lines, _version(ask), wrong if number < 0 else "")


def _version(ask: Ask) -> str:
    """Return what is another where the list is: what is applied is what was shown."""
    return str(hash(tuple(ask.session.changes)))


async def post(ask: Ask, form: FormData) -> ChangesPage | Goto:
    """Apply the list, or drop a change of it, or all."""
    page = _page(ask)
    if form.get("version") != page.version:
        return msgspec.structs.replace(
            page, wrong="The list is another than the one that was shown."
        )
    changes, what = ask.session.changes, str(form.get("do", ""))
    if what == "apply" and changes:
        try:
            await apply(ask.studio.url, changes)
        except Refused as refused:
            why = (
                CHANGED
                if refused.error is None
                else f"{primary(refused.error)}. Nothing was written."
            )
            return _page(ask, refused.number, why)
        ask.session.changes = []
        return Goto("/changes", f"Written: {len(changes)} change{'s' if len(changes) > 1 else ''}.")
    if what == "drop all":
        ask.session.changes = []
    elif what.isdecimal() and int(what) < len(changes):
        ask.session.changes = [one for place, one in enumerate(changes) if place != int(what)]
    return Goto("/changes")


PAGES = (Page("/changes", show, "changes.html", post),)
