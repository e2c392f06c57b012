"""Rows → batches, and a batch → one array for each column, as the unnested INSERT takes them."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

import msgspec

from . import _charsets as charsets
from ._encode import encoder
from ._literals import no_null
from ._loaders import UTF8

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ._prepared import Statement

ROWS = 1000
"""Rows sent at once: enough to make the round trip small, few enough to hold."""


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
        if encoding == UTF8:
            return arrays
        return [charsets.encode(each.decode(), encoding) for each in arrays]
    except Exception:
        for number, row in enumerate(rows, first):  # says which row and which parameter it was
            statement.encode(statement.row_values(row, number), encoding, row=number)
        raise


def array_of_column(statement: Statement[Any], name: str, column: Sequence[Any]) -> bytes:
    """Return a column's values as an array; NULL only where the parameter takes None."""
    if name not in statement.nullable and None in column:
        no_null()
    return encoder(f"{statement.params[name]}[]", shape=statement.json.get(name))(column)
