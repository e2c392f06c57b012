"""Diagrams, by geometry: no box on another, no line through a box, no text beyond its box."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from amber_sql.studio.catalogue.model import Catalogue, Column, ForeignKey, Table
from amber_sql.studio.diagram import selection
from amber_sql.studio.diagram.boxes import CELL, MARK, PADDING
from amber_sql.studio.diagram.clusters import READABLE, clusters
from amber_sql.studio.diagram.placement import draw
from amber_sql.studio.diagram.svg import svg

if TYPE_CHECKING:
    from amber_sql.studio.diagram.placement import Drawing, Placed

NAMES = st.text(min_size=1, max_size=63).filter(lambda name: "\0" not in name)
BOTH_WAYS = [(2, 0), (1, 2), (1, 0), (2, 1), (0, 0), (0, 1)]
"""Three tables that refer to each other and one to itself: bundled, a line led through a box."""
SVG = "{http://www.w3.org/2000/svg}"


def catalogue(names: list[str], references: list[tuple[int, int]], columns: int = 3) -> Catalogue:
    """Return a schema of these tables; each reference is two columns to the target's two."""
    tables = []
    for number, name in enumerate(names):
        keys = [target for source, target in references if source == number]
        tables.append(
            Table(
                label=name,
                schema="public",
                name=name,
                kind="table",
                columns=(
                    *(Column(name=f"c{n}", type="text", nullable=n > 0) for n in range(columns)),
                    *(Column(name=f"to {names[to]}", type=name, nullable=True) for to in keys),
                ),
                primary_key=("c0",),
                foreign_keys=tuple(
                    ForeignKey(
                        name="k",
                        columns=("c0", f"to {names[to]}"),
                        target=names[to],
                        target_columns=("c0", "c1"),
                        optional=to % 2 == 0,
                        single=to % 3 == 0,
                        sql="",
                    )
                    for to in keys
                ),
            )
        )
    return Catalogue(tables=tuple(tables), enums=(), modules=(), search_path=())


@st.composite
def schemas(draw: st.DrawFn) -> Catalogue:
    """Draw a schema of up to 40 tables: with hubs, loops, several keys between two, and none."""
    names = draw(st.lists(NAMES, min_size=1, max_size=40, unique=True))
    place = st.integers(0, len(names) - 1)
    hub = draw(place)
    keys = draw(st.lists(st.tuples(place, place | st.just(hub)), max_size=80))
    return catalogue(names, keys, draw(st.integers(1, 20)))


def _all_pictures(schema: Catalogue) -> list[Drawing]:
    hub = max(schema.tables, key=lambda table: len(schema.referring(table.label)))
    return [
        draw(selection.overview(schema)),
        draw(selection.neighbourhood(schema, hub)),
        *(draw(selection.of_cluster(schema, one)) for one in clusters(schema.tables)),
    ]


def _overlap(one: Placed, other: Placed) -> bool:
    return (
        one.x < other.x + other.box.width
        and other.x < one.x + one.box.width
        and one.y < other.y + other.box.height
        and other.y < one.y + one.box.height
    )


def _touches(placed: Placed, point: tuple[float, float]) -> bool:
    x, y = point[0] - placed.x, point[1] - placed.y
    return -1 <= x <= placed.box.width + 1 and -1 <= y <= placed.box.height + 1


def _through(placed: Placed, a: tuple[float, float], b: tuple[float, float]) -> bool:
    """Tell whether a part of a line, level or upright, lies inside a box."""
    left, top = placed.x + 1, placed.y + 1
    right, bottom = placed.x + placed.box.width - 1, placed.y + placed.box.height - 1
    return (
        min(a[0], b[0]) < right
        and max(a[0], b[0]) > left
        and min(a[1], b[1]) < bottom
        and max(a[1], b[1]) > top
    )


