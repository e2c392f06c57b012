"""A query of the tree → which parameters accept NULL, by where each one goes.

A parameter that is assigned to a nullable column, tested with IS NULL or passed to COALESCE
accepts None; every other one refuses it. One that appears several times takes the stricter need,
except that a test for NULL says that NULL is meant, whatever it is compared with beside it. The
elements of an array refuse None unless `unnest` takes them to a nullable column.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from amber_sql.compiler.infer.answers import Answer, may_be_null, not_null
from amber_sql.compiler.infer.nodes import Command, Entry, Form, Param, result_table, uncast
from amber_sql.compiler.infer.set_functions import UNNEST
from amber_sql.compiler.tree import Node, read, walk

if TYPE_CHECKING:
    from amber_sql.compiler.catalog import Catalog, Column

_ASSIGNS = {Command.UPDATE, Command.INSERT}
_CASTS = (Form.EXPLICIT_CAST, Form.IMPLICIT_CAST)


class _Need(IntEnum):
    """The stricter need is the greater one."""

    COALESCED = 0
    ASSIGNED = 1
    USED = 2
    TESTED = 3
    NOT_NULL_COLUMN = 4


class _Target(NamedTuple):
    """A column that is written: its place, its name, whether it refuses NULL, or nothing of these."""

    place: tuple[int, int]
    name: str
    refuses: bool
    known: bool


class Parameters:
    """The parameters of one statement."""

    def __init__(self, query: Node, catalog: Catalog) -> None:
        """Find every appearance of every parameter in an analysed query."""
        self._catalog = catalog
        self.goes_to: dict[int, dict[tuple[int, int], None]] = {}
        """The columns, as (relation, column), that a parameter or its elements are assigned to."""
        self._query = query
        self._found: dict[int, tuple[_Need, str]] = {}
        self._elements: dict[int, tuple[bool, str]] = {}
        self._seen: set[tuple[int, int]] = set()
        nodes = list(walk(query))
        for node in nodes:
            self._look(node)
        for node in nodes:
            if (
                node.kind == "PARAM"
                and node.int("paramkind") == Param.EXTERN
                and _place(node) not in self._seen
            ):
                self._add(node, _Need.USED, "it is compared or computed with")

    def answer(self, number: int) -> Answer:
        """Answer whether parameter `$number` accepts NULL, and why."""
        need, why = self._found.get(number, (_Need.USED, "it is never used"))
        return not_null(why) if need in {_Need.USED, _Need.NOT_NULL_COLUMN} else may_be_null(why)

    def elements(self, number: int) -> Answer:
        """Answer whether the elements of array parameter `$number` accept NULL, and why."""
        refused, why = self._elements.get(number, (True, "its elements go to no nullable column"))
        return not_null(why) if refused else may_be_null(why)

    def _add(self, param: Node, need: _Need, why: str) -> None:
        self._seen.add(_place(param))
        number = param.int("paramid")
        if number not in self._found or need > self._found[number][0]:
            self._found[number] = (need, why)

    def _look(self, node: Node) -> None:
        match node.kind:
            case "NULLTEST" if param := _param(node["arg"]):
                self._add(param, _Need.TESTED, "it is tested with IS NULL")
            case "DISTINCTEXPR":
                for arg in node.nodes("args"):
                    if param := _param(arg):
                        self._add(param, _Need.TESTED, "IS DISTINCT FROM compares NULL, too")
            case "COALESCEEXPR":
                for arg in node.nodes("args"):
                    if param := _param(arg):
                        self._add(param, _Need.COALESCED, "it is passed to COALESCE")
            case "QUERY" if node.int("resultRelation"):
                entry = result_table(node)
                targets = node.nodes("targetList") if node.int("commandType") in _ASSIGNS else []
                if conflict := node.node("onConflict"):
                    targets = [*targets, *conflict.nodes("onConflictSet")]
                for action in node.nodes("mergeActionList"):
                    targets = [*targets, *action.nodes("targetList")]
                for target in targets:
                    place = entry.int("relid"), target.int("resno")
                    column = self._column(entry, target.int("resno"))
                    to = _Target(place, *(column or ("", False)), known=column is not None)
                    self._assign(self._around(node), target["expr"], to)

    def _around(self, query: Node) -> tuple[Node, ...]:
        """Return the queries from the statement's own down to `query`."""
        stack: list[tuple[Any, tuple[Node, ...]]] = [(self._query, ())]
        while stack:
            value, around = stack.pop()
            if value is query:
                return (*around, query)
            if isinstance(value, Node) and value.kind == "QUERY":
                around = (*around, value)
            parts = value.values() if isinstance(value, dict) else value
            stack += [(part, around) for part in parts if isinstance(part, dict | list)]
        return (query,)

    def _column(self, entry: Node, number: int) -> tuple[str, bool] | None:
        """Return a written column's name and whether it refuses NULL; through a view, its table's."""
        relation = self._catalog.relations.get(entry.int("relid"))
        if relation is None or number not in relation.columns:
            return None
        if relation.kind == "v" and relation.oid in self._catalog.views:
            (query, *_) = read(self._catalog.views[relation.oid])
            target = next((t for t in query.nodes("targetList") if t.int("resno") == number), None)
            if target is None or not target.int("resorigtbl"):
                return None
            origin = Node(relid=target["resorigtbl"])
            return self._column(origin, target.int("resorigcol"))
        column: Column = relation.columns[number]
        refuses = column.checked or self._catalog.types[column.type].not_null
        return f"{self._catalog.relation_name(relation.oid)}.{column.name}", refuses

    def _assign(self, around: tuple[Node, ...], e: Node, to: _Target) -> None:
        """Follow what is assigned to a column back to its parameters."""
        why = f"go to {to.name}, which {'is NOT NULL' if to.refuses else 'may be NULL'}"
        if param := _param(e):
            need = _Need.NOT_NULL_COLUMN if to.refuses else _Need.ASSIGNED
            self._goes(param, to)
            if to.known:
                self._add(param, need, why.replace("go", "it goes", 1))
            return
        e = uncast(e, *_CASTS)
        if e.kind == "CASEEXPR":
            results = [when["result"] for when in e.nodes("args")]
            for result in [*results, *([e["defresult"]] if e.get("defresult") else [])]:
                self._assign(around, result, to)
        elif e.kind == "COALESCEEXPR":
            for param in filter(None, map(_param, e.nodes("args"))):
                self._goes(param, to)
        elif param := self._unnested(e):
            self._goes(param, to)
            refused, _ = self._elements.get(param.int("paramid"), (False, ""))
            if to.known:
                self._elements[param.int("paramid")] = refused or to.refuses, f"its elements {why}"
        elif e.kind == "VAR" and not e.int("varlevelsup"):
            entry = around[-1].nodes("rtable")[e.int("varno") - 1]
            for source, inner in _sources(around, entry, e.int("varattno")):
                self._assign(source, inner, to)

    def _goes(self, param: Node, to: _Target) -> None:
        self.goes_to.setdefault(param.int("paramid"), {})[to.place] = None

    def _unnested(self, e: Node) -> Node | None:
        """Return the parameter whose elements an expression gives, a row each."""
        is_unnest = e.kind == "FUNCEXPR" and self._catalog.built_in(e.int("funcid")) == UNNEST
        return _param(e.nodes("args")[0]) if is_unnest else None


