"""The form of a row that is changed, or added; what it asks for goes into the list of changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from starlette.exceptions import HTTPException

from amber_sql.studio import links
from amber_sql.studio.applying import CHANGED
from amber_sql.studio.changes import Change, listed
from amber_sql.studio.editing import Entry, entry, filled, locked, tried, values
from amber_sql.studio.page import Goto, Page
from amber_sql.studio.pages.row_page import keyed, read_row
from amber_sql.studio.selecting import LONG

if TYPE_CHECKING:
    from starlette.datastructures import FormData

    from amber_sql.studio.ask import Ask
    from amber_sql.studio.relations import Table

EDITABLE = "rp"


class EditPage(msgspec.Struct, frozen=True, kw_only=True):
    """What the page shows."""

    table: Table
    key: list[str]
    address: str
    back: str
    version: str
    entries: list[Entry]
    wrong: str = ""
    adds: bool = False


def may_write(ask: Ask, table: Table) -> None:
    """Raise 403 unless rows of the table may be written."""
    if not ask.studio.write:
        raise HTTPException(403, "These pages only read: amber-sql studio --write edits rows.")
    if table.kind not in EDITABLE or table.bookkeeping:
        raise HTTPException(403, f"Rows of {table.label} are not edited here.")


async def show_edit(ask: Ask) -> EditPage:
    """Show a row as a form."""
    table, key = await keyed(ask)
    may_write(ask, table)
    schema = await ask.schema()
    async with ask.read(as_login=True) as conn:
        row = await read_row(conn, table, schema, key, LONG)
    entries = [
        entry(
            one.column,
            "null" if one.cell is not None and one.cell.text is None else "value",
            (one.cell.text or "") if one.cell else "",
            locked(one.column, one.cell),
        )
        for one in row.fields
    ]
    address = links.row(table.schema, table.name, key)
    return EditPage(
        table=table, key=key, back=address, address=address.replace("/row/", "/edit/", 1),
        version=row.version, entries=entries,
    )  # fmt: skip


async def post_edit(ask: Ask, form: FormData) -> EditPage | Goto:
    """List what the form changes."""
    page = await show_edit(ask)
    entries = filled(page.entries, form)
    before, after = dict(values(page.entries)), dict(values(entries))
    if form.get("version") != page.version:
        return msgspec.structs.replace(page, wrong=CHANGED)
    changed = tuple((name, value) for name, value in after.items() if value != before[name])
    if not changed:
        return Goto(page.back, "Nothing was changed.")
    change = Change(
        kind="update", schema=page.table.schema, table=page.table.name, version=page.version,
        key=tuple(zip(page.table.key, page.key, strict=True)), values=changed,
        before=tuple((name, before[name]) for name, _ in changed),
    )  # fmt: skip
    return await _listed(ask, page, change, entries)


async def show_add(ask: Ask) -> EditPage:
    """Show a form for a new row."""
    table = await ask.table()
    may_write(ask, table)
    entries = [
        entry(one, "default" if one.default or not one.not_null else "value", "", locked(one))
        for one in table.columns
    ]
    return EditPage(
        table=table, key=[], address=links.add(table.schema, table.name), back=table.address,
        version="", entries=entries, adds=True,
    )  # fmt: skip


async def post_add(ask: Ask, form: FormData) -> EditPage | Goto:
    """List the new row."""
    page = await show_add(ask)
    entries = filled(page.entries, form)
    change = Change(
        kind="insert", schema=page.table.schema, table=page.table.name, values=values(entries)
    )
    return await _listed(ask, page, change, entries)


async def _listed(
    ask: Ask, page: EditPage, change: Change, entries: list[Entry]
) -> EditPage | Goto:
    marked, wrong = await tried(ask.studio.url, page.table, change, entries)
    if wrong or any(one.wrong for one in marked):
        return msgspec.structs.replace(page, entries=marked, wrong=wrong)
    ask.session.changes = listed(ask.session.changes, change)
    return Goto("/changes", "Listed. Nothing is written before you apply the list.")


PAGES = (
    Page("/edit/{schema}/{table}/{key}", show_edit, "edit.html", post_edit),
    Page("/add/{schema}/{table}", show_add, "edit.html", post_add),
)
