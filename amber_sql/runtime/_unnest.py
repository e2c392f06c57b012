"""An INSERT of one row → the same INSERT of many, whose values come as one array a column.

`VALUES ($1, $2)` becomes `SELECT … FROM unnest($1::uuid[], $2::text[])`, once for a statement.
That needs parameters that are values by themselves and whose types are built in and no arrays;
any other statement is executed row by row.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Any

import msgspec

from ._adapters import TYPES
from ._encode import TEXTS, encoder, no_null
from ._loaders import UTF8

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ._prepared import Statement

ROWS = 1000
"""Rows sent at once: enough to make the round trip small, few enough to hold."""

# `re` compiles each when it is first used: most processes insert one row at a time.
INSERT = r"(?i)(\s*INSERT\s+INTO\s[^$']*?[\s)])VALUES\s*\(([^()']*)\)([^$]*)"
VALUE = r"(?i)\s*\$(\d+)((?:::[a-z_][\w.]*)?)\s*"
UPDATES = r"(?i)\bDO\s+UPDATE\b"


def unnested(sql: str, params: Mapping[str, str]) -> str | None:
    """Return the INSERT of many rows, or None where there is none that does the same."""
    found = re.fullmatch(INSERT, sql)
    if found is None or "--" in sql or "/*" in sql or not all(map(is_single, params.values())):
        return None
    start, values, end = found.groups()
    columns = [re.fullmatch(VALUE, value) for value in values.split(",")]
    numbers = [column and int(column[1]) for column in columns]
    if numbers != list(range(1, len(params) + 1)):
        return None
    selected = ", ".join(f"u.p{column[1]}{column[2]}" for column in columns if column)
    arrays = ", ".join(f"${n}::{pg_type}[]" for n, pg_type in enumerate(params.values(), 1))
    names = ", ".join(f"p{number}" for number in numbers)
    return f"{start}SELECT {selected} FROM unnest({arrays}) AS u({names}){end}"


def is_single(pg_type: str) -> bool:
    """Tell whether values of this type can be told apart in an array, and its name is known."""
    return pg_type in TYPES_OF_VALUES


TYPES_OF_VALUES = {info.name for info in TYPES if info.array_oid} | set(TEXTS) - {"enum"}


def may_meet_itself(sql: str) -> bool:
    """Tell whether one statement for many rows refuses what one for each row does.

    ON CONFLICT DO UPDATE cannot touch a row twice.
    """
    return re.search(UPDATES, sql) is not None


def batched(rows: Iterable[Any]) -> Iterator[list[Any]]:
    """Return the rows, some at a time."""
    remaining = iter(rows)
    while batch := list(islice(remaining, ROWS)):
        yield batch


def columns(
    statement: Statement[Any], rows: Sequence[Any], encoding: str, first: int
) -> list[bytes]:
    """Return rows as one array for each column. `first` is the number of the first row."""
    try:
        values = list(map(msgspec.structs.astuple, rows))
        arrays = [
            array_of_column(statement, name, column)
            for name, column in zip(statement.params, zip(*values, strict=True), strict=True)
        ]
    except Exception:
        for number, row in enumerate(rows, first):  # says which row and which parameter it was
            statement.encode(statement.row_values(row, number), encoding, row=number)
        raise
    return arrays if encoding == UTF8 else [each.decode().encode(encoding) for each in arrays]


def array_of_column(statement: Statement[Any], name: str, column: Sequence[Any]) -> bytes:
    """Return a column's values as an array; NULL only where the parameter takes None."""
    if name not in statement.nullable and None in column:
        no_null()
    return encoder(f"{statement.params[name]}[]")(column)
