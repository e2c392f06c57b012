"""Rows → CSV as PostgreSQL's own COPY writes it: NULL is nothing, the empty text is `""`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def csv_text(names: Iterable[str], rows: Iterable[Iterable[str | None]]) -> str:
    """Return a header and the rows, lines ended as RFC 4180 has them."""
    return "".join(",".join(map(_field, row)) + "\r\n" for row in (names, *rows))


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
