"""Plans: what each node takes by itself, of real ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from amber_sql.studio.plan.plan_nodes import plan_of

if TYPE_CHECKING:
    import psycopg

    from amber_sql.studio.plan.plan_nodes import Plan


@pytest.fixture
def many(scratch: psycopg.Connection[Any]) -> psycopg.Connection[Any]:
    """Connect to a database with two tables, whose statistics say nothing of how a and b go together."""
    scratch.execute("""
        CREATE TABLE one AS SELECT n AS id, n % 100 AS a, n % 100 AS b FROM generate_series(1, 20000) AS n;
        CREATE TABLE other AS SELECT n AS id, n % 7 AS one FROM generate_series(1, 500) AS n;
        ANALYZE one, other
    """)
    return scratch


def _plan(conn: psycopg.Connection[Any], how: str, sql: str) -> Plan:
    row = conn.execute(f"EXPLAIN ({how}, FORMAT JSON) {sql}".encode()).fetchone()
    assert row
    return plan_of(row[0])


def test_the_parts_are_of_one_whole(many: psycopg.Connection[Any]) -> None:
    """By cost, children's left out: together no more than the whole; the worst first."""
    plan = _plan(many, "COSTS", "SELECT count(*) FROM one JOIN other ON other.one = one.id")
    shares = [node.share for node in plan.root.walk()]
    assert 0.9 < sum(shares) <= 1.01
    assert plan.worst[0].share == max(shares)
    assert not plan.analyzed


def test_a_wrong_estimate_is_told(many: psycopg.Connection[Any]) -> None:
    """A hundred times as many rows came as two columns that always agree let one think."""
    plan = _plan(many, "ANALYZE, BUFFERS", "SELECT * FROM one WHERE a = 1 AND b = 1")
    (scan,) = [node for node in plan.root.walk() if node.relation == "one"]
    assert scan.is_misestimated
    assert scan.off > 10
    assert (scan.actual, scan.hit + scan.read > 0) == (200, True)


def test_time_counts_every_loop(many: psycopg.Connection[Any]) -> None:
    """A node that runs often has the time and the rows of all of its runs."""
    plan = _plan(
        many,
        "ANALYZE",
        "SELECT (SELECT count(*) FROM other WHERE other.one = one.id) FROM one LIMIT 50",
    )
    (scan,) = [node for node in plan.root.walk() if node.relation == "other"]
    assert scan.loops == 50
    assert scan.milliseconds is not None
    assert plan.worst[0].relation == "other"
