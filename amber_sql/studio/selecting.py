"""A SELECT that is put together from names of the catalog and values of an address, never of text.

Values travel as parameters, each cast to its column's type. Whatever type a column has, the server
writes it as text; of a long value only its beginning is asked for, of a very long one its size.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from psycopg import AsyncRawCursor

if TYPE_CHECKING:
    from collections.abc import Iterable

    from psycopg import AsyncConnection

    from amber_sql.studio.relations import Column, Table

SHORT, LONG, WHOLE = 300, 20_000, 200_000
"""How many characters of a value: in a row of many, on the page of its row, in a download."""
HUGE = 1_000_000
"""Bytes, as they are stored, from which on a value is not read among others."""


def quoted(*names: str) -> str:
    """Return a name as SQL writes it, qualified where there are several."""
    return ".".join('"' + name.replace('"', '""') + '"' for name in names)


class Statement:
    """Text with `$1`, `$2`, … and the values that belong to them."""

    def __init__(self) -> None:
        self.values: list[str | None] = []

    def value(self, text: str | None, cast: str) -> str:
        """Return a parameter of type `cast`, as `format_type` writes one."""
        self.values.append(text)
        return f"CAST(${len(self.values)} AS {cast})"

    async def rows(self, conn: AsyncConnection, text: str) -> list[tuple[Any, ...]]:
        """Run `text` with the values so far."""
        async with AsyncRawCursor(conn) as cursor:
            await cursor.execute(text.encode(), self.values)
            return await cursor.fetchall()


class Cell(msgspec.Struct, frozen=True, omit_defaults=True):
    """A value as it is shown; None is NULL."""

    text: str | None
    cut: bool = False
    """Whether there is more of it."""
    bytes: int | None = None
    """How large a value is that was not read."""
    link: str = ""
    """The row that it refers to."""


def shown(column: Column, limit: int, alias: str = "t") -> str:
    """Return the expression that `cell` reads."""
    name = f"{alias}.{quoted(column.name)}"
    text = f"{name}::pg_catalog.text"
    if not column.variable:
        return text
    if column.base == "bytea":
        text = f"pg_catalog.encode(pg_catalog.substring({name}, 1, {limit // 2 + 1}), 'hex')"
        text = f"'\\x' OPERATOR(pg_catalog.||) {text}"
    size = f"pg_catalog.pg_column_size({name})"
    largest = HUGE if limit < WHOLE else HUGE * 20
    return (
        f"CASE WHEN {size} OPERATOR(pg_catalog.>) {largest}"
        f" THEN 'h' OPERATOR(pg_catalog.||) {size}::pg_catalog.text"
        f" ELSE 'v' OPERATOR(pg_catalog.||) pg_catalog.left({text}, {limit + 1}) END"
    )


def cell(column: Column, value: str | None, limit: int, link: str = "") -> Cell:
    """Read what the expression of `shown` gave."""
    if value is None:
        return Cell(None)
    if not column.variable:
        return Cell(value, link=link)
    if value.startswith("h"):
        return Cell("", cut=True, bytes=int(value[1:]))
    text = value[1:]
    return Cell(text[:limit], cut=len(text) > limit, link=link)


def table_name(table: Table) -> str:
    """Return a table's name as SQL writes it."""
    return quoted(table.schema, table.name)


def raw(names: Iterable[str], alias: str = "t") -> list[str]:
    """Return expressions that give the whole values of columns, as for an address."""
    return [f"{alias}.{quoted(name)}::pg_catalog.text" for name in names]