def _place(param: Node) -> tuple[int, int]:
    """Tell appearances apart: INSERT … SELECT states a parameter twice, and it stands there once."""
    return param.int("paramid"), param.int("location")


def _sources(
    around: tuple[Node, ...], entry: Node, attribute: int
) -> list[tuple[tuple[Node, ...], Node]]:
    """Return the expressions that a column of an entry stands for, and the queries around each."""
    match entry.int("rtekind"):
        case Entry.VALUES:
            return [(around, row[attribute - 1]) for row in entry.get("values_lists") or []]
        case Entry.FUNCTION:  # one column for each of `unnest(:a, :b)`
            parts = entry.nodes("functions")
            plain = all(part.int("funccolcount") == 1 for part in parts)
            return (
                [(around, parts[attribute - 1]["funcexpr"])]
                if plain and attribute <= len(parts)
                else []
            )
        case Entry.SUBQUERY:
            return _shown_by((*around, entry["subquery"]), attribute)
        case Entry.CTE:
            outer = around[: len(around) - entry.int("ctelevelsup")]
            ctes = outer[-1].nodes("cteList") if outer else []
            stated = [c["ctequery"] for c in ctes if c.text("ctename") == entry.text("ctename")]
            return [found for query in stated for found in _shown_by((*outer, query), attribute)]
    return []


def _shown_by(around: tuple[Node, ...], attribute: int) -> list[tuple[tuple[Node, ...], Node]]:
    """Return the same of a column that the innermost query shows, in each arm of a set operation."""
    query = around[-1]
    if query.int("commandType") != Command.SELECT:
        return []
    if query.get("setOperations"):
        arms = [e for e in query.nodes("rtable") if e.int("rtekind") == Entry.SUBQUERY]
        return [found for arm in arms for found in _sources(around, arm, attribute)]
    return [(around, t["expr"]) for t in query.nodes("targetList") if t.int("resno") == attribute]


def _param(e: Node) -> Node | None:
    """Return the parameter that an expression is, apart from casts."""
    e = uncast(e, *_CASTS)
    return e if e.kind == "PARAM" and e.int("paramkind") == Param.EXTERN else None
