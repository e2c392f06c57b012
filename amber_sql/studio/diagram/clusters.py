"""Tables and their foreign keys → clusters small enough to be read, each around one table.

Tables that refer to each other belong together; where too many do, they are merged pair by pair, the
pair first that gains most modularity (Clauset, Newman and Moore), up to a size. A reference to a table
that everybody refers to says little: it counts for less.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable

    from amber_sql.studio.catalogue.model import Table

READABLE = 14
"""How many tables with all of their columns are still read as one picture."""


class Cluster(msgspec.Struct, frozen=True, kw_only=True):
    """Tables that are drawn together."""

    around: str
    """The table that most others refer to; empty for tables without a foreign key."""
    tables: tuple[Table, ...]


def clusters(tables: Iterable[Table], readable: int = READABLE) -> tuple[Cluster, ...]:
    """Return every table in one cluster: the largest first, those without foreign keys last.

    Views have no foreign keys, and stand in none.
    """
    shown = {table.label: table for table in tables if not table.is_view}
    links = _links(shown)
    alone = [label for label in shown if label not in links]
    groups = [
        part
        for component in _components(links)
        for part in (
            [component] if len(component) <= readable else _parts(links, readable, component)
        )
    ]
    referred = Counter(
        key.target
        for table in shown.values()
        for key in table.foreign_keys
        if key.target != table.label
    )
    found = [
        Cluster(
            around=max(sorted(group), key=lambda label: referred[label]),
            tables=tuple(shown[label] for label in sorted(group)),
        )
        for group in groups
    ]
    found.sort(key=lambda one: (-len(one.tables), one.around))
    for start in range(0, len(alone), 2 * readable):
        part = alone[start : start + 2 * readable]
        found.append(Cluster(around="", tables=tuple(shown[label] for label in part)))
    return tuple(found)


def _links(shown: dict[str, Table]) -> dict[str, dict[str, float]]:
    """Return how much each table has to do with each other; nothing for a table without any."""
    pairs = {
        (table.label, key.target)
        for table in shown.values()
        for key in table.foreign_keys
        if key.target in shown and key.target != table.label
    }
    degree = Counter(target for _, target in pairs)
    links: dict[str, dict[str, float]] = defaultdict(dict)
    for source, target in sorted(pairs):
        weight = 1 / math.log2(1 + degree[target])
        for one, other in ((source, target), (target, source)):
            links[one][other] = links[one].get(other, 0) + weight
    return links


def _components(links: dict[str, dict[str, float]]) -> list[set[str]]:
    left, found = dict.fromkeys(sorted(links)), []
    while left:
        group, todo = set[str](), [next(iter(left))]
        while todo:
            label = todo.pop()
            if label not in group:
                group.add(label)
                todo.extend(links[label])
        for label in group:
            del left[label]
        found.append(group)
    return found


def _parts(
    links: dict[str, dict[str, float]], readable: int, component: set[str]
) -> list[set[str]]:
    """Cut a component into parts of at most `readable` tables."""
    groups = {label: {label} for label in sorted(component)}
    between = {label: dict(links[label]) for label in groups}
    weight = {label: sum(links[label].values()) for label in groups}
    total = sum(weight.values())

    def merge(kept: str, gone: str) -> None:
        groups[kept] |= groups.pop(gone)
        weight[kept] += weight.pop(gone)
        for other, link in between.pop(gone).items():
            del between[other][gone]
            if other != kept:
                between[kept][other] = between[other][kept] = between[kept].get(other, 0) + link

    def best(small: bool) -> tuple[str, str] | None:
        pairs = [
            (link / total - (0 if small else weight[one] * weight[other] / total**2), one, other)
            for one, linked in between.items()
            for other, link in linked.items()
            if len(groups[one]) + len(groups[other]) <= readable
            and (one < other if not small else len(groups[one]) <= _SMALL)
        ]
        gain, one, other = max(pairs, default=(0, "", ""), key=lambda pair: (pair[0], pair[1:]))
        return (one, other) if gain > 0 else None

    for small in (False, True):  # what is left over goes where there is room
        while pair := best(small):
            merge(min(pair), max(pair))
    return list(groups.values())


_SMALL = 2
