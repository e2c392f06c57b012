"""A form of a row → the change that it asks for, and what is wrong with it, field by field."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from starlette.exceptions import HTTPException

from amber_sql.studio import links
from amber_sql.studio.applying import CHANGED, Refused, try_out
from amber_sql.studio.error_pages import primary

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import psycopg
    from starlette.datastructures import FormData

    from amber_sql.studio.changes import Change
    from amber_sql.studio.relations import Column, Table
    from amber_sql.studio.selecting import Cell


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A field of the form: the names of its two inputs, what stands in them, and what is wrong."""

    column: Column
    how_name: str
    value_name: str
    how: str
    """`value`, `null`, or of a new row `default`."""
    value: str
    locked: str = ""
    """Why it cannot be edited."""
    wrong: str = ""


def locked(column: Column, cell: Cell | None = None) -> str:
    """Return why a column cannot be edited; empty where it can."""
    if column.secret:
        return "secret"
    if column.generated:
        return "generated"
    if column.identity:
        return "identity: the server gives it its number"
    return "too long to edit here" if cell is not None and cell.cut else ""


def entry(column: Column, how: str, value: str, why_locked: str = "") -> Entry:
    """Return a field as it first stands in the form."""
    name = links.encode(column.name)
    return Entry(
        column=column, how_name=f"how.{name}", value_name=f"value.{name}", how=how, value=value,
        locked=why_locked,
    )  # fmt: skip


def filled(entries: Sequence[Entry], form: FormData) -> list[Entry]:
    """Return the fields as the form was sent. Raises 403 where it holds one that cannot be edited."""
    known = {name: one for one in entries for name in (one.how_name, one.value_name)}
    for name in form:
        if name.startswith(("how.", "value.")) and (name not in known or known[name].locked):
            raise HTTPException(403, f"{name.partition('.')[2]} cannot be edited.")
    return [one if one.locked else _filled(one, form) for one in entries]


def _filled(one: Entry, form: FormData) -> Entry:
    how, value = str(form.get(one.how_name, one.how)), str(form.get(one.value_name, one.value))
    value = value.replace("\r\n", "\n")  # so are lines sent, whatever stood there
    if "\r\n" in one.value and value == one.value.replace("\r\n", "\n"):
        value = one.value
    if how == one.how != "value" and value:
        how = "value"  # whoever writes something means it, without a script that says so
    return msgspec.structs.replace(one, how=how, value=value)


def values(entries: Sequence[Entry]) -> tuple[tuple[str, str | None], ...]:
    """Return (column, value) of what was filled in; what is left to its default is left out."""
    return tuple(
        (one.column.name, None if one.how == "null" else one.value)
        for one in entries
        if not one.locked and one.how != "default"
    )


async def tried(
    url: str, table: Table, change: Change, entries: Sequence[Entry]
) -> tuple[list[Entry], str]:
    """Try a change out; return the fields with what is wrong at them, and what is wrong at none."""
    try:
        await try_out(url, change)
    except Refused as refused:
        error = refused.error
    else:
        return list(entries), ""
    if error is None:
        return list(entries), CHANGED
    wrong = await _at_columns(url, table, change, error)
    marked = [msgspec.structs.replace(one, wrong=wrong.get(one.column.name, "")) for one in entries]
    return marked, "" if any(one.wrong for one in marked) else primary(error)


async def _at_columns(
    url: str, table: Table, change: Change, error: psycopg.Error
) -> Mapping[str, str]:
    """Return column → what the server says of its value."""
    text = primary(error)
    if name := error.diag.column_name:
        return {name: text}
    changed = [name for name, _ in change.values]
    if constraint := error.diag.constraint_name:
        known = [one.columns for one in table.indexes if one.name == constraint]
        known += [one.columns for one in table.refers if one.name == constraint]
        known += [one.columns for one in table.checks if one.name == constraint]
        return {name: text for columns in known for name in columns if name in changed}
    if change.kind != "update" or len(changed) == 1:
        return dict.fromkeys(changed, text) if len(changed) == 1 else _by_words(text, table, change)
    found = {}
    for pair in change.values:  # which of them is it?
        try:
            await try_out(url, msgspec.structs.replace(change, values=(pair,)))
        except Refused as refused:
            if refused.error is not None and refused.error.sqlstate == error.sqlstate:
                found[pair[0]] = primary(refused.error)
    return found


def _by_words(text: str, table: Table, change: Change) -> Mapping[str, str]:
    """Return the columns whose value, or whose type, the message names, where it is but one."""
    named = [
        name
        for name, value in change.values
        if value is not None and ((value and f'"{value}"' in text) or _type(table, name) in text)
    ]
    return {named[0]: text} if len(named) == 1 else {}


def _type(table: Table, name: str) -> str:
    column = table.column(name)
    return f"type {column.type}" if column else name
