"""A query of the tree → the tenants' tables that it reads or writes without binding their owner.

A table says whose its rows are by a line of its comment, `@tenant column` (or several: any of them
will do). Bound means: equal to a parameter or a constant, or to a column of rows that are themselves
bound, through joins, CTEs and subqueries. What is not proven counts as unbound.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from amber_sql.compiler.comments import tagged
from amber_sql.compiler.infer.ctes import find_cte
from amber_sql.compiler.infer.nodes import (
    DO_UPDATE,
    Command,
    Entry,
    SubLink,
    conjuncts,
    shown,
    uncast,
)
from amber_sql.compiler.tree import Node

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amber_sql.compiler.catalog import Catalog
    from amber_sql.compiler.infer.level import Level


class Tenant(NamedTuple):
    """A tenants' table: its name, and the columns that say whose a row is, by name and number."""

    table: str
    owners: dict[str, int]


def tenant_of(catalog: Catalog, oid: int) -> Tenant | None:
    """Return what a table's comment says of its owner; None for a table that is nobody's."""
    relation = catalog.relations.get(oid)
    _, stated = tagged(relation.comment, "@tenant") if relation else ("", "")
    if relation is None or not stated:
        return None
    names = {name.strip() for name in stated.split(",")}
    owners = {c.name: c.number for c in relation.columns.values() if c.name in names}
    return Tenant(relation.name, owners)


def unscoped(level: Level) -> tuple[str, ...]:
    """Return, as `table (column)`, what a statement does not bind at every level that touches it."""
    found: set[str] = set()
    for inner in _levels(level):
        view = _Ownership(inner)
        for number, entry in enumerate(inner.rtable, 1):
            tenant = view.tenant(number)
            # Of an UPDATE's or DELETE's target the conditions speak; an INSERT's is written.
            if tenant is None or entry.text("relkind") == "c":
                continue
            inserts = number == inner.result and inner.command == Command.INSERT
            if not (view.inserts_bound(tenant) if inserts else view.is_bound(number)):
                found.add(f"{tenant.table} ({', '.join(tenant.owners)})")
    return tuple(sorted(found))


def _levels(level: Level) -> Iterator[Level]:
    """Yield a query and every query inside it, each as its own level."""
    yield level
    for inner in _inside(dict(level.query)):
        yield from _levels(level.child(inner))


def _inside(value: object) -> Iterator[Node]:
    """Yield the queries directly inside a value, not those inside them."""
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, Node) and item.kind == "QUERY":
            yield item
        elif isinstance(item, dict | list):
            parts = item.values() if isinstance(item, dict) else item
            stack += [part for part in parts if isinstance(part, dict | list)]


