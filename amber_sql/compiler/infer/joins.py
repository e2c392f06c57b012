"""FROM → its outer joins: who may be extended with NULLs, and what the ON conditions prove."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amber_sql.compiler.infer.facts import Fact, facts
from amber_sql.compiler.infer.nodes import Join
from amber_sql.compiler.tree import Node, walk

if TYPE_CHECKING:
    from amber_sql.compiler.catalog import Catalog

_NAMES = {Join.LEFT: "LEFT JOIN", Join.FULL: "FULL JOIN", Join.RIGHT: "RIGHT JOIN"}
OPTIONAL: dict[int, tuple[str, ...]] = {
    Join.LEFT: ("right",),
    Join.RIGHT: ("left",),
    Join.FULL: ("left", "right"),
}
"""The sides that a join of a kind extends with NULLs."""


class Joins:
    """The joins of one query level."""

    def __init__(self, query: Node, catalog: Catalog) -> None:
        """Read the join tree; `facts` are those of WHERE and of every ON."""
        self.catalog = catalog
        self.facts: list[Fact] = []
        self.outer: frozenset[int] = frozenset()
        self.full: frozenset[int] = frozenset()
        self.items: dict[int, Node] = {}
        self._left: dict[int, frozenset[int]] = {}
        tree = query.node("jointree")
        if tree is not None:
            for item in tree.nodes("fromlist"):
                self._read(item)
            # ON CONFLICT and MERGE have no WHERE that every returned row has passed.
            self.facts.extend(facts(tree.node("quals"), catalog))

    def _read(self, item: Node) -> frozenset[int]:
        """Return the range table indexes below `item`."""
        if item.kind == "RANGETBLREF":
            return frozenset([item.int("rtindex")])
        if item.kind != "JOINEXPR":
            return frozenset()
        left, right = self._read(item["larg"]), self._read(item["rarg"])
        index, kind = item.int("rtindex"), item.int("jointype")
        nullable = OPTIONAL.get(kind, ())
        if nullable:
            self.outer |= {index}
            self.full |= {index} if kind == Join.FULL else set()
        self._left[index] = left
        self.items[index] = item
        requires = frozenset((index, side) for side in nullable)
        self.facts.extend(
            Fact(fact.expression, fact.whole_row, requires)
            for fact in facts(item.node("quals"), self.catalog)
        )
        return left | right | {index}

    def side(self, join: int, number: int) -> str:
        """Return on which side of a join a range table entry stands."""
        return "left" if number in self._left.get(join, ()) else "right"

    def why(self, join: int, name: str) -> str:
        """Say why a column may be NULL; `@123` is a place in the statement, made a line later."""
        node = self.items[join]
        places = [
            inner.int("location") for inner in walk(node.get("quals")) if inner.int("location") > 0
        ]
        place = f", @{min(places)}" if places else ""
        return f"null when no {name} row matches: {_NAMES[Join(node.int('jointype'))]}{place}"
