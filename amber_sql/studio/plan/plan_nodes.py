"""EXPLAIN (FORMAT JSON) → a plan: nodes with their own time and cost, the worst one, rows against estimates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from amber_sql.studio.redacted import without_literals

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAMES = ("Relation Name", "Index Name", "CTE Name", "Function Name", "Subplan Name", "Alias")
_CONDITIONS = (
    "Index Cond", "Recheck Cond", "Hash Cond", "Merge Cond", "Join Filter", "Filter", "One-Time Filter",
    "TID Cond", "Sort Key", "Presorted Key", "Group Key", "Conflict Filter", "Order By", "Cache Key",
)  # fmt: skip
_FACTS = (
    "Rows Removed by Filter", "Rows Removed by Join Filter", "Rows Removed by Index Recheck", "Heap Fetches",
    "Sort Method", "Sort Space Used", "Sort Space Type", "Hash Batches", "Peak Memory Usage", "Disk Usage",
    "Workers Planned", "Workers Launched", "Subplans Removed", "Index Searches",
)  # fmt: skip
MISESTIMATED = 10
"""How many times more or fewer rows than estimated are worth a word."""


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """A node of a plan, with what it takes by itself."""

    number: int
    """In the order in which the plan is written."""
    kind: str
    about: str
    """The relation, index, … that it reads."""
    relation: str
    role: str
    """What it is to the node above: Outer, Inner, InitPlan, …"""
    estimated: float
    """Rows of all loops."""
    actual: float | None
    loops: float
    cost: float
    """Without its children's."""
    milliseconds: float | None
    """Of all loops, without its children's."""
    hit: int
    read: int
    """Buffers found and read, without its children's."""
    conditions: tuple[tuple[str, str], ...]
    facts: tuple[tuple[str, str], ...]
    share: float
    """Its part of the whole, by time where it is known, else by cost: 0 to 1."""
    children: tuple[Node, ...]

    @property
    def off(self) -> float:
        """How many times more (or, below 1, fewer) rows came than were estimated; 1 if unknown."""
        if self.actual is None:
            return 1.0
        return max(self.actual, 1.0) / max(self.estimated, 1.0)

    @property
    def is_misestimated(self) -> bool:
        """Tell whether the estimate was far off."""
        return not 1 / MISESTIMATED < self.off < MISESTIMATED

    def walk(self) -> Iterator[Node]:
        """Yield this node and all below it."""
        yield self
        for child in self.children:
            yield from child.walk()


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A plan, of a run or for any value."""

    root: Node
    analyzed: bool
    planning: float | None
    execution: float | None
    cost: float
    worst: tuple[Node, ...]
    """The nodes that take most, the worst first."""


def plan_of(explained: Any, *, redact: bool = False) -> Plan:
    """Return the plan that EXPLAIN (FORMAT JSON) printed; its conditions without values if asked to."""
    (whole,) = explained
    stated = _redacted(whole["Plan"]) if redact else whole["Plan"]
    analyzed = "Actual Total Time" in stated
    total = _time(stated) if analyzed else float(stated["Total Cost"])
    counter = iter(range(1_000_000))
    root = _node(stated, counter, total or 1.0, analyzed=analyzed)
    worst = sorted(root.walk(), key=lambda node: (-node.share, node.number))
    return Plan(
        root=root,
        analyzed=analyzed,
        planning=whole.get("Planning Time"),
        execution=whole.get("Execution Time"),
        cost=float(stated["Total Cost"]),
        worst=tuple(worst[:3]),
    )


def _redacted(stated: dict[str, Any]) -> dict[str, Any]:
    """Return a node whose conditions name no value: a parameter's stands in them as a literal."""
    told = {
        name: [*map(without_literals, value)]
        if isinstance(value, list)
        else without_literals(str(value))
        for name, value in stated.items()
        if name in _CONDITIONS
    }
    return stated | told | {"Plans": [_redacted(one) for one in stated.get("Plans", [])]}


def _node(stated: dict[str, Any], counter: Iterator[int], total: float, *, analyzed: bool) -> Node:
    number = next(counter)
    below = stated.get("Plans", [])
    # An InitPlan's and a CTE's time is in the node that asks for it first: subtracted where it stands.
    cost = max(float(stated["Total Cost"]) - sum(float(one["Total Cost"]) for one in below), 0.0)
    time = max(_time(stated) - sum(map(_time, below)), 0.0) if analyzed else None
    loops = float(stated.get("Actual Loops", 1))
    kind = stated["Node Type"]
    if stated.get("Join Type", "Inner") != "Inner":
        kind = f"{stated['Join Type']} {kind}"
    if stated.get("Strategy") in {"Hashed", "Sorted", "Mixed"}:
        kind = f"{stated['Strategy']} {kind}"
    if stated.get("Operation"):
        kind = f"{stated['Operation']} ({kind})"
    return Node(
        number=number,
        kind=kind,
        about=" ".join(dict.fromkeys(str(stated[name]) for name in _NAMES if name in stated)),
        relation=str(stated.get("Relation Name", "")),
        role=str(stated.get("Subplan Name") or stated.get("Parent Relationship", "")),
        estimated=float(stated["Plan Rows"]) * max(loops, 1.0),
        actual=float(stated["Actual Rows"]) * loops if analyzed else None,
        loops=loops,
        cost=cost,
        milliseconds=time,
        hit=_own(stated, below, "Shared Hit Blocks"),
        read=_own(stated, below, "Shared Read Blocks"),
        conditions=_told(stated, _CONDITIONS),
        facts=_told(stated, _FACTS),
        share=min((time if time is not None else cost) / total, 1.0),
        children=tuple(_node(one, counter, total, analyzed=analyzed) for one in below),
    )


def _time(stated: dict[str, Any]) -> float:
    return float(stated.get("Actual Total Time", 0)) * float(stated.get("Actual Loops", 1))


def _own(stated: dict[str, Any], below: list[dict[str, Any]], name: str) -> int:
    return max(int(stated.get(name, 0)) - sum(int(one.get(name, 0)) for one in below), 0)


def _told(stated: dict[str, Any], names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    found = ((name, stated[name]) for name in names if stated.get(name))
    return tuple(
        (name, ", ".join(map(str, value)) if isinstance(value, list) else str(value))
        for name, value in found
    )
