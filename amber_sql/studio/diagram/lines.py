"""Boxes and references → their places, and lines that lead through no box.

graphlay (Rust, MIT; layered layout after Sugiyama with lines at right angles) does the work: it takes
boxes of any size, and gives the same picture for the same tables. Where several references connect
two tables, it leads some lines through boxes, above all where it bundles them. So each is a line of
its own; where that leads through a box, the references between two tables share a line.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import graphlay

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amber_sql.studio.diagram.boxes import Box

Points = list[tuple[float, float]]
Ends = tuple[str, str]
"""The labels of the tables that a line leads from and to."""
LAYER_GAP, STUB = 64.0, 20.0
AT_BORDER = 0.5
"""How far within a box is still its border."""


def lay_out(boxes: Sequence[Box], lines: Sequence[Ends], gap: float) -> tuple[Points, list[Points]]:
    """Return the upper left corner of each box, and the way of each line."""
    found = _graphlay(boxes, lines, gap)
    if _leads_through_boxes(found, boxes, lines):
        shared = sorted({(min(ends), max(ends)) for ends in lines})
        found = _graphlay(boxes, shared, gap)
        ways = dict(zip(shared, _ways(found), strict=True))
        return _corners(found, boxes), [
            ways[start, end] if (start, end) in ways else ways[end, start][::-1]
            for start, end in lines
        ]
    return _corners(found, boxes), _ways(found)


def _graphlay(boxes: Sequence[Box], lines: Sequence[Ends], gap: float) -> graphlay.Layout:
    graph = graphlay.Graph()
    for one in boxes:
        graph.node(one.label, width=one.width, height=one.height)
    for start, end in lines:
        graph.edge(start, end)
    options = {
        "spacing": {"node_gap": gap, "layer_gap": LAYER_GAP, "stub": STUB},
        "routing": {"bundle_parallel": False},
    }
    return graphlay.layout(graph, options=options)


def _corners(found: graphlay.Layout, boxes: Sequence[Box]) -> Points:
    return [
        (node["center"]["x"] - box.width / 2, node["center"]["y"] - box.height / 2)
        for node, box in zip(found.nodes, boxes, strict=True)
    ]


def _ways(found: graphlay.Layout) -> list[Points]:
    return [[(point["x"], point["y"]) for point in edge["points"]] for edge in found.edges]


def _leads_through_boxes(
    found: graphlay.Layout, boxes: Sequence[Box], lines: Sequence[Ends]
) -> bool:
    """Tell whether a line lies in a box: graphlay counts those in boxes that the line is not about."""
    if found.metrics()["node_edge_hits"]:
        return True
    sizes = {
        box.label: (
            x + AT_BORDER,
            y + AT_BORDER,
            x + box.width - AT_BORDER,
            y + box.height - AT_BORDER,
        )
        for box, (x, y) in zip(boxes, _corners(found, boxes), strict=True)
    }
    return any(
        min(a, c) < right and max(a, c) > left and min(b, d) < bottom and max(b, d) > top
        for way, ends in zip(_ways(found), lines, strict=True)
        for left, top, right, bottom in (sizes[label] for label in ends)
        for (a, b), (c, d) in pairwise(way)
    )
