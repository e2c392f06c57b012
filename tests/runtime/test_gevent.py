"""gevent: its patched wait lets other greenlets run while a statement is under way."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROGRAM = """
from gevent import monkey
monkey.patch_all()
import os, time
import gevent
import amber_sql
from runtime_world import value
from amber_sql import runtime
from amber_sql.runtime import Statement

nap = value("SELECT 'slept' FROM pg_sleep(0.5)", str)
with amber_sql.open_pool(os.environ["DATABASE_URL"], min_size=4) as pool:
    pool.wait()
    began = time.monotonic()
    jobs = [gevent.spawn(runtime.one, pool, nap) for _ in range(4)]
    ticks = 0
    while not all(job.ready() for job in jobs):
        gevent.sleep(0.01)
        ticks += 1
    assert [job.get() for job in jobs] == ["slept"] * 4
    assert time.monotonic() - began < 1.5, "one after the other"
    assert ticks > 10, "nobody else ran"
"""


def test_greenlets_wait_side_by_side(empty_database_url: str) -> None:
    """Four statements of half a second take less than three of them, and a fifth greenlet runs."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=Path(__file__).parents[1] / "support",
        env={"DATABASE_URL": empty_database_url, "PATH": ""},
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
