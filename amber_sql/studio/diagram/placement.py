"""What a picture shows → a place for each table's box, and a line for each reference.

What is referred to stands left of what refers to it, as `lines` lays them out; what nothing refers to,
nor refers to anything, stands in rows below.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import msgspec

from amber_sql.studio.diagram.boxes import Box, box
from amber_sql.studio.diagram.lines import lay_out
from amber_sql.studio.diagram.selection import Reference  # noqa: TC001  # a field's type

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amber_sql.studio.diagram.selection import Selection

MARGIN = 16
ROW_WIDTH = 1200
"""How wide a row of boxes is that nothing connects."""


class Placed(msgspec.Struct, frozen=True):
    """A box at its place; x and y are its upper left corner."""

    box: Box
    x: float
    y: float


class Line(msgspec.Struct, frozen=True):
    """A reference's line, from the table that is referred to, to the one that refers."""

    reference: Reference
    points: tuple[tuple[float, float], ...]


class Drawing(msgspec.Struct, frozen=True, kw_only=True):
    """A laid out diagram; everything lies between (0, 0) and (width, height)."""

    boxes: tuple[Placed, ...]
    lines: tuple[Line, ...]
    width: float
    height: float


def draw(selection: Selection) -> Drawing:
    """Place the tables of a selection; those without a reference stand in rows below the others."""
    references, gap = selection.references, 14.0 if selection.tight else 26.0
    at = Counter(label for one in references for label in (one.source, one.target))
    boxes = [box(table, detail, more, at[table.label]) for table, detail, more in selection.tables]
    placed, lines = _connected([one for one in boxes if one.label in at], references, gap)
    bottom = max((y for _, y in _corners(placed, lines)), default=0.0)
    placed += _in_rows([one for one in boxes if one.label not in at], gap, bottom)
    every = _corners(placed, lines)
    left = min((x for x, _ in every), default=0) - MARGIN
    top = min((y for _, y in every), default=0) - MARGIN
    return Drawing(
        boxes=tuple(Placed(one.box, one.x - left, one.y - top) for one in placed),
        lines=tuple(
            Line(
                line.reference,
                tuple((round(x - left, 1), round(y - top, 1)) for x, y in line.points),
            )
            for line in lines
        ),
        width=max((x for x, _ in every), default=0) - left + MARGIN,
        height=max((y for _, y in every), default=0) - top + MARGIN,
    )


def _connected(
    boxes: list[Box], references: Sequence[Reference], gap: float
) -> tuple[list[Placed], list[Line]]:
    corners, ways = lay_out(boxes, [(one.target, one.source) for one in references], gap)
    placed = [Placed(one, x, y) for one, (x, y) in zip(boxes, corners, strict=True)]
    return placed, [
        Line(reference, tuple(way)) for reference, way in zip(references, ways, strict=True)
    ]


def _in_rows(boxes: list[Box], gap: float, top: float) -> list[Placed]:
    """Place boxes that nothing connects, from left to right and row by row."""
    placed: list[Placed] = []
    x, y = 0.0, top + 2 * gap
    bottom = y
    for one in boxes:
        if x and x + one.width > ROW_WIDTH:
            x, y = 0.0, bottom + gap
        placed.append(Placed(one, x, y))
        x += one.width + gap
        bottom = max(bottom, y + one.height)
    return placed


def _corners(placed: list[Placed], lines: list[Line]) -> list[tuple[float, float]]:
    """Return points between which everything lies: a line may reach beyond the boxes."""
    return [
        *((one.x, one.y) for one in placed),
        *((one.x + one.box.width, one.y + one.box.height) for one in placed),
        *(point for line in lines for point in line.points),
    ]
