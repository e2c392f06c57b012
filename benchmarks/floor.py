"""W1, W2 and W5 against raw libpq, in under two minutes: for `.ci/run`.

    python -m benchmarks.floor [--accept]

Fails when a ratio is worse than the committed one, in floor.json, by over 25 %, in the median of
five. Turns are of a few milliseconds, so that another process's time slice falls on few of them,
and the median leaves those out. `--accept` commits to what is measured now.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from benchmarks import checks, pin, world
from benchmarks.contenders.amber import Amber
from benchmarks.contenders.libpq import Libpq

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.contenders.base import Contender

FILE = Path(__file__).with_name("floor.json")
WORKS = ("W1", "W2", "W5")
REPEATS, TURNS, TURN_S = 5, 300, 0.003
WORSE = 1.25


def main() -> int:
    """Measure, compare, and say so."""
    parser = argparse.ArgumentParser(description="Compare amber-sql with raw libpq.")
    parser.add_argument("--accept", action="store_true", help="write floor.json")
    accept = parser.parse_args().accept
    core = pin.pin()
    print(f"core {core}, {pin.interpreter()}, load {pin.machine()['load']}")
    with world.server() as running:
        where = world.fill(running, "floor", world.Size().times(0.1))
        pair = (Amber(where), Libpq(where))
        for one in pair:
            one.open()
        measured = {work: _ratio(work, *pair) for work in WORKS}
        for one in pair:
            one.close()
    if accept:
        FILE.write_text(json.dumps(measured, indent=1) + "\n", encoding="ascii")
    committed = json.loads(FILE.read_text(encoding="ascii"))
    worse = [work for work in WORKS if measured[work] > committed[work] * WORSE]
    for work in WORKS:
        verdict = "worse by over 25 %" if work in worse else "fine"
        print(f"{work}: {measured[work]:.2f} × libpq, {committed[work]:.2f} committed: {verdict}")
    return 1 if worse else 0


def _ratio(work: str, ours: Contender, floor: Contender) -> float:
    keys = ours.world.keys(work)
    checks.compare(work, [ours], keys)
    calls = 1
    while floor.block(work, keys[:calls]).wall < TURN_S and calls < len(keys):
        calls *= 2
    for one in (ours, floor):  # plans and caches are warm, and what is loaded is nobody's garbage
        one.block(work, keys)
    gc.collect()
    gc.freeze()
    return round(median(_repeat(work, ours, floor, keys, calls) for _ in range(REPEATS)), 3)


def _repeat(
    work: str, ours: Contender, floor: Contender, keys: Sequence[object], calls: int
) -> float:
    """Return the ratio of the medians of many short turns, alternating."""
    taken: dict[str, list[float]] = {ours.name: [], floor.name: []}
    for number in range(TURNS):
        start = number * calls % max(1, len(keys) - calls)
        for one in (ours, floor) if number % 2 else (floor, ours):
            taken[one.name].append(one.block(work, keys[start : start + calls]).wall)
    return median(taken[ours.name]) / median(taken[floor.name])


if __name__ == "__main__":
    sys.exit(main())
