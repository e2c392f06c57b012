"""Rows → CSV as PostgreSQL's own COPY writes it: NULL is nothing, the empty text is `""`.

A spreadsheet runs what begins as a formula does, whoever wrote it: for one, such a text begins with an
apostrophe instead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_BEGINS_FORMULA = "=+-@\t\r\n|"


def csv_text(names: Iterable[str], rows: Iterable[Iterable[str | None]]) -> str:
    """Return a header and the rows, lines ended as RFC 4180 has them."""
    return "".join(",".join(map(_field, row)) + "\r\n" for row in (names, *rows))


def no_formula(value: str | None) -> str | None:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{value}" if value and value[0] in _BEGINS_FORMULA else value


def _field(value: str | None) -> str:
    if value is None:
        return ""
    if (
        not value
        or value != value.strip()
        or any(sign in value for sign in ',"\r\n')
        or value == "\\."
    ):
        return '"' + value.replace('"', '""') + '"'
    return value
