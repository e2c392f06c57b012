"""A laid out diagram → SVG to stand in a page. Colours are the page's, by class; links are the caller's.

A line ends as crow's feet do: `|` one row, `o|` none or one, and a fork for many.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from amber_sql.studio.diagram.boxes import HEAD, LINE, MARK, PADDING, Detail, one_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from amber_sql.studio.diagram.placement import Drawing, Line, Placed

ROUND = 6
"""The radius of a line's corners."""
_MARKS = {
    "one": '<path d="M11 3V11"/>',
    "maybe": '<path d="M12 3V11"/><circle cx="6" cy="7" r="3.5"/>',
    "many": '<path d="M16 2L3 7L16 12"/>',
}
"""How each end is drawn, the box to the right of it."""


def svg(drawing: Drawing, name: str, title: str, link: Callable[[str], str]) -> str:
    """Return the markup; `name` makes its ids unique in a page, `link` gives a table's address."""
    only_names = all(placed.box.detail is Detail.NAME for placed in drawing.boxes)
    width, height = round(drawing.width), round(drawing.height)
    lines = [
        f'<svg class="er{" er-map" if only_names else ""}" role="group" width="{width}" height="{height}"',
        f'viewBox="0 0 {width} {height}" aria-labelledby="{name}-title {name}-desc">',
        f'<title id="{name}-title">{escape(one_line(title))}</title>',
        f'<desc id="{name}-desc">{escape(_description(drawing))}</desc>',
        "<defs>",
        *(
            f'<marker id="{name}-{mark}" class="er-end" markerWidth="16" markerHeight="14" refX="16" refY="7"'
            f' orient="auto-start-reverse" markerUnits="userSpaceOnUse" viewBox="0 0 16 14">{path}</marker>'
            for mark, path in _MARKS.items()
        ),
        "</defs>",
        *(_line(line, name) for line in drawing.lines),
        *(_box(placed, link) for placed in drawing.boxes),
        "</svg>",
    ]
    return "\n".join(lines)


def _description(drawing: Drawing) -> str:
    """Say in a sentence what the picture says, for who does not see it."""
    refer = [line.reference.whole for line in drawing.lines]
    tables = ", ".join(placed.box.label for placed in drawing.boxes)
    return one_line(
        f"Tables: {tables}. " + ("; ".join(refer) + "." if refer else "No foreign keys.")
    )


def _line(line: Line, name: str) -> str:
    reference = line.reference
    start = "maybe" if reference.optional else "one"
    end = "one" if reference.single else "many"
    path = _path(line.points)
    return (
        f'<g class="er-line"><title>{escape(one_line(reference.whole))}</title>'
        f'<path class="er-reach" d="{path}"/>'
        f'<path class="er-path" d="{path}" marker-start="url(#{name}-{start})"'
        f' marker-end="url(#{name}-{end})"/></g>'
    )


def _path(points: tuple[tuple[float, float], ...]) -> str:
    """Return a path through points, its corners rounded."""
    (x, y), *rest = points
    parts = [f"M{x:g} {y:g}"]
    for number, (at_x, at_y) in enumerate(rest):
        if number == len(rest) - 1:
            parts.append(f"L{at_x:g} {at_y:g}")
            break
        next_x, next_y = rest[number + 1]
        before = _toward((at_x, at_y), (x, y))
        after = _toward((at_x, at_y), (next_x, next_y))
        parts.append(f"L{before[0]:g} {before[1]:g}Q{at_x:g} {at_y:g} {after[0]:g} {after[1]:g}")
        x, y = at_x, at_y
    return "".join(parts)


def _toward(corner: tuple[float, float], to: tuple[float, float]) -> tuple[float, float]:
    """Return a point beside a corner, at most halfway to the next one."""
    (x, y), (to_x, to_y) = corner, to
    length = abs(to_x - x) + abs(to_y - y) or 1
    part = min(ROUND, length / 2) / length
    return round(x + (to_x - x) * part, 1), round(y + (to_y - y) * part, 1)


def _box(placed: Placed, link: Callable[[str], str]) -> str:
    box, x, y = placed.box, round(placed.x, 1), round(placed.y, 1)
    width = f"{box.width:g}"
    title = box.height / 2 + 5 if box.detail is Detail.NAME else HEAD - 9
    parts = [
        f'<g class="er-table er-of-{box.detail}" transform="translate({x:g} {y:g})">',
        f'<a href="{escape(link(box.label))}"><title>{escape(box.whole)}</title>',
        f'<rect class="er-box" width="{width}" height="{box.height:g}" rx="4"/>',
        f'<text class="er-title" x="{PADDING}" y="{title:g}">{escape(box.title)}</text></a>',
    ]
    if box.detail is not Detail.NAME and (box.rows or box.more):
        parts.append(f'<path class="er-rule" d="M0 {HEAD}H{width}"/>')
    for number, row in enumerate(box.rows):
        at = HEAD + LINE * number + 14
        parts.append(
            f'<g><title>{escape(row.whole)}</title><text class="er-mark" x="{PADDING}" y="{at}">{row.mark}</text>'
            f'<text class="er-name" x="{PADDING + MARK:g}" y="{at}">{escape(row.name)}</text>'
            f'<text class="er-type" x="{box.width - PADDING:g}" y="{at}">{escape(row.type)}</text></g>'
        )
    if box.more:
        at = HEAD + LINE * len(box.rows) + 14
        parts.append(f'<text class="er-more" x="{PADDING}" y="{at}">{escape(box.more)}</text>')
    return "".join(parts) + "</g>"