class _Ownership:
    """One query level, asked what of it belongs to the tenant that was named."""

    def __init__(self, level: Level, asked: set[tuple[int, int, int]] | None = None) -> None:
        self.level = level
        self.equalities = level.bindings().equalities
        self._asked: set[tuple[int, int, int]] = set() if asked is None else asked

    def tenant(self, number: int) -> Tenant | None:
        """Return whose table an entry is."""
        entry = self.level.rtable[number - 1]
        if entry.int("rtekind") != Entry.RELATION:
            return None
        return tenant_of(self.level.catalog, entry.int("relid"))

    def is_bound(self, number: int) -> bool:
        """Tell whether one of an entry's owner columns is equal to something that is bound."""
        tenant = self.tenant(number)
        return tenant is not None and any(
            self._is_column_bound(number, column) for column in tenant.owners.values()
        )

    def inserts_bound(self, tenant: Tenant) -> bool:
        """Tell whether an INSERT writes a bound owner, and changes nobody else's row on conflict."""
        query = self.level.query
        written = any(
            target.int("resno") in tenant.owners.values() and self.is_owned(target["expr"])
            for target in query.nodes("targetList")
        )
        conflict = query.node("onConflict")
        if not written or conflict is None or conflict.int("action") != DO_UPDATE:
            return written
        arbiter = {
            e.int("varattno")
            for element in conflict.nodes("arbiterElems")
            if (e := element.node("expr")) is not None and e.kind == "VAR"
        }
        return bool(arbiter & set(tenant.owners.values())) or self._guards(conflict, tenant)

    def _guards(self, conflict: Node, tenant: Tenant) -> bool:
        """Tell whether the WHERE of DO UPDATE binds the owner of the row that is there."""
        for part in conjuncts(conflict.node("onConflictWhere")):
            if part.kind == "OPEXPR" and self._is_equality(part.int("opno")):
                for one, other in _pairs(part):
                    if (
                        one.kind == "VAR"
                        and one.int("varno") == self.level.result
                        and one.int("varattno") in tenant.owners.values()
                        and other.kind == "PARAM"
                    ):
                        return True
        return False

    def _is_column_bound(self, number: int, column: int) -> bool:
        question = (id(self.level.query), number, column)
        if question in self._asked:
            return False  # a circle of columns equal to each other binds none
        self._asked.add(question)
        try:
            return any(
                self.is_owned(equality.by)
                for equality in self.equalities
                if equality.bound.kind == "VAR"
                and not equality.bound.int("varlevelsup")
                and (equality.bound.int("varno"), equality.bound.int("varattno"))
                == (number, column)
                and (equality.may_bind is None or number in equality.may_bind)
                and self._is_equality(equality.operator)
            )
        finally:
            self._asked.discard(question)

    def _is_equality(self, operator: int) -> bool:
        return operator in self.level.catalog.equalities

    def is_owned(self, e: Node) -> bool:
        """Tell whether an expression is the caller's: a parameter, or from rows that are bound."""
        e = self.level.ungrouped(uncast(e))
        if e.kind in {"PARAM", "CONST"}:
            return not e.flag("constisnull")
        if e.kind == "SUBLINK" and e.int("subLinkType") == SubLink.EXPR:
            return self._gives(self.level.child(e["subselect"]), 1)
        if e.kind == "CASEEXPR":
            branches = [when["result"] for when in e.nodes("args")]
            branches += filter(None, [e.node("defresult")])
            return all(_is_null(branch) or self.is_owned(branch) for branch in branches)
        if e.kind != "VAR":
            return False
        if up := e.int("varlevelsup"):
            outer = Node(e | {"varlevelsup": "0"})
            outer.kind = e.kind
            return _Ownership(self.level.level(up), self._asked).is_owned(outer)
        number, column = e.int("varno"), e.int("varattno")
        entry = self.level.rtable[number - 1]
        match entry.int("rtekind"):
            case Entry.RELATION:
                return self._is_column_bound(number, column) or self._identifies(number, column)
            case Entry.SUBQUERY:
                return self._gives(self.level.child(entry["subquery"]), column)
            case Entry.CTE:
                owner, cte = find_cte(self.level, entry)
                if cte is None or cte.flag("cterecursive"):
                    return False
                return self._gives(owner.child(cte["ctequery"]), column)
            case Entry.VALUES:
                return all(self.is_owned(row[column - 1]) for row in entry["values_lists"])
        return False

    def _identifies(self, number: int, column: int) -> bool:
        """Tell whether a column of a bound row says whose it is: its owner, or its own id."""
        tenant = self.tenant(number)
        relation = self.level.catalog.relations.get(self.level.rtable[number - 1].int("relid"))
        if tenant is None or relation is None or column not in relation.columns:
            return False
        name = relation.columns[column].name
        return (name == "id" or name in tenant.owners) and self.is_bound(number)

    def _gives(self, level: Level, column: int) -> bool:
        """Tell whether a column that a query returns is owned, in each arm of a set operation."""
        arms = [
            entry["subquery"] for entry in level.rtable if entry.int("rtekind") == Entry.SUBQUERY
        ]
        if level.query.node("setOperations") is not None:
            return all(self._gives(level.child(arm), column) for arm in arms)
        targets = [one for one in shown(level.query) if one.int("resno") == column]
        if not targets:
            return False
        inner = _Ownership(level, self._asked)
        if level.command == Command.INSERT and targets[0]["expr"].kind == "VAR":
            # What RETURNING shows of a new row is what was written there.
            written = targets[0]["expr"].int("varattno")
            return any(
                target.int("resno") == written and inner.is_owned(target["expr"])
                for target in level.query.nodes("targetList")
            )
        return level.command != Command.MERGE and inner.is_owned(targets[0]["expr"])


def _is_null(e: Node) -> bool:
    """Tell whether an expression is NULL, which equals nobody's owner."""
    return e.kind == "CONST" and e.flag("constisnull")


def _pairs(e: Node) -> Iterator[tuple[Node, Node]]:
    """Yield both sides of an operator, each way round."""
    args = [uncast(arg) for arg in e.nodes("args")]
    if len(args) == 2:
        yield args[0], args[1]
        yield args[1], args[0]
