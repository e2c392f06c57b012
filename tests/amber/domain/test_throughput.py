"""What exactness costs: one subscription's row, sixteen connections, a durable server."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import psycopg
import pytest
from content import make
from domain import jobs
from domain.crowd import crowd

from amber_sql import deploy, locate
from amber_sql.queries import subscriptions
from amber_sql.server import Server

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

ROUNDS, SECONDS = 4, 1.5


def _updates(conn: psycopg.Connection) -> tuple[int, int]:
    """Return the updates of subscriptions, and how many were HOT, once every backend has ended."""
    while conn.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE client_port = -1"
    ).fetchone() != (1,):
        time.sleep(0.05)
    return conn.execute(
        "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 'subscriptions'"
    ).fetchone()


def test_one_row_goes_at_half_the_speed_of_a_bare_update(server_folder: Path) -> None:
    """At least half of a bare conditional UPDATE's throughput in the same run, and HOT over 99 %."""
    with Server(server_folder / "durable") as server:
        server.ensure_database("amber")
        url = server.url("amber")
        deploy.migrate(url, locate.migrations_dir())
        with psycopg.connect(url, autocommit=True) as conn:
            assert conn.execute("SHOW fsync").fetchone() == ("on",)
            assert conn.execute("SHOW synchronous_commit").fetchone() == ("on",)
            user_id = make.subscription(conn).user_id
            subscriptions.set_limits(conn, user_id=user_id, message_limit=-1, installation_limit=1)
            best = {jobs.metered: 0.0, jobs.bare: 0.0}
            with crowd(url, 4) as racers:
                racers.race(jobs.metered, [(user_id, 0.5)] * 16)  # plans are made
                for job in [jobs.metered, jobs.bare] * ROUNDS:
                    count = sum(racers.race(job, [(user_id, SECONDS)] * 16))
                    # The best of each: whatever else the machine does only takes away.
                    best[job] = max(best[job], count / SECONDS)
            before = _updates(conn)
            with crowd(url, 4) as racers:
                racers.race(jobs.metered, [(user_id, 3)] * 16)
            updates, hot = (now - then for now, then in zip(_updates(conn), before, strict=True))
            metered, bare = best.values()
            sys.stdout.write(f"{metered:.0f} a second, bare {bare:.0f}; HOT {hot / updates:.2%}\n")
            assert metered >= bare / 2
            assert hot / updates > 0.99
