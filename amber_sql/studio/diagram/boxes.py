"""A table → the box that stands for it: its rows of text, cut to fit, and the size that they need.

Text is monospaced, so that its width is known where no browser is: a cell is at most 0.62 of the
font's size in every common font, and letters of East Asia take two.
"""

from __future__ import annotations

import math
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec
from rich.cells import cell_len

if TYPE_CHECKING:
    from amber_sql.studio.catalogue.model import Table

FONT = 12
CELL = 0.62 * FONT
HEAD, LINE, PADDING = 28, 18, 10
MARK = 3 * CELL
END = 12
"""What a line's end takes at the side of a box."""
LONGEST_NAME, LONGEST_TYPE, LONGEST_TITLE = 28, 30, 40
ELLIPSIS = "…"


class Detail(StrEnum):
    """How much of a table a box tells."""

    COLUMNS = "columns"
    KEYS = "keys"
    NAME = "name"


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a box: a column."""

    mark: str
    """PK, FK or both as PF, or empty."""
    name: str
    type: str
    whole: str
    """What is told when one points at it: nothing is cut."""


class Box(msgspec.Struct, frozen=True, kw_only=True):
    """A table as it is drawn, without a place yet."""

    label: str
    title: str
    whole: str
    detail: Detail
    rows: tuple[Row, ...]
    more: str
    """The last line: what is not drawn."""
    width: float
    height: float


def box(table: Table, detail: Detail, more: str = "", ends: int = 0) -> Box:
    """Return the box of a table, high enough for so many `ends` of lines at one side."""
    keys = {name: key.target for key in table.foreign_keys for name in key.columns}
    rows = tuple(
        Row(
            mark=_mark(column.name in table.primary_key, column.name in keys),
            name=cut(one_line(column.name), LONGEST_NAME),
            type=cut(
                one_line(_type(column.type, column.nullable, keys.get(column.name, ""))),
                LONGEST_TYPE,
            ),
            whole=one_line(
                f"{column.name} {column.type}{'' if column.nullable else ' NOT NULL'}"
                f"{' → ' + keys[column.name] if column.name in keys else ''}"
                f"{': ' + column.comment if column.comment else ''}"
            ),
        )
        for column in table.columns
        if detail is Detail.COLUMNS
        or (detail is Detail.KEYS and (column.name in keys or column.name in table.primary_key))
    )
    title = cut(one_line(table.label), LONGEST_TITLE)
    names = max((cell_len(row.name) for row in rows), default=0)
    types = max((cell_len(row.type) for row in rows), default=0)
    inner = max(
        cell_len(title) * CELL,
        cell_len(more) * CELL,
        MARK + (names + 2 + types) * CELL if rows else 0,
    )
    lines = len(rows) + bool(more)
    height = HEAD + LINE * lines + (PADDING // 2 if lines else 0)
    return Box(
        label=table.label,
        title=title,
        whole=one_line(f"{table.label}: {table.comment}" if table.comment else table.label),
        detail=detail,
        rows=rows,
        more=more,
        width=math.ceil(inner) + 2 * PADDING,
        height=max(height, END * ends),
    )


def one_line(text: str) -> str:
    """Return a text in which line ends and other control characters are blanks."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def cut(text: str, longest: int) -> str:
    """Return a text of at most `longest` cells, its end an ellipsis where it was longer."""
    if cell_len(text) <= longest:
        return text
    while cell_len(text) > longest - 1:
        text = text[:-1]
    return text + ELLIPSIS


def _mark(primary: bool, foreign: bool) -> str:
    return "PF" if primary and foreign else "PK" if primary else "FK" if foreign else ""


SHORT = {
    "timestamp with time zone": "timestamptz",
    "timestamp without time zone": "timestamp",
    "time with time zone": "timetz",
    "time without time zone": "time",
    "double precision": "float8",
    "character varying": "varchar",
    "character": "char",
}
"""How everybody says the standard's long names."""


def short_type(text: str) -> str:
    """Return a type's name as everybody says it."""
    for long, short in SHORT.items():
        if text == long or text.startswith((f"{long}(", f"{long}[")):
            return short + text.removeprefix(long)
    return text


def _type(text: str, nullable: bool, target: str) -> str:
    return f"{short_type(text)}{'?' if nullable else ''}{f' → {target}' if target else ''}"
