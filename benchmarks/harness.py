"""Contenders and a workload → samples, taken in turns.

A round gives each contender one block of calls, in an order that changes from round to round, so
that whatever else the machine does falls on all of them. A ratio is taken within its round, and
the median of the rounds is what counts: a disturbed round moves it little.
"""

from __future__ import annotations

import gc
from itertools import cycle, islice
from random import Random
from statistics import median
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.contenders.base import Contender, Timing

LONGEST = 20_000
"""Calls in a block at most."""


class Series(msgspec.Struct, frozen=True):
    """What one contender needed for one workload: microseconds a call, a value a round."""

    work: str
    name: str
    calls: int
    wall: list[float]
    cpu: list[float]
    """The client's processor time; empty where it is not known."""
    server: list[float]
    """The server's, of all its processes."""

    @property
    def busy(self) -> list[float]:
        """Both sides' processor time: the wall time of an undisturbed core."""
        return [a + b for a, b in zip(self.cpu, self.server, strict=True)]

    @property
    def middle(self) -> float:
        """The median, in microseconds."""
        return median(self.wall)

    @property
    def quarter(self) -> float:
        """Half of the rounds lie within this much of the median."""
        return median(abs(value - self.middle) for value in self.wall)


def ratio(ours: Series, base: Series) -> float:
    """Return the median of the rounds' ratios."""
    return median(a / b for a, b in zip(ours.wall, base.wall, strict=True))


def busy_ratio(ours: Series, base: Series) -> float | None:
    """Return the same of the processor time of both sides, where it is known."""
    if not ours.cpu or not base.cpu or any(x != x for x in ours.server + base.server):  # noqa: PLR0124
        return None
    return median(a / b for a, b in zip(ours.busy, base.busy, strict=True))


def measure(
    work: str,
    field: Sequence[Contender],
    keys: Sequence[Any],
    *,
    rounds: int,
    block: float,
    spent: Callable[[], float],
    between: Callable[[], object] | None = None,
) -> list[Series]:
    """Return a series for each of `field`.

    `block` is how many seconds a contender's turn lasts, found out beforehand; `between` runs
    untimed before each turn, and `spent` tells the server's processor time.
    """
    turn = {one.name: _calls(one, work, keys, block) for one in field}
    taken: dict[str, list[Timing]] = {one.name: [] for one in field}
    server: dict[str, list[float]] = {one.name: [] for one in field}
    dice = Random(work)  # noqa: S311
    for number in range(rounds):
        order = list(field)
        dice.shuffle(order)
        for one in order:
            asked = _keys(keys, turn[one.name], number * turn[one.name])
            if between is not None:
                between()
            gc.collect()
            before = spent()
            taken[one.name].append(one.block(work, asked))
            server[one.name].append(spent() - before)
    return [
        _series(work, one.name, turn[one.name], taken[one.name], server[one.name]) for one in field
    ]


def _series(
    work: str, name: str, calls: int, taken: Sequence[Timing], server: Sequence[float]
) -> Series:
    wall = [round(t.wall / calls * 1e6, 3) for t in taken]
    cpu = [round(t.cpu / calls * 1e6, 3) for t in taken if t.cpu == t.cpu]  # not NaN
    return Series(
        work, name, calls, wall, cpu, [round(s / calls * 1e6, 3) for s in server] if cpu else []
    )


def _keys(keys: Sequence[Any], count: int, start: int) -> list[Any]:
    return list(islice(cycle(keys), start % len(keys), start % len(keys) + count))


def _calls(
    one: Contender,
    work: str,
    keys: Sequence[Any],
    block: float,
) -> int:
    """Return how many calls fill a turn, and warm caches and plans up on the way."""
    if work == "W6":
        return 1
    least = 32 if work == "W7" else 1
    calls = least
    while True:
        # The best of three: a turn that another process interrupted says nothing.
        wall = min(one.block(work, _keys(keys, calls, 0)).wall for _ in range(3))
        if wall >= block / 2 or calls >= LONGEST:
            return max(least, min(LONGEST, round(calls * block / wall)))
        calls = min(LONGEST, max(calls * 2, int(calls * block / max(wall, 1e-6) / 2)))
