"""Conditions → which columns are fixed for a whole statement, and so which tables give one row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amber_sql.compiler.catalog import FIRST_OF_USERS
from amber_sql.compiler.infer import cardinality, key_equality
from amber_sql.compiler.infer.ctes import find_cte
from amber_sql.compiler.infer.equalities import Equalities
from amber_sql.compiler.infer.nodes import (
    Entry,
    Join,
    SubLink,
    bare,
    below,
    joins,
    lateral,
    moved,
    stands_alone,
    trees,
)
from amber_sql.compiler.tree import Node, same, walk

if TYPE_CHECKING:
    from amber_sql.compiler.catalog_keys import Index, IndexKey
    from amber_sql.compiler.infer.level import Level


class Bindings:
    """What the conditions of one query level fix."""

    def __init__(self, level: Level, fixed: frozenset[tuple[int, int]] = frozenset()) -> None:
        """Ask the conditions; `fixed` columns, as (range table index, column), are taken as given."""
        self.level = level
        self.fixed = fixed
        # With more fixed: the same conditions, and at least the same single rows.
        stated = level.bindings() if fixed else Equalities(level)
        self.conditions, self.equalities = stated.conditions, stated.equalities
        self.tables = stated.tables
        self.single = set(level.bindings().single) if fixed else set[int]()
        while found := {n for n in self.tables - self.single if self._is_single(n)}:
            self.single |= found

    def all_single(self) -> bool:
        """Tell whether FROM as a whole gives at most one row."""
        return self.tables <= self.single and not self._full_join()

    def all_fixed(self, expressions: list[Node]) -> bool:
        """Tell whether every expression has one value for the whole statement."""
        return all(self._is_fixed(self.level.ungrouped(e)) for e in expressions)

    def starts_index(self, number: int) -> bool:
        """Tell whether the first column of some index of a table is fixed, or one of a list."""
        leading = self.level.catalog.leading.get(
            self.level.rtable[number - 1].int("relid"), frozenset()
        )
        listed = {
            arg.int("varattno")
            for condition in self.conditions
            if condition.kind == "SCALARARRAYOPEXPR" and condition.flag("useOr")
            for arg in [bare(condition.nodes("args")[0])]
            if arg.kind == "VAR" and arg.int("varno") == number
        }
        return any(column in listed or self._bound(number, column) for column in leading)

    def _full_join(self) -> bool:
        tree = self.level.query.node("jointree")
        return tree is not None and any(
            n.kind == "JOINEXPR" and n.int("jointype") == Join.FULL for n in joins(tree)
        )

    def _is_fixed(self, e: Node, *, equated: bool = False) -> bool:
        """Tell whether an expression has one value for the whole statement.

        What is equated cannot be NULL, so a bare column may then be of an outer join's other side.
        """
        if e.kind == "SUBLINK" and e.int("subLinkType") == SubLink.EXPR:
            return stands_alone(e["subselect"])  # evaluated once, before the first row
        for node in walk(e):
            if node.kind == "VAR" and not node.int("varlevelsup"):
                fixed = self._of_one_row(node, equated=equated and node is bare(e))
                # Equal values may still differ (1.0 and 1.00), so only the bare column counts.
                if not fixed and not (self._shows(e, node) and self._equal_to_fixed(node)):
                    return False
            elif node.kind in {"SUBLINK", "AGGREF", "WINDOWFUNC"} or (
                (f := self.level.catalog.functions.get(node.int("funcid") or node.int("opfuncid")))
                and f.volatile
            ):
                return False
        return True

    def _of_one_row(self, var: Node, *, equated: bool) -> bool:
        """Tell whether a column is the same in every row, also where its row is left out."""
        number = var.int("varno")
        if (number, var.int("varattno")) in self.fixed:
            return True
        return number in self.single and (
            equated
            or all(
                (join, self.level.joins.side(join, number)) in self.level.matched
                or (
                    join not in self.level.joins.full
                    and below(self.level.joins.items[join]) <= self.single
                )
                for join in var.ints("varnullingrels") & self.level.joins.outer
            )
        )

    def _shows(self, e: Node, var: Node) -> bool:
        """Tell whether an expression is a column, under a type that tells no more values apart."""
        return e is var or (
            bare(e) is var and self.level.catalog.base(var.int("vartype")) < FIRST_OF_USERS
        )

    def _equal_to_fixed(self, var: Node) -> bool:
        """Tell whether a condition says that a column equals what is the same in every row."""
        return any(
            equality.may_bind is None
            and same(equality.bound, var)
            and key_equality.binds_column(self.level.catalog, equality, var.int("vartype"))
            and not any(n.kind == "SUBLINK" for n in walk(equality.by))
            and all(
                self._of_one_row(n, equated=n is bare(equality.by))
                for n in walk(equality.by)
                if n.kind == "VAR" and not n.int("varlevelsup")
            )
            and self._is_fixed(equality.by, equated=True)
            for equality in self.equalities
        )

    def _is_single(self, number: int) -> bool:
        entry = self.level.rtable[number - 1]
        kind = entry.int("rtekind")
        if kind != Entry.RELATION:
            if entry.flag("lateral") and not all(
                self._of_one_row(var, equated=False) for var in lateral(entry)
            ):
                return False  # it is evaluated anew for each row that it uses
            if cardinality.gives_one(self.level, entry):
                return True
            inner = entry["subquery"] if kind == Entry.SUBQUERY else None
            if kind == Entry.CTE:
                _, cte = find_cte(self.level, entry)
                inner = (
                    cte["ctequery"] if cte is not None and not cte.flag("cterecursive") else None
                )
            return inner is not None and any(
                all(self._bound(number, column) for column in key)
                for key in self.level.child(inner).unique()
            )
        relation = self.level.catalog.relations.get(entry.int("relid"))
        if relation is None:
            return False
        if relation.kind == "v" and relation.oid in self.level.catalog.views:
            query = self.level.view(relation.oid)
            return query is not None and any(
                all(self._bound(number, column) for column in key)
                for key in self.level.apart(query).unique()
            )
        if relation.has_children and relation.kind == "r" and entry.flag("inh"):
            return False  # an index of the parent says nothing of its children's rows
        return any(
            self._index_bound(number, index)
            for index in self.level.catalog.indexes.get(relation.oid, ())
        )

    def _index_bound(self, number: int, index: Index) -> bool:
        expressions = iter(trees(index.expressions))
        for key in index.keys:
            target: int | Node = key.column or moved(next(expressions), number)
            if not self._bound(number, target, key):
                return False
        return all(self._implied(moved(predicate, number)) for predicate in trees(index.partial))

    def _bound(self, number: int, target: int | Node, key: IndexKey | None = None) -> bool:
        """Tell whether a column or expression of entry `number` equals something fixed."""
        if isinstance(target, int) and (number, target) in self.fixed:
            return True
        catalog = self.level.catalog
        return any(
            (equality.may_bind is None or number in equality.may_bind)
            and self._is_target(equality.bound, number, target)
            and (
                key_equality.binds_key(catalog, equality, key)
                if key
                else key_equality.binds_column(catalog, equality, equality.bound.int("vartype"))
            )
            and self._is_fixed_without(equality.by, number)
            for equality in self.equalities
        )

    def _is_target(self, e: Node, number: int, target: int | Node) -> bool:
        if isinstance(target, Node):
            return same(bare(target), e)
        return (
            e.kind == "VAR"
            and not e.int("varlevelsup")
            and e.int("varno") == number
            and e.int("varattno") == target
        )

    def _is_fixed_without(self, e: Node, number: int) -> bool:
        """Tell whether an expression is fixed, and not by the entry that it is to bind."""
        if e.kind == "SUBLINK":
            return self._is_fixed(e)
        fixed = self._is_fixed(e, equated=True)
        own = (n for n in walk(e) if n.kind == "VAR" and not n.int("varlevelsup"))
        return fixed and all(n.int("varno") != number for n in own)

    def _implied(self, predicate: Node) -> bool:
        """Tell whether the statement's conditions imply a partial index's predicate."""
        if predicate.kind == "BOOLEXPR" and predicate.text("boolop") == "and":
            return all(map(self._implied, predicate.nodes("args")))
        if any(same(condition, predicate) for condition in self.conditions):
            return True
        if (
            predicate.kind == "NULLTEST"
            and predicate.int("nulltesttype") == 1
            and not predicate.flag("argisrow")
        ):
            return not self.level.answer(predicate["arg"]).nullable
        return False
