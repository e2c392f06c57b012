"""GROUP BY's grouping sets: which keys are there in every set, and whether one set is empty."""

from __future__ import annotations

from amber_sql.compiler.infer.nodes import Grouping
from amber_sql.compiler.tree import Node, same


def always_grouped(query: Node) -> frozenset[int]:
    """Return the references (tleSortGroupRef) that stand in every grouping set."""
    found = [_always(item) for item in query.nodes("groupingSets")]
    return frozenset().union(*found)


def _always(item: Node) -> frozenset[int]:
    match item.int("kind"):
        case Grouping.SIMPLE:
            return item.ints("content")
        case Grouping.SETS:
            return frozenset.intersection(*(_always(inner) for inner in item.nodes("content")))
        case _:
            return frozenset()


def has_empty_set(query: Node) -> bool:
    """Tell whether a row appears even when there is no input: `()`, ROLLUP and CUBE hold such a set."""
    sets = query.nodes("groupingSets")
    return bool(sets) and all(_empty(item) for item in sets)


def _empty(item: Node) -> bool:
    match item.int("kind"):
        case Grouping.SIMPLE:
            return False
        case Grouping.SETS:
            return any(_empty(inner) for inner in item.nodes("content"))
        case _:
            return True


def nulled_keys(query: Node) -> list[Node]:
    """Return the grouping expressions that ROLLUP, CUBE or GROUPING SETS may replace by NULL."""
    if not query.get("groupingSets"):
        return []
    references = {clause.int("tleSortGroupRef") for clause in query.nodes("groupClause")}
    references -= always_grouped(query)
    targets = query.nodes("targetList")
    return [target["expr"] for target in targets if target.int("ressortgroupref") in references]


def same_key(key: Node, e: Node) -> bool:
    """Tell whether `e` is this grouping key, seen from its own or from an inner level."""
    if key.kind == "VAR" == e.kind:
        return key.int("varno") == e.int("varno") and key.int("varattno") == e.int("varattno")
    return same(key, e)
