"""Boxes and what refers to what → a place for each box and a line for each reference.

graphlay (Rust, MIT; layered layout after Sugiyama with lines at right angles) does the work: it takes
boxes of any size, keeps lines off boxes, and gives the same picture for the same tables. What is
referred to stands left of what refers to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import graphlay
import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amber_sql.studio.diagram.boxes import Box

MARGIN = 16
ROW_WIDTH = 1200
"""How wide a row of boxes is that nothing connects."""


class Reference(msgspec.Struct, frozen=True, kw_only=True):
    """A foreign key between two boxes."""

    source: str
    """The label of the table that refers."""
    target: str
    optional: bool
    single: bool
    whole: str
    """What is told when one points at it."""


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


def lay_out(boxes: Sequence[Box], references: Sequence[Reference], *, tight: bool) -> Drawing:
    """Place boxes; those without a reference stand in rows below the others."""
    gap = 14.0 if tight else 26.0
    ends = {label for one in references for label in (one.source, one.target)}
    placed, lines = _connected([box for box in boxes if box.label in ends], references, gap)
    bottom = max((y for _, y in _corners(placed, lines)), default=0.0)
    placed += _in_rows([box for box in boxes if box.label not in ends], gap, bottom)
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
    graph = graphlay.Graph()
    for box in boxes:
        graph.node(box.label, width=box.width, height=box.height)
    for reference in references:
        graph.edge(reference.target, reference.source)
    spacing = {"node_gap": gap, "layer_gap": 64.0, "stub": 20.0}
    found = graphlay.layout(graph, options={"spacing": spacing})
    placed = [
        Placed(box, node["center"]["x"] - box.width / 2, node["center"]["y"] - box.height / 2)
        for node, box in zip(found.nodes, boxes, strict=True)
    ]
    lines = [
        Line(reference, tuple((point["x"], point["y"]) for point in edge["points"]))
        for reference, edge in zip(references, found.edges, strict=True)
    ]
    return placed, lines


def _in_rows(boxes: list[Box], gap: float, top: float) -> list[Placed]:
    """Place boxes that nothing connects, from left to right and row by row."""
    placed: list[Placed] = []
    x, y = 0.0, top + 2 * gap
    bottom = y
    for box in boxes:
        if x and x + box.width > ROW_WIDTH:
            x, y = 0.0, bottom + gap
        placed.append(Placed(box, x, y))
        x += box.width + gap
        bottom = max(bottom, y + box.height)
    return placed


def _corners(placed: list[Placed], lines: list[Line]) -> list[tuple[float, float]]:
    """Return points between which everything lies: a line may reach beyond the boxes."""
    return [
        *((one.x, one.y) for one in placed),
        *((one.x + one.box.width, one.y + one.box.height) for one in placed),
        *(point for line in lines for point in line.points),
    ]
