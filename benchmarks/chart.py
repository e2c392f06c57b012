"""Series → an SVG: a panel a workload, a bar a contender, linear from zero, nothing cut off."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from benchmarks.figures import ASYNCPG, FLOOR, ORM, ORM_AUTO, OURS, OURS_ASYNC, PRISMA
from benchmarks.harness import ratio

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from benchmarks.harness import Series

SHOWN = (
    *(FLOOR, OURS, "psycopg tuple_row", "aiosql", "SQLAlchemy Core, psycopg, AUTOCOMMIT"),
    *(ORM_AUTO, ORM, OURS_ASYNC, ASYNCPG, PRISMA),
)
PANEL, BAR, LABEL, FULL = 660, 18, 290, 210
COLOURS = {FLOOR: "#94a3b8", OURS: "#d97706", OURS_ASYNC: "#d97706"}


def chart(series: Sequence[Series], titles: Mapping[str, str]) -> str:
    """Return the drawing."""
    panels = [
        (work, title, found)
        for work, title in titles.items()
        if (found := [s for name in SHOWN for s in series if (s.work, s.name) == (work, name)])
    ]
    pieces: list[str] = []
    heights = [0, 0]
    for work, title, found in panels:
        column = heights.index(min(heights))
        pieces += _panel(f"{work}: {title}", found, column * PANEL + 10, heights[column])
        heights[column] += (len(found) + 3) * BAR
    size = f'width="{2 * PANEL}" height="{max(heights) + 10}"'
    style = 'font-family="system-ui, sans-serif" font-size="12" fill="#1e293b"'
    paper = '<rect width="100%" height="100%" fill="#ffffff"/>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} {style}>{paper}\n' + "\n".join(
        [*pieces, "</svg>\n"]
    )


def _panel(title: str, found: Sequence[Series], x: int, y: int) -> Iterator[str]:
    ours = next((one for one in found if one.name == OURS), found[0])
    longest = max(one.middle for one in found)
    yield f'<text x="{x}" y="{y + BAR + 4}" font-weight="bold">{escape(title)}</text>'
    for number, one in enumerate(found, 1):
        top = y + (number + 0.5) * BAR
        width = max(1.0, one.middle / longest * FULL)
        label = f"{_time(one.middle)}, {ratio(one, ours):.2f} ×"
        yield f'<text x="{x + LABEL - 6}" y="{top + 13}" text-anchor="end">{escape(one.name)}</text>'
        yield (
            f'<rect x="{x + LABEL}" y="{top + 2}" width="{width:.1f}" height="{BAR - 4}" '
            f'fill="{COLOURS.get(one.name, "#64748b")}"/>'
        )
        yield f'<text x="{x + LABEL + width + 6:.1f}" y="{top + 13}">{label}</text>'


def _time(microseconds: float) -> str:
    if microseconds >= 10_000:
        return f"{microseconds / 1000:,.0f} ms"
    if microseconds >= 1_000:
        return f"{microseconds / 1000:,.1f} ms"
    return f"{microseconds:,.0f} µs"
