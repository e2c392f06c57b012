"""results/latest.json → latest.md and latest.svg, by the same run or by `python -m benchmarks.report`.

A run of less than everything is called partial, so that it never replaces a whole one.
"""

from __future__ import annotations

import json
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import msgspec

from benchmarks.chart import chart
from benchmarks.figures import FLOOR, OURS, figures
from benchmarks.harness import Series, ratio

if TYPE_CHECKING:
    from collections.abc import Iterator

WORKS = {
    "W1": "a user by Clerk id",
    "W2": "a user with subscription and installations",
    "W3": "the ten newest messages of an installation, each with its session",
    "W4a": "1,000 messages of a session",
    "W4b": "10,000 messages of a session",
    "W5": "count a message, returning the subscription",
    "W6": "insert 10,000 messages",
    "W7": "W1 from 32 tasks (async) or 16 threads (sync), over a pool of 10",
}

QUIET = 0.8
"""The load up to which a machine is quiet."""


def write(folder: Path, name: str = "latest") -> None:
    """Write both files beside the JSON."""
    result = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    (folder / f"{name}.md").write_text("\n".join(_lines(result)) + "\n", encoding="utf-8")
    series = msgspec.convert(result["series"], list[Series])
    (folder / f"{name}.svg").write_text(chart(series, WORKS), encoding="utf-8")


def _lines(result: dict[str, Any]) -> Iterator[str]:
    about = result["about"]
    yield "# Results"
    yield ""
    yield f"{about['begun']} to {about['ended']}. Made by `make bench`; do not edit."
    yield ""
    if float(about["machine"]["load"].split(",")[0]) > QUIET:
        yield "**The machine was busy with other work**: see `busy`, or measure again."
        yield ""
    yield from _about(about, result["size"])
    yield "## Asked and measured"
    yield ""
    yield "`busy` is the same ratio by the processor time of client and server together, which other load"
    yield "on the machine changes less than it changes the wall time. What raw libpq, decoding nothing, reaches"
    yield "in our place is a bound: the server's own work is in both sides of a ratio. A figure is reached when"
    yield "both say so."
    yield ""
    yield "| figure | asked | measured | busy | libpq in our place | | `python -m benchmarks.run …` |"
    yield "|---|---|---:|---:|---:|---|---|"
    signs = {True: "reached", False: "**missed**", None: ""}
    for one in figures(result):
        yield f"| {one.what} | {one.asked} | {one.measured} | {one.busy} | {one.floor} | {signs[one.holds]} | `{one.command}` |"
    yield ""
    series = msgspec.convert(result["series"], list[Series])
    for work, what in WORKS.items():
        found = [one for one in series if one.work == work]
        if found:
            yield from _table(work, what, found)
    yield from _growth(result.get("growth"))
    yield from _cold(result)


def _about(about: dict[str, Any], size: dict[str, int]) -> Iterator[str]:
    machine = about["machine"]
    options = about["options"]
    settings = ", ".join(f"{name} {value}" for name, value in about["server settings"].items())
    versions = ", ".join(f"{name} {value}" for name, value in about["versions"].items())
    rows = ", ".join(f"{count:,} {name}" for name, count in size.items() if name != "big")
    yield f"* {machine['cpu']}; {machine['system']}; client and server on core {about['core']} alone"
    yield f"  (the postmaster may use {about['cores of the server']}); load {machine['load']} at the start, {about['load at the end']} at the end"
    yield f"* {about['python']}; PostgreSQL {about['postgresql']}, libpq {about['libpq']} (psycopg's {about['psycopg implementation']} implementation)"
    yield f"* {versions}{'; no Prisma: ' + about['prisma'] if about['prisma'] else ''}"
    yield f"* server: {settings}; everything else as initdb left it"
    yield f"* {rows}; {options['rounds']} rounds, {options['block']} s a turn{', --quick' if options['quick'] else ''}"
    yield ""


def _table(work: str, what: str, found: list[Series]) -> Iterator[str]:
    by_name = {one.name: one for one in found}
    floor, ours = by_name.get(FLOOR), by_name[OURS]
    yield f"## {work}: {what}"
    yield ""
    yield "Medians of the rounds; ratios are taken within a round. µs a call; half of the rounds lie within ±."
    yield ""
    yield "| | wall µs | ± | client CPU µs | server CPU µs | to libpq | to amber-sql |"
    yield "|---|---:|---:|---:|---:|---:|---:|"
    for one in sorted(found, key=lambda one: one.middle):
        to_floor = f"{ratio(one, floor):.2f}" if floor else ""
        cpu, server = (f"{median(x):,.1f}" if x else "" for x in (one.cpu, one.server))
        cells = f"{one.middle:,.1f} | {one.quarter:,.1f} | {cpu} | {server} | {to_floor} | {ratio(one, ours):.2f}"
        yield f"| {one.name} | {cells} |"
    yield ""


def _growth(growth: list[dict[str, Any]] | None) -> Iterator[str]:
    if not growth:
        return
    sizes = sorted({one["messages"] for one in growth})
    yield "## W8: as the tables grow"
    yield ""
    yield "Medians in µs a call of both sides' processor time. The cost must stay flat, since every statement"
    yield "binds a key."
    yield ""
    yield "| | " + " | ".join(f"{n:,} messages" for n in sizes) + " | last to first |"
    yield "|---|" + "---:|" * (len(sizes) + 1)
    cells: dict[tuple[str, str], dict[int, float]] = {}
    for one in growth:
        series = msgspec.convert(one["series"], Series)
        cells.setdefault((series.work, series.name), {})[one["messages"]] = median(
            series.busy or series.wall
        )
    for (work, name), by_size in cells.items():
        values = [by_size[n] for n in sizes]
        shown = " | ".join(f"{value:,.1f}" for value in values)
        yield f"| {work} {name} | {shown} | {values[-1] / values[0]:.2f} |"
    yield ""


def _cold(result: dict[str, Any]) -> Iterator[str]:
    if cold := result.get("cold"):
        yield "## Cold start"
        yield ""
        yield "Medians in ms, each in a new process; `first` is from its start to its end, with one row read."
        yield ""
        yield "| | ms |"
        yield "|---|---:|"
        names = {"driver": "import psycopg_pool", "import": "import every query module after that"}
        for name, value in cold.items():
            yield f"| {names.get(name, name)} | {value:.1f} |"
        yield ""
    if memory := result.get("memory"):
        yield "## Memory"
        yield ""
        yield f"Streaming {memory['messages']:,} messages raised the peak by {memory['mb']} MB."


if __name__ == "__main__":
    write(Path(__file__).parent / "results")
