"""The figures that were asked for, each beside what was measured.

A figure is a ratio of two contenders in one run, never a time: times depend on the machine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from benchmarks.harness import Series, busy_ratio, ratio

if TYPE_CHECKING:
    from collections.abc import Iterator

FLOOR = "raw libpq, nothing decoded"
OURS, OURS_ASYNC = "amber-sql", "amber-sql, async"
ASYNCPG = "asyncpg → Struct"
ORM, ORM_AUTO = "SQLAlchemy ORM, psycopg", "SQLAlchemy ORM, psycopg, AUTOCOMMIT"
PRISMA = "Prisma 7"
SHORT = ("W1", "W2", "W3", "W5")


class Figure(msgspec.Struct, frozen=True):
    """One row of the table."""

    what: str
    asked: str
    measured: str
    busy: str
    """The same by the processor time of both sides, which a busy machine changes less."""
    floor: str
    """What raw libpq reaches in our place, where a figure is how many times faster we are."""
    holds: bool | None
    """None where it was not measured."""
    command: str


def figures(result: dict[str, Any]) -> list[Figure]:
    """Return every figure of issue 6, in its order."""
    known = {(one.work, one.name): one for one in msgspec.convert(result["series"], list[Series])}
    rows = [_figure(known, *each, at_least=at_least) for *each, at_least in _ratios()]
    cold, memory = result.get("cold"), result.get("memory")
    took = cold["import"] if cold else None
    rows.append(
        _limit("every query module, beyond psycopg_pool", took, 60, "ms", "--only cold --no-prisma")
    )
    grew = memory["mb"] if memory and memory["messages"] == 1_000_000 else None
    rows.append(_limit("streaming a million messages", grew, 20, "MB", "--only memory --no-prisma"))
    return rows


def _ratios() -> Iterator[tuple[str, str, str, float, bool]]:
    """Yield work, ours, theirs, the limit, and whether it is theirs over ours (at least)."""
    for work, limit in (("W1", 1.30), ("W5", 1.15), ("W2", 1.45), ("W3", 1.60)):
        yield work, OURS, FLOOR, limit, False
    for work in ("W1", "W3", "W5", "W7"):
        yield work, OURS_ASYNC, ASYNCPG, 1.0, False
    for work in SHORT:
        yield work, OURS, ORM, 20, True
    for work in SHORT:
        yield work, OURS, ORM_AUTO, 12, True
    for work in SHORT:
        yield work, OURS, PRISMA, 12, True
    for work in ("W4a", "W4b"):
        yield work, OURS, ORM, 7, True
        yield work, OURS, PRISMA, 4, True
    yield "W6", OURS, ORM, 10, True
    yield "W6", OURS, PRISMA, 20, True


def _figure(
    known: dict[tuple[str, str], Series],
    work: str,
    ours: str,
    theirs: str,
    limit: float,
    *,
    at_least: bool,
) -> Figure:
    mine, other = known.get((work, ours)), known.get((work, theirs))
    needs_prisma = "" if PRISMA in theirs else " --no-prisma"
    what = f"{work}: {theirs} / {ours}" if at_least else f"{work}: {ours} / {theirs}"
    asked = f"≥ {limit:g} ×" if at_least else f"≤ {limit:.2f}"
    command = f"--only {work}{needs_prisma}"
    if mine is None or other is None:
        return Figure(what, asked, "not measured", "", "", None, command)
    value = ratio(other, mine) if at_least else ratio(mine, other)
    steady = busy_ratio(other, mine) if at_least else busy_ratio(mine, other)
    shown, busy = (
        "" if one is None else f"{one:.1f} ×" if at_least else f"{one:.2f}"
        for one in (value, steady)
    )
    bare = known.get((work, FLOOR)) if at_least else None
    floor = f"{ratio(other, bare):.1f} ×" if bare else ""
    seen = [one for one in (value, steady) if one is not None]
    holds = min(seen) >= limit if at_least else max(seen) <= limit  # by the clock and by the kernel
    return Figure(what, asked, shown, busy, floor, holds, command)


def _limit(what: str, value: float | None, limit: float, unit: str, command: str) -> Figure:
    asked = f"< {limit:g} {unit}"
    if value is None:
        return Figure(what, asked, "not measured", "", "", None, command)
    return Figure(what, asked, f"{value:.1f} {unit}", "", "", value < limit, command)
