"""FROM, WHERE and ON → the conditions that every row met, and the equalities among them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amber_sql.compiler.infer.level import Equality
from amber_sql.compiler.infer.nodes import Join, bare, below, conjuncts

if TYPE_CHECKING:
    from amber_sql.compiler.infer.level import Level
    from amber_sql.compiler.tree import Node


class Equalities:
    """What a query level's join tree states."""

    def __init__(self, level: Level) -> None:
        """Collect the conditions of a level."""
        self.level = level
        self.conditions: list[Node] = []
        self.equalities: list[Equality] = []
        self.tables: set[int] = set()
        tree = level.query.node("jointree")
        if tree is not None:
            for item in tree.nodes("fromlist"):
                self._join(item, None)
            self._condition(tree.node("quals"), None)
        # A row of MERGE's source may act that the condition does not let match.
        self._condition(level.query.node("mergeJoinCondition"), frozenset([level.result]))
        if level.returning:
            self.tables.add(level.result)

    def _join(self, item: Node, may_bind: frozenset[int] | None) -> None:
        if item.kind != "JOINEXPR":
            self.tables.add(item.int("rtindex"))
            return
        left, right = below(item["larg"]), below(item["rarg"])
        kind = item.int("jointype")
        self._join(item["larg"], _both(may_bind, left if kind in {Join.RIGHT, Join.FULL} else None))
        self._join(item["rarg"], _both(may_bind, right if kind in {Join.LEFT, Join.FULL} else None))
        if kind == Join.INNER:
            self._condition(item.node("quals"), may_bind)
        elif kind != Join.FULL:
            optional = right if kind == Join.LEFT else left
            self._condition(item.node("quals"), _both(may_bind, optional))

    def _condition(self, condition: Node | None, may_bind: frozenset[int] | None) -> None:
        for part in conjuncts(condition):
            if may_bind is None:
                self.conditions.append(part)
            equal = self._equal(part)
            if equal is not None and len(args := equal.nodes("args")) == 2:
                one, other = args
                how = equal.int("opno"), equal.int("inputcollid"), may_bind
                self.equalities.append(Equality(bare(one), other, False, *how))
                self.equalities.append(Equality(bare(other), one, True, *how))

    def _equal(self, condition: Node) -> Node | None:
        """Return the operator's call in a condition that may be an equality."""
        if condition.kind == "OPEXPR":
            return condition
        if condition.kind == "BOOLEXPR" and condition.text("boolop") == "not":
            inner = condition.nodes("args")[0]
            # IS NOT DISTINCT FROM is equality where NULL cannot be
            if inner.kind == "DISTINCTEXPR" and any(
                not self.level.answer(arg).nullable for arg in inner.nodes("args")
            ):
                return inner
        return None


def _both(one: frozenset[int] | None, other: frozenset[int] | None) -> frozenset[int] | None:
    """Return the entries that two limits leave; None is no limit."""
    if one is None or other is None:
        return other if one is None else one
    return one & other
