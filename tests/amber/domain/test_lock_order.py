"""One order of locks: no two calls of the domain, or of the queries that it is made of, deadlock."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from domain import storm

if TYPE_CHECKING:
    import psycopg

SECONDS = 60


@pytest.mark.slow
def test_no_two_calls_deadlock(conn: psycopg.Connection, database_url: str) -> None:
    """Each call against itself and each other, a minute in all; every counter is exact behind it."""
    pairs = storm.pairs()
    met: set[str] = set()
    with storm.storm(database_url, 6) as running:
        for calls in pairs:
            met |= running.run(calls, SECONDS / len(pairs))
    storm.check(conn, running.world)
    assert met == set()
    (deadlocks,) = conn.execute(
        "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    ).fetchone()
    assert deadlocks == 0
