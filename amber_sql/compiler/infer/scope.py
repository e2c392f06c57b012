"""A query of the tree → its output columns, each with "may it be NULL, and why".

A Scope is one query level: its range table, the facts of its conditions, and which of its outer
joins are proven to have found a match. What an expression answers is `expression`'s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from amber_sql.compiler.infer import cardinality, expression, keys, ranges, references, returning
from amber_sql.compiler.infer.answers import Answer, may_be_null, not_null
from amber_sql.compiler.infer.bindings import Bindings
from amber_sql.compiler.infer.facts import Fact, facts, implied
from amber_sql.compiler.infer.grouping import has_empty_set, nulled_keys, same_key
from amber_sql.compiler.infer.joins import Joins
from amber_sql.compiler.tree import Node, read, same, walk

if TYPE_CHECKING:
    from amber_sql.compiler.catalog import Catalog
    from amber_sql.compiler.described import Cardinality


class Output(NamedTuple):
    """An output column: its name, its answer, and the expression that makes it."""

    name: str
    answer: Answer
    expression: Node


class Scope:
    """One level of a query, seen from inside."""

    def __init__(
        self, catalog: Catalog, query: Node, required: frozenset[int], parent: Scope | None = None
    ) -> None:
        """Enter a query; `required` are the numbers of the parameters that refuse NULL."""
        self.catalog = catalog
        self.query = query
        self.required = required
        self.parent = parent
        self.command = query.int("commandType")
        self.rtable = query.nodes("rtable")
        self.result = query.int("resultRelation")
        self.returning = self.command in returning.WRITES
        self.grouped = bool(query.get("groupClause")) and not has_empty_set(query)
        targets = walk(query.get("targetList")) if query.flag("hasTargetSRFs") else ()
        self.target_sets = sum(
            1 for node in targets if node.flag("funcretset") or node.flag("opretset")
        )
        self.joins = Joins(query, catalog)
        self.assumed: dict[str, list[Answer]] = parent.assumed if parent else {}
        self._views: dict[int, Node | None] = parent._views if parent else {}
        self._after_grouping = list(facts(query.node("havingQual"), catalog))
        self._facts = [*self.joins.facts, *self._after_grouping]
        self.compared: list[Answer] = []
        self._nulled = nulled_keys(query)
        self._inner: dict[int, list[Output]] = {}
        self._children: dict[int, Scope] = {}
        self._rows: Cardinality | None = None
        self._bindings: Bindings | None = None
        self._keys: list[frozenset[int]] | None = None
        self._prove()
        self.every_row = self
        """This scope without what `believing` adds: window functions look at other rows, too."""

    # ── facts ────────────────────────────────────────────────────────────────────────────

    def believing(self, more: list[Fact]) -> Scope:
        """Return this scope where `more` holds too: inside a CASE branch."""
        scope = Scope.__new__(Scope)
        scope.__dict__.update(self.__dict__)
        scope._inner = {}
        scope._children = {}
        scope._rows = scope._bindings = scope._keys = None
        scope._facts = [*self._facts, *more]
        scope._prove()
        return scope

    def matching(self, join: int, side: str) -> Scope:
        """Return this scope for the rows in which one side of a FULL JOIN is there."""
        scope = self.believing([])
        scope.matched = self.matched | {(join, side)}
        return scope

    def comparing(self, answers: list[Answer]) -> Scope:
        """Return this scope as the test of `x IN (SELECT …)` sees it, with the subquery's columns."""
        scope = self.believing([])
        scope.compared = answers
        return scope

    def _prove(self) -> None:
        """Find which outer joins matched in every row: a column they would have nulled is not NULL."""
        self.matched: set[tuple[int, str]] = set()
        while True:
            found = {
                (join, self.joins.side(join, var.int("varno")))
                for fact in self._facts
                if fact.requires <= self.matched
                for var in [self.ungrouped(fact.expression)]
                if var.kind == "VAR" and not var.int("varlevelsup")
                for join in var.ints("varnullingrels") & self.joins.outer
            }
            found |= {
                (index, references.NULLABLE[item.int("jointype")])
                for index, item in self.joins.items.items()
                if index in self.joins.outer - self.joins.full
                and references.always_matches(self, item)
            }
            if found <= self.matched:
                self._children = {}  # they were entered before this was known
                return
            self.matched |= found

    def ungrouped(self, e: Node) -> Node:
        """Return the expression behind a column of PostgreSQL 18's entry for GROUP BY."""
        if e.kind == "VAR" and not e.int("varlevelsup"):
            entry = self.rtable[e.int("varno") - 1] if e.int("varno") <= len(self.rtable) else None
            if entry is not None and entry.int("rtekind") == ranges.GROUP:
                return entry.nodes("groupexprs")[e.int("varattno") - 1]
        return e

    def _holds(self, var: Node) -> bool:
        """Tell whether a condition proved that this column is not NULL."""
        number, attribute, rels = var.int("varno"), var.int("varattno"), var.ints("varnullingrels")
        if self.returning and number == self.result and returning.may_differ(self, var):
            return False
        for fact in self._facts:
            known = self.ungrouped(fact.expression)
            if known.kind != "VAR" or known.int("varlevelsup") or known.int("varno") != number:
                continue
            if not (
                known.int("varattno") == attribute or (fact.whole_row and not known.int("varattno"))
            ):
                continue
            if not fact.requires <= self.matched:
                continue
            if all(
                (join, self.joins.side(join, number)) in self.matched
                for join in rels - known.ints("varnullingrels")
            ):
                return True
        return False

    def known(self, e: Node) -> bool:
        """Tell whether a condition proved that this very expression is not NULL."""
        if e.kind in {"VAR", "CONST", "PARAM"} or self.returning:
            return False
        return any(
            same(fact.expression, e) and fact.requires <= self.matched and self._repeatable(e)
            # The totals of grouping sets null keys that WHERE has seen.
            for fact in (self._after_grouping if self._nulled else self._facts)
        )

    def _repeatable(self, e: Node) -> bool:
        """Tell whether an expression gives the same answer twice in one statement."""
        for node in walk(e):
            if node.kind == "SUBLINK":
                return False
            function = self.catalog.functions.get(node.int("funcid") or node.int("opfuncid"))
            if function is not None and function.volatile:
                return False
        return True

    # ── grouping ─────────────────────────────────────────────────────────────────────────

    def nulled(self, e: Node) -> bool:
        """Tell whether grouping sets may replace this expression by NULL."""
        if not self._nulled or not any(same_key(key, e) for key in self._nulled):
            return False
        return not any(same_key(fact.expression, e) for fact in self._after_grouping)

    # ── columns ──────────────────────────────────────────────────────────────────────────

    def level(self, up: int) -> Scope:
        """Return the scope `up` levels out."""
        scope = self
        for _ in range(up):
            if scope.parent is None:
                return scope
            scope = scope.parent
        return scope

    def answer(self, e: Node) -> Answer:
        """Answer for an expression of this level."""
        return expression.answer(self, e)

    def child(self, query: Node) -> Scope:
        """Return the scope of a query inside this one."""
        if id(query) not in self._children:
            self._children[id(query)] = self.anew(query)
        return self._children[id(query)]

    def anew(self, query: Node) -> Scope:
        """Return the same, with nothing remembered: a recursive CTE's answers change as it is proven."""
        return Scope(self.catalog, query, self.required, self)

    def bindings(self) -> Bindings:
        """Return what the conditions of this level fix."""
        self._bindings = self._bindings or Bindings(self)
        return self._bindings

    def rows(self) -> Cardinality:
        """Return what is proven of the number of rows."""
        self._rows = self._rows or cardinality.rows(self)
        return self._rows

    def apart(self, query: Node) -> Scope:
        """Return the scope of a view's query, which sees nothing of this one."""
        scope = Scope(self.catalog, query, self.required)
        scope._views = self._views
        return scope

    def view(self, oid: int) -> Node | None:
        """Return the query that a view stands for."""
        if oid not in self._views:
            text = self.catalog.views.get(oid)
            self._views[oid] = read(text)[0] if text else None
        return self._views[oid]

    def inner(self, query: Node) -> list[Output]:
        """Return the columns of a query inside this one, answered once."""
        if id(query) not in self._inner:
            self._inner[id(query)] = self.child(query).outputs()
        return self._inner[id(query)]

    def inner_of(self, entry: Node, query: Node, inside: Scope) -> list[Output]:
        """Return the columns of a derived table or view, whose rows passed this level's conditions."""
        key = id(entry)  # not the query's: two entries may be one view
        if key not in self._inner:
            number = next(n for n, other in enumerate(self.rtable, 1) if other is entry)
            known = {
                fact.expression.int("varattno")
                for fact in self._facts
                if fact.expression.kind == "VAR"
                and not fact.expression.int("varlevelsup")
                and fact.expression.int("varno") == number
                and fact.requires <= self.matched
            }
            # A window function looks at rows that these conditions left out.
            plain = not query.flag("hasWindowFuncs") and not query.get("setOperations")
            if known and plain and not inside.returning:
                shown = [t["expr"] for t in query.nodes("targetList") if t.int("resno") in known]
                more = [fact for e in shown for fact in implied(inside.ungrouped(e), self.catalog)]
                inside = inside.believing(more)
            self._inner[key] = inside.outputs()
        return self._inner[key]

    def before(self) -> Scope:
        """Return this scope as an assignment sees it: with the row as it was."""
        scope = self.believing([])
        scope.returning = False
        return scope

    def inside_aggregate(self) -> Scope:
        """Return this scope as an aggregate's arguments see it: before any key is nulled."""
        scope = self.believing([])
        scope._nulled = []
        return scope

    def one_row(self) -> bool:
        """Tell whether the query returns exactly one row."""
        return self.rows() is cardinality.ONE

    def at_most_one(self) -> bool:
        """Tell whether the query returns no more than one row."""
        return self.rows() in {cardinality.ONE, cardinality.ZERO_OR_ONE}

    def unique(self) -> list[frozenset[int]]:
        """Return sets of output columns that no two rows share."""
        if self._keys is None:
            self._keys = list(keys.output_keys(self))
        return self._keys

    def gives_one(self, entry: Node) -> bool:
        """Tell whether an entry of the range table gives no more than one row by itself."""
        return cardinality.entry_rows(self, entry) in {cardinality.ONE, cardinality.ZERO_OR_ONE}

    def set_column(self, call: Node) -> Answer:
        """Answer for a built-in set-returning function in the select list."""
        return ranges.set_column(self, call, 1)

    def column(self, var: Node) -> Answer:
        """Answer for a VAR of this level."""
        number, attribute = var.int("varno"), var.int("varattno")
        if number > len(self.rtable):
            return may_be_null("a row that only the server knows")
        entry = self.rtable[number - 1]
        if self.nulled(var):
            return may_be_null("null in the totals of ROLLUP, CUBE or GROUPING SETS")
        if entry.int("rtekind") == ranges.GROUP:
            return self.answer(entry.nodes("groupexprs")[attribute - 1])
        name = (
            f"{ranges.name(entry, self.catalog)}.{ranges.column_name(entry, attribute)}"
            if attribute > 0
            else ranges.name(entry, self.catalog)
        )
        if self._holds(var):
            return not_null(f"{name} is not null by a condition")
        for join in sorted(var.ints("varnullingrels") & self.joins.outer):
            if (join, self.joins.side(join, number)) not in self.matched:
                return may_be_null(self.joins.why(join, ranges.name(entry, self.catalog)))
        if self.returning and (returned := returning.answer_returned(self, var, name)):
            return returned
        return ranges.answer_column(self, entry, attribute, name)

    def outputs(self) -> list[Output]:
        """Answer for each output column, in order."""
        targets = self.query.nodes("returningList" if self.returning else "targetList")
        targets = [target for target in targets if not target.flag("resjunk")]
        setop = self.query.node("setOperations")
        if setop is not None:
            answers = self._set_operation(setop)
            return [
                Output(t.text("resname"), a, t["expr"])
                for t, a in zip(targets, answers, strict=False)
            ]
        return [Output(t.text("resname"), self.answer(t["expr"]), t["expr"]) for t in targets]

    def _set_operation(self, node: Node) -> list[Answer]:
        if node.kind == "RANGETBLREF":
            subquery = self.rtable[node.int("rtindex") - 1]["subquery"]
            return [output.answer for output in self.inner(subquery)]
        left, right = self._set_operation(node["larg"]), self._set_operation(node["rarg"])
        match node.int("op"):
            case 1:  # UNION
                return [
                    one if one.nullable else other for one, other in zip(left, right, strict=True)
                ]
            case 2:  # INTERSECT
                return [
                    other if one.nullable else one for one, other in zip(left, right, strict=True)
                ]
            case _:  # EXCEPT
                return left


def view_answers(catalog: Catalog, oid: int) -> list[Answer]:
    """Answer for the columns of a view, as its own query proves them."""
    (query, *_) = read(catalog.views[oid]) if oid in catalog.views else [None]
    return (
        [output.answer for output in Scope(catalog, query, frozenset()).outputs()] if query else []
    )
