"""The benchmarks measure the same work: what needs no library of others is held here."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from benchmarks import checks, figures, rows, world
from benchmarks.chart import chart
from benchmarks.contenders.aiosql_psycopg import Aiosql
from benchmarks.contenders.amber import Amber
from benchmarks.contenders.amber_async import AmberAsync
from benchmarks.contenders.libpq import Libpq
from benchmarks.contenders.psycopg_plain import ClassRow, TupleRow
from benchmarks.generated.models import Plan
from benchmarks.harness import Series, ratio

SMALL = world.Size(users=20, installations=50, sessions=500, messages=5000, big=100)


@pytest.fixture
def field(database_url):
    """Open the contenders that the development environment has, on a small world."""
    where = world.fill_migrated(database_url, SMALL)
    opened = [cls(where) for cls in (Amber, AmberAsync, TupleRow, ClassRow, Aiosql, Libpq)]
    for one in opened:
        one.open()
    yield opened
    for one in opened:
        one.close()


def test_contenders_do_the_same_work(field):
    """Every contender gives the rows that amber-sql gives, and the floor answers as well."""
    for work in ("W1", "W2", "W3", "W4a", "W5"):
        keys = field[0].world.keys(work)
        assert checks.compare(work, field, keys, sample=5) == 4 * min(5, len(keys))
        assert field[-1].block(work, keys[:3]).wall > 0


@pytest.mark.slow
def test_contenders_write_the_same_rows(field):
    """Every contender's W6 leaves the same ten thousand messages in the table."""
    bulk = field[0].world
    assert checks.compare_written(field, world.new_messages(), bulk) == len(field)


def test_a_difference_of_type_is_found():
    """A text that equals an enum's value is not the same result."""
    assert rows.same(Plan.PRO, Plan.PRO) is None
    assert rows.same(Plan.PRO, "PRO") is not None
    assert rows.same([1, 2], [1]) is not None


def test_a_ratio_is_taken_within_its_round():
    """A round in which the machine was slow for both changes nothing."""
    ours = Series("W1", "ours", 1, [2.0, 200.0, 2.0], [], [])
    base = Series("W1", "base", 1, [1.0, 100.0, 1.0], [], [])
    assert ratio(ours, base) == 2.0


def test_what_was_not_measured_is_said():
    """A figure without a measurement neither holds nor fails."""
    found = figures.figures({"series": []})
    assert {one.holds for one in found} == {None}


def test_the_chart_is_drawn_from_series():
    """The drawing is well-formed and names what it shows."""
    series = [
        Series("W1", figures.OURS, 1, [30.0], [], []),
        Series("W1", figures.ORM, 1, [900.0], [], []),
    ]
    drawn = chart(series, {"W1": "a user", "W2": "not measured"})
    texts = {node.text for node in ET.fromstring(drawn).iter() if node.text}  # noqa: S314  # ours
    assert {"W1: a user", figures.OURS, "30 µs, 1.00 ×", "900 µs, 30.00 ×"} <= texts  # noqa: RUF001
