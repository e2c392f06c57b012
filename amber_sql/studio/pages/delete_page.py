"""What hangs on a row that is to be deleted, shown first; the deletion goes into the list of changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from amber_sql.studio import links
from amber_sql.studio.applying import CHANGED
from amber_sql.studio.changes import Change, listed
from amber_sql.studio.page import Goto, Page
from amber_sql.studio.pages.edit_page import may_write
from amber_sql.studio.pages.row_page import keyed, read_row
from amber_sql.studio.related import Related, read_referring
from amber_sql.studio.selecting import SHORT

if TYPE_CHECKING:
    from starlette.datastructures import FormData

    from amber_sql.studio.ask import Ask
    from amber_sql.studio.relations import Schema, Table


class DeletePage(msgspec.Struct, frozen=True, kw_only=True):
    """What the page shows."""

    table: Table
    key: list[str]
    address: str
    back: str
    version: str
    gone: list[Related]
    """Rows that go with it."""
    further: list[str]
    """Tables that rows go from because rows of `gone` do."""
    emptied: list[Related]
    """Rows whose reference becomes NULL, or its default."""
    refusing: list[Related]
    """Rows for which the server will refuse the deletion."""
    unseen: list[Related]
    """Where nobody looked."""
    wrong: str = ""


async def show(ask: Ask) -> DeletePage:
    """Look at what refers to the row."""
    table, key = await keyed(ask)
    may_write(ask, table)
    schema = await ask.schema()
    async with ask.read(as_login=True) as conn:
        row = await read_row(conn, table, schema, key, SHORT)
        referring = await read_referring(conn, table, schema, row.values)
    found = [one for one in referring if one.rows or one.count not in {"", "0"}]
    gone = [one for one in found if one.on_delete == "cascade"]
    address = links.row(table.schema, table.name, key)
    return DeletePage(
        table=table, key=key, address=address.replace("/row/", "/delete/", 1), back=address,
        version=row.version, gone=gone, further=_further(schema, {one.table for one in gone}, table),
        emptied=[one for one in found if one.on_delete.startswith("set")],
        refusing=[one for one in found if not one.on_delete],
        unseen=[one for one in referring if one.note],
    )  # fmt: skip


def _further(schema: Schema, labels: set[str], start: Table) -> list[str]:
    """Return the tables behind `labels` that deletions cascade to."""
    todo = [one for one in schema.tables.values() if one.label in labels]
    seen = {start.label, *labels}
    found = []
    while todo:
        for key in todo.pop().referred:
            other = schema.table(key.schema, key.table)
            if other is not None and key.on_delete == "cascade" and other.label not in seen:
                seen.add(other.label)
                found.append(other.label)
                todo.append(other)
    return sorted(found)


async def post(ask: Ask, form: FormData) -> DeletePage | Goto:
    """List the deletion."""
    page = await show(ask)
    if form.get("version") != page.version:
        return msgspec.structs.replace(page, wrong=CHANGED)
    change = Change(
        kind="delete", schema=page.table.schema, table=page.table.name, version=page.version,
        key=tuple(zip(page.table.key, page.key, strict=True)),
    )  # fmt: skip
    ask.session.changes = listed(ask.session.changes, change)
    return Goto("/changes", "Listed. Nothing is deleted before you apply the list.")


PAGES = (Page("/delete/{schema}/{table}/{key}", show, "delete.html", post),)