@settings(max_examples=60, deadline=None)
@given(schemas())
@example(catalogue(["0", "/0", "/"], BOTH_WAYS))
def test_nothing_lies_on_anything(schema: Catalogue) -> None:
    """Boxes on no box, lines through none, all of it inside the picture."""
    for drawing in _all_pictures(schema):
        assert not [1 for one, other in combinations(drawing.boxes, 2) if _overlap(one, other)]
        for line in drawing.lines:
            for a, b in zip(line.points, line.points[1:], strict=False):
                assert not [placed for placed in drawing.boxes if _through(placed, a, b)]
            for x, y in line.points:
                assert 0 <= x <= drawing.width
                assert 0 <= y <= drawing.height


@settings(max_examples=40, deadline=None)
@given(schemas())
def test_a_line_leads_from_one_table_to_the_other(schema: Catalogue) -> None:
    """From the box that is referred to, to the one that refers."""
    for drawing in _all_pictures(schema):
        places = {placed.box.label: placed for placed in drawing.boxes}
        for line in drawing.lines:
            assert _touches(places[line.reference.target], line.points[0])
            assert _touches(places[line.reference.source], line.points[-1])


@settings(max_examples=40, deadline=None)
@given(schemas())
def test_text_stays_in_its_box(schema: Catalogue) -> None:
    """However long a name is, and in whatever script."""
    for placed in draw(selection.overview(schema)).boxes:
        assert cell_len(placed.box.title) * CELL <= placed.box.width - 2 * PADDING
    for one in clusters(schema.tables):
        for placed in draw(selection.of_cluster(schema, one)).boxes:
            for row in placed.box.rows:
                needed = MARK + cell_len(row.name + row.type) * CELL
                assert needed <= placed.box.width - 2 * PADDING


@settings(max_examples=40, deadline=None)
@given(schemas())
def test_every_table_is_in_one_readable_cluster(schema: Catalogue) -> None:
    """And those without a foreign key stand apart."""
    found = clusters(schema.tables)
    labels = [table.label for one in found for table in one.tables]
    assert sorted(labels) == sorted(table.label for table in schema.tables)
    assert all(len(one.tables) <= READABLE for one in found if one.around)
    assert found == clusters(schema.tables)


@settings(max_examples=40, deadline=None)
@given(schemas())
def test_the_markup_is_well_formed_whatever_a_name_is(schema: Catalogue) -> None:
    """A table's name is text, and its link what the caller makes of it."""
    for drawing in _all_pictures(schema):
        markup = svg(drawing, "er", "All", lambda label: f"#{len(label)}")
        root = ET.fromstring(markup.replace("<svg ", f"<svg xmlns='{SVG[1:-1]}' ", 1))  # noqa: S314
        assert {e.tag.removeprefix(SVG) for e in root.iter()} <= {
            "svg", "title", "desc", "defs", "marker", "path", "circle", "g", "a", "rect", "text",
        }  # fmt: skip
        assert len(root.findall(f".//{SVG}a")) == len(drawing.boxes)


@pytest.mark.parametrize("hub", [0, 30])
def test_sixty_tables_are_several_clusters(hub: int) -> None:
    """Ten groups of six stay together, whether or not half of all refer to one table as well."""
    names = [f"t{number:02}" for number in range(60)]
    keys = [(number, number // 6 * 6) for number in range(60) if number % 6]
    keys += [(number, 0) for number in range(1, hub + 1) if number // 6]
    found = clusters(catalogue(names, keys).tables)
    whole = [{f"t{start + more:02}" for more in range(1, 6)} for start in range(0, 60, 6)]
    for group in whole:
        assert [1 for one in found if group <= {table.label for table in one.tables}] == [1]


def test_a_table_that_refers_to_itself_has_a_loop() -> None:
    """Beside the box, and said in words for who does not see it."""
    schema = catalogue(["staff"], [(0, 0)])
    drawing = draw(selection.neighbourhood(schema, schema.tables[0]))
    assert len(drawing.lines[0].points) >= 4
    assert "staff (c0, to staff) → staff (c0, c1)." in svg(drawing, "er", "One", str)


def test_what_is_left_out_is_counted() -> None:
    """A hub's neighbours beyond what is drawn."""
    names = [f"t{number}" for number in range(60)]
    schema = catalogue(names, [(number, 0) for number in range(1, 60)])
    [hub, *_] = draw(selection.neighbourhood(schema, schema.tables[0])).boxes
    assert hub.box.more == "← 35 more tables"
