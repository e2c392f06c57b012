"""A query of the tree → its output columns, each with "may it be NULL, and why".

A Scope is one query level: its range table, the facts of its conditions, and which of its outer
joins are proven to have found a match. What an expression answers is `expression`'s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from amber_sql.compiler.infer import (
    cardinality,
    conditions,
    contents,
    expression,
    json_shapes,
    keys,
    range_table,
    returning,
    set_operations,
)
from amber_sql.compiler.infer.answers import Answer, Output, may_be_null, not_null
from amber_sql.compiler.infer.bindings import Bindings
from amber_sql.compiler.infer.facts import Fact, implied
from amber_sql.compiler.infer.grouping import same_key
from amber_sql.compiler.infer.nodes import Entry, shown
from amber_sql.compiler.infer.stated import Given, Stated
from amber_sql.compiler.tree import Node, read

if TYPE_CHECKING:
    from amber_sql.compiler.catalog import Catalog
    from amber_sql.compiler.described import Cardinality, JsonShape
    from amber_sql.compiler.infer.held import Contents
    from amber_sql.compiler.infer.level import Level


class Statement:
    """What all levels of a statement share."""

    def __init__(
        self,
        catalog: Catalog,
        required: frozenset[int] = frozenset(),
        filled: frozenset[int] = frozenset(),
    ) -> None:
        """Take the numbers of the parameters that refuse NULL, and of the arrays without NULL."""
        self.catalog = catalog
        self.required = required
        self.filled = filled
        self._views: dict[int, Node | None] = {}

    def view(self, oid: int) -> Node | None:
        """Return the query that a view stands for."""
        if oid not in self._views:
            text = self.catalog.views.get(oid)
            self._views[oid] = read(text)[0] if text else None
        return self._views[oid]


class Scope:
    """One level of a query, seen from inside; a `Level`."""

    def __init__(
        self,
        statement: Statement,
        query: Node,
        parent: Scope | None = None,
        *,
        stated: Stated | None = None,
        given: Given | None = None,
        every_row: Scope | None = None,
    ) -> None:
        """Enter a query."""
        self.statement = statement
        self.catalog = statement.catalog
        self.required, self.filled = statement.required, statement.filled
        self.query = query
        self.parent = parent
        self.stated = stated or Stated.of(query, self.catalog)
        self.given = given or Given()
        self.command = query.int("commandType")
        self.rtable = query.nodes("rtable")
        self.result = query.int("resultRelation")
        self.joins = self.stated.joins
        self.grouped = self.stated.grouped
        self.target_sets = self.stated.target_sets
        self.returning = self.command in returning.WRITES and not self.given.row_before
        self.compared = self.given.compared
        self.assumed: dict[int, list[Answer]] = {}
        self.held: dict[int, list[Contents]] = {}
        self._nulled = () if self.given.each_row else self.stated.nulled
        self._facts = [*self.joins.facts, *self.stated.of_groups, *self.given.facts]
        self._forget()
        self.matched = self.given.matched
        self.every_row: Scope = every_row or self
        """This scope without what is given: window functions look at other rows, too."""
        while more := conditions.newly_matched(self, self._facts):
            self.matched |= more
            self._forget()  # what was entered before this was known

    def _forget(self) -> None:
        self._inner: dict[int, list[Output]] = {}
        self._children: dict[int, Scope] = {}
        self._rows: Cardinality | None = None
        self._bindings: Bindings | None = None
        self._keys: list[frozenset[int]] | None = None

    # ── the same level, where more is known ──────────────────────────────────────────────

    def _where(self, given: Given) -> Scope:
        return Scope(
            self.statement,
            self.query,
            self.parent,
            stated=self.stated,
            given=given,
            every_row=self.every_row,
        )

    def believing(self, more: list[Fact]) -> Scope:
        """Return this scope where `more` holds too: inside a CASE branch."""
        return self._where(msgspec.structs.replace(self.given, facts=(*self.given.facts, *more)))

    def matching(self, join: int, side: str) -> Scope:
        """Return this scope for the rows in which one side of a FULL JOIN is there."""
        matched = self.matched | {(join, side)}
        return self._where(msgspec.structs.replace(self.given, matched=matched))

    def comparing(self, answers: list[Answer]) -> Scope:
        """Return this scope as the test of `x IN (SELECT …)` sees it, with the subquery's columns."""
        return self._where(msgspec.structs.replace(self.given, compared=tuple(answers)))

    def before(self) -> Scope:
        """Return this scope as an assignment sees it: with the row as it was."""
        return self._where(msgspec.structs.replace(self.given, row_before=True))

    def inside_aggregate(self) -> Scope:
        """Return this scope as an aggregate's arguments see it: before any key is nulled."""
        return self._where(msgspec.structs.replace(self.given, each_row=True))

    # ── other levels ─────────────────────────────────────────────────────────────────────

    def level(self, up: int) -> Scope:
        """Return the scope `up` levels out."""
        scope = self
        for _ in range(up):
            if scope.parent is None:
                return scope
            scope = scope.parent
        return scope

    def child(self, query: Node) -> Scope:
        """Return the scope of a query inside this one."""
        if id(query) not in self._children:
            self._children[id(query)] = self.anew(query)
        return self._children[id(query)]

    def anew(self, query: Node) -> Scope:
        """Return the same, with nothing remembered: a recursive CTE's answers change as it is proven."""
        return Scope(self.statement, query, self)

    def apart(self, query: Node) -> Scope:
        """Return the scope of a view's query, which sees nothing of this one."""
        return Scope(self.statement, query)

    def view(self, oid: int) -> Node | None:
        """Return the query that a view stands for."""
        return self.statement.view(oid)

    def inner(self, query: Node) -> list[Output]:
        """Return the columns of a query inside this one, answered once."""
        if id(query) not in self._inner:
            self._inner[id(query)] = self.child(query).outputs()
        return self._inner[id(query)]

    def inner_of(self, entry: Node, query: Node, inside: Level) -> list[Output]:
        """Return the columns of a derived table or view, whose rows passed this level's conditions."""
        key = id(entry)  # not the query's: two entries may be one view
        if key not in self._inner:
            number = next(n for n, other in enumerate(self.rtable, 1) if other is entry)
            known = conditions.columns_of(self, self._facts, number)
            # A window function looks at rows that these conditions left out.
            plain = not query.flag("hasWindowFuncs") and not query.get("setOperations")
            if known and plain and not inside.returning:
                made = [t["expr"] for t in query.nodes("targetList") if t.int("resno") in known]
                more = [fact for e in made for fact in implied(inside.ungrouped(e), self.catalog)]
                inside = inside.believing(more)
            self._inner[key] = inside.outputs()
        return self._inner[key]

    # ── answers ──────────────────────────────────────────────────────────────────────────

    def answer(self, e: Node) -> Answer:
        """Answer for an expression of this level."""
        return expression.answer(self, e)

    def contents(self, e: Node) -> Contents:
        """Return what is proven of what an expression of this level holds."""
        return contents.contents(self, e)

    def json(self, kind: int, e: Node) -> JsonShape | None:
        """Return what is known of the JSON that an expression of a type is, or is an array of."""
        return json_shapes.held_by(self, kind, e)

    def answer_recursive(self, cte: Node) -> None:
        """Prove what may be NULL in the columns of a recursive CTE of this level."""
        range_table.prove(self, cte)

    def ungrouped(self, e: Node) -> Node:
        """Return the expression behind a column of PostgreSQL 18's entry for GROUP BY."""
        return conditions.ungrouped(self.rtable, e)

    def known(self, e: Node) -> bool:
        """Tell whether a condition proved that this very expression is not NULL."""
        # The totals of grouping sets null keys that WHERE has seen.
        known = self.stated.of_groups if self._nulled else self._facts
        return conditions.expression_holds(self, known, e)

    def nulled(self, e: Node) -> bool:
        """Tell whether grouping sets may replace this expression by NULL."""
        if not self._nulled or not any(same_key(key, e) for key in self._nulled):
            return False
        return not any(same_key(fact.expression, e) for fact in self.stated.of_groups)

    def column(self, var: Node) -> Answer:
        """Answer for a VAR of this level."""
        number, attribute = var.int("varno"), var.int("varattno")
        if number > len(self.rtable):
            return may_be_null("a row that only the server knows")
        entry = self.rtable[number - 1]
        if self.nulled(var):
            return may_be_null("null in the totals of ROLLUP, CUBE or GROUPING SETS")
        if entry.int("rtekind") == Entry.GROUP:
            return self.answer(entry.nodes("groupexprs")[attribute - 1])
        table = range_table.name(entry, self.catalog)
        name = f"{table}.{range_table.column_name(entry, attribute)}" if attribute > 0 else table
        if conditions.column_holds(self, self._facts, var):
            return not_null(f"{name} is not null by a condition")
        for join in sorted(var.ints("varnullingrels") & self.joins.outer):
            if (join, self.joins.side(join, number)) not in self.matched:
                return may_be_null(self.joins.why(join, table))
        if self.returning and (returned := returning.answer_returned(self, var, name)):
            return returned
        return range_table.answer_column(self, entry, attribute, name)

    def outputs(self) -> list[Output]:
        """Answer for each output column, in order."""
        targets = [target for target in shown(self.query) if not target.flag("resjunk")]
        setop = self.query.node("setOperations")
        if setop is None:
            answers = [self.answer(target["expr"]) for target in targets]
        else:
            answers = set_operations.answers(self, setop)
        return [
            Output(target.text("resname"), answer, target["expr"])
            for target, answer in zip(targets, answers, strict=False)
        ]

    # ── rows ─────────────────────────────────────────────────────────────────────────────

    def bindings(self) -> Bindings:
        """Return what the conditions of this level fix."""
        self._bindings = self._bindings or Bindings(self)
        return self._bindings

    def rows(self) -> Cardinality:
        """Return what is proven of the number of rows."""
        self._rows = self._rows or cardinality.rows(self)
        return self._rows

    def unique(self) -> list[frozenset[int]]:
        """Return sets of output columns that no two rows share."""
        if self._keys is None:
            self._keys = list(keys.output_keys(self))
        return self._keys


def view_answers(catalog: Catalog, oid: int) -> list[Answer]:
    """Answer for the columns of a view, as its own query proves them."""
    (query, *_) = read(catalog.views[oid]) if oid in catalog.views else [None]
    return [output.answer for output in Scope(Statement(catalog), query).outputs()] if query else []
