"""What is paid before the first row, and for a long stream: each in a process of its own.

`python -m benchmarks.cold NAME URL` does one thing and prints what it cost; `measure_cold` starts
it often, in turns, and keeps the medians. Imports are measured by processor time, which is all that
they need, and which other load changes little.
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[1]
KEY = "user_1"
ENVIRONMENT = {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": ""}
"""Our modules are compiled once, as those of an installed package are."""


def import_driver() -> float:
    """Import what every user of psycopg's pool has anyway."""
    started = time.process_time()
    import psycopg_pool  # noqa: F401

    return time.process_time() - started


def import_queries() -> float:
    """Import that and then every query module; return what the latter took."""
    import_driver()
    started = time.process_time()
    from amber_sql import queries

    for module in pkgutil.walk_packages(queries.__path__, f"{queries.__name__}."):
        importlib.import_module(module.name)
    return time.process_time() - started


def first_amber(url: str) -> None:
    """From nothing to the first user."""
    from amber_sql import open_pool
    from amber_sql.queries import users

    with open_pool(url) as pool:
        users.get_by_clerk_id(pool, clerk_id=KEY)


def first_psycopg(url: str) -> None:
    """From nothing to the first tuple."""
    from psycopg_pool import ConnectionPool

    with ConnectionPool(url, min_size=1) as pool, pool.connection() as conn:
        conn.execute("SELECT id, clerk_id FROM users WHERE clerk_id = %s", [KEY]).fetchone()


def first_sqlalchemy(url: str) -> None:
    """From nothing to the first entity."""
    from sqlalchemy import create_engine, select
    from sqlalchemy.orm import Session

    from benchmarks.contenders.sqlalchemy_models import User

    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with Session(engine) as session:
        session.scalars(select(User).where(User.clerk_id == KEY)).one()


def memory(url: str) -> float:
    """Stream the long session's installation; return by how much the peak grew, in MB."""
    from amber_sql import open_pool
    from amber_sql.queries import messages
    from benchmarks.world import BIG, key

    with open_pool(url) as pool, pool.connection() as conn:
        with messages.stream_for_installation(conn, installation_id=key(3, 0)) as rows:
            warm = sum(1 for _ in rows)
        idle = _peak_reset()
        with messages.stream_for_installation(conn, installation_id=BIG) as rows:
            count = sum(1 for _ in rows)
    peak = _status("VmHWM")
    sys.stderr.write(f"{count} messages after {warm}: {idle} kB idle, {peak} kB at its peak\n")
    return (peak - idle) / 1024


def _peak_reset() -> int:
    """Forget the peak of the past; return the memory in use, in kB."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return _status("VmRSS")


def _status(name: str) -> int:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith(f"{name}:")).split()[1])


INSIDE: dict[str, Callable[[], float]] = {"import": import_queries, "driver": import_driver}
WHOLE: dict[str, Callable[[str], None]] = {
    "amber-sql": first_amber,
    "psycopg": first_psycopg,
    "SQLAlchemy ORM, psycopg": first_sqlalchemy,
}


def measure_cold(url: str, rounds: int) -> dict[str, float]:
    """Return the medians in milliseconds: imports, and processes from start to first row."""
    taken: dict[str, list[float]] = {}
    for _ in range(rounds):
        for name in INSIDE:
            taken.setdefault(name, []).append(float(_run(name, url)[0]) * 1e3)
        for name in WHOLE:
            taken.setdefault(f"first: {name}", []).append(_run(name, url)[1] * 1e3)
        taken.setdefault("first: Python alone", []).append(_run("nothing", url)[1] * 1e3)
    return {name: round(median(values), 1) for name, values in taken.items()}


def measure_memory(url: str) -> float:
    """Return by how many MB a process grew while it streamed the long session."""
    return round(float(_run("memory", url)[0]), 1)


def _run(name: str, url: str) -> tuple[str, float]:
    command = [sys.executable, "-m", "benchmarks.cold", name, url]
    started = time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, env=os.environ | ENVIRONMENT, check=True, stdout=-1)
    return json.loads(done.stdout), time.perf_counter() - started


def main() -> None:
    """Do one thing."""
    name, url = sys.argv[1:]
    if name in INSIDE:
        answer = INSIDE[name]()
    elif name in WHOLE:
        WHOLE[name](url)
        answer = 0.0
    else:
        answer = memory(url) if name == "memory" else 0.0
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
