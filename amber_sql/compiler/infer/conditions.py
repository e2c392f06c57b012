"""Facts of a level's conditions → which of its columns and expressions are not NULL in every row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amber_sql.compiler.infer import always_matched, returning
from amber_sql.compiler.infer.joins import OPTIONAL
from amber_sql.compiler.infer.nodes import Entry
from amber_sql.compiler.tree import same, walk

if TYPE_CHECKING:
    from collections.abc import Iterable

    from amber_sql.compiler.catalog import Catalog
    from amber_sql.compiler.infer.facts import Fact
    from amber_sql.compiler.infer.level import Level
    from amber_sql.compiler.tree import Node


def newly_matched(level: Level, facts: list[Fact]) -> frozenset[tuple[int, str]]:
    """Find outer joins that matched in every row: a column they would have nulled is not NULL."""
    joins = level.joins
    found = {
        (join, joins.side(join, var.int("varno")))
        for fact in facts
        if fact.requires <= level.matched
        for var in [level.ungrouped(fact.expression)]
        if var.kind == "VAR" and not var.int("varlevelsup")
        for join in var.ints("varnullingrels") & joins.outer
    }
    found |= {
        (index, side)
        for index in joins.outer - joins.full
        for side in OPTIONAL[joins.items[index].int("jointype")]
        if always_matched.always_matches(level, joins.items[index])
    }
    return frozenset(found) - level.matched


def ungrouped(rtable: list[Node], e: Node) -> Node:
    """Return the expression behind a column of PostgreSQL 18's entry for GROUP BY."""
    if e.kind == "VAR" and not e.int("varlevelsup") and e.int("varno") <= len(rtable):
        entry = rtable[e.int("varno") - 1]
        if entry.int("rtekind") == Entry.GROUP:
            return entry.nodes("groupexprs")[e.int("varattno") - 1]
    return e


def column_holds(level: Level, facts: Iterable[Fact], var: Node) -> bool:
    """Tell whether a condition proved that this column is not NULL."""
    number, attribute, rels = var.int("varno"), var.int("varattno"), var.ints("varnullingrels")
    if level.returning and number == level.result and returning.may_differ(level, var):
        return False
    for fact in facts:
        known = level.ungrouped(fact.expression)
        if known.kind != "VAR" or known.int("varlevelsup") or known.int("varno") != number:
            continue
        whole = fact.whole_row and not known.int("varattno")
        if (
            (known.int("varattno") == attribute or whole)
            and fact.requires <= level.matched
            and all(
                (join, level.joins.side(join, number)) in level.matched
                for join in rels - known.ints("varnullingrels")
            )
        ):
            return True
    return False


def columns_of(level: Level, facts: Iterable[Fact], number: int) -> set[int]:
    """Return the columns of a range table entry that conditions prove not NULL."""
    return {
        fact.expression.int("varattno")
        for fact in facts
        if fact.expression.kind == "VAR"
        and not fact.expression.int("varlevelsup")
        and fact.expression.int("varno") == number
        and fact.requires <= level.matched
    }


def expression_holds(level: Level, facts: Iterable[Fact], e: Node) -> bool:
    """Tell whether a condition proved that this very expression is not NULL."""
    if e.kind in {"VAR", "CONST", "PARAM"} or level.returning:
        return False
    return any(
        same(fact.expression, e)
        and fact.requires <= level.matched
        and _repeatable(level.catalog, e)
        for fact in facts
    )


def _repeatable(catalog: Catalog, e: Node) -> bool:
    """Tell whether an expression gives the same answer twice in one statement."""
    for node in walk(e):
        if node.kind == "SUBLINK":
            return False
        function = catalog.functions.get(node.int("funcid") or node.int("opfuncid"))
        if function is not None and function.volatile:
            return False
    return True
