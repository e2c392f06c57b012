"""A query of the tree → how many rows it can return: none, exactly one, at most one, or many.

At most one is proven by a unique key that is bound by equality, column by column, to something
that is fixed for the whole statement. Bindings spread: `b.a_id = a.id` fixes `a.id` once `b` is
a single row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from amber_sql.compiler.described import Cardinality
from amber_sql.compiler.infer import ranges
from amber_sql.compiler.infer.targets import effects

if TYPE_CHECKING:
    from amber_sql.compiler.infer.bindings import Bindings
    from amber_sql.compiler.infer.scope import Scope
    from amber_sql.compiler.tree import Node


NONE, ONE, ZERO_OR_ONE, MANY = Cardinality
_SINGLE = {ONE, ZERO_OR_ONE}
_INT8_OF_INT4 = 481


def rows(scope: Scope) -> Cardinality:
    """Return what is proven of the number of rows."""
    match scope.command:
        case 1:
            return _limited(scope, _select(scope))
        case 3:
            return _insert(scope)
        case 2 | 4 | 5:
            return _written(scope)
    return NONE


def _limited(scope: Scope, found: Cardinality) -> Cardinality:
    """Apply LIMIT and OFFSET, which may leave nothing; LIMIT 1 leaves at most one."""
    query = scope.query
    limit, offset = query.node("limitCount"), query.node("limitOffset")
    if limit is None and offset is None and not query.get("rowMarks"):
        return found
    number = _number(limit) if limit is not None else None
    if number and offset is None and found is ONE:
        return ONE
    if number in {0, 1} and query.int("limitOption") == 0:
        return ZERO_OR_ONE
    return ZERO_OR_ONE if found in _SINGLE else MANY


def _number(limit: Node) -> int | None:
    """Return the constant of a LIMIT, which the server prints as the bytes of a bigint."""
    if limit.kind == "FUNCEXPR" and limit.int("funcid") == _INT8_OF_INT4:
        limit = limit.nodes("args")[0]
    if limit.kind != "CONST" or limit.flag("constisnull"):
        return None
    return int.from_bytes(bytes(int(b) & 0xFF for b in limit["constvalue"]), "little", signed=True)


def _select(scope: Scope) -> Cardinality:
    query = scope.query
    if scope.target_sets:
        return MANY
    if (setop := query.node("setOperations")) is not None:
        return _set_operation(scope, setop)
    sets = query.nodes("groupingSets")
    if query.flag("hasAggs") or query.get("havingQual") or query.get("groupClause") or sets:
        if not query.get("groupClause") and [s.int("kind") for s in sets] in ([], [0]):
            return ZERO_OR_ONE if query.get("havingQual") else ONE
        if not sets and scope.bindings().all_fixed(_group_keys(query)):
            return ZERO_OR_ONE
        return MANY
    tree = query.node("jointree")
    bindings = scope.bindings()
    found = [_from(scope, item, bindings) for item in tree.nodes("fromlist")] if tree else []
    if all(one is ONE for one in found):
        return ZERO_OR_ONE if tree and tree.get("quals") else ONE
    if bindings.all_single():
        return ZERO_OR_ONE
    distinct = [
        t["expr"]
        for t in query.nodes("targetList")
        if t.int("ressortgroupref") in _references(query, "distinctClause")
    ]
    return ZERO_OR_ONE if distinct and bindings.all_fixed(distinct) else MANY


def _references(query: Node, clause: str) -> set[int]:
    return {item.int("tleSortGroupRef") for item in query.nodes(clause)}


def _group_keys(query: Node) -> list[Node]:
    references = _references(query, "groupClause")
    return [t["expr"] for t in query.nodes("targetList") if t.int("ressortgroupref") in references]


def _set_operation(scope: Scope, node: Node) -> Cardinality:
    if node.kind == "RANGETBLREF":
        return scope.child(scope.rtable[node.int("rtindex") - 1]["subquery"]).rows()
    left, right = _set_operation(scope, node["larg"]), _set_operation(scope, node["rarg"])
    match node.int("op"):
        case 2:
            return ZERO_OR_ONE if left in _SINGLE or right in _SINGLE else MANY
        case 3:
            return ZERO_OR_ONE if left in _SINGLE else MANY
    return MANY


def _from(scope: Scope, item: Node, bindings: Bindings | None = None) -> Cardinality:
    """Return what an item of FROM gives by itself, whatever binds its keys."""
    if item.kind == "JOINEXPR":
        left, right = (_from(scope, item[arm], bindings) for arm in ("larg", "rarg"))
        match item.int("jointype"):
            case 0 if not item.get("quals"):
                return ONE if left is right is ONE else MANY
            case 1:
                return ONE if left is ONE and right in _SINGLE else MANY
            case 3:
                return ONE if right is ONE and left in _SINGLE else MANY
        return MANY
    found = entry_rows(scope, scope.rtable[item.int("rtindex") - 1])
    bound = bindings is not None and bindings.is_single(item.int("rtindex"))
    return ZERO_OR_ONE if found is MANY and bound else found


def entry_rows(scope: Scope, entry: Node) -> Cardinality:
    """Return how many rows a subquery, CTE, function or VALUES gives by itself."""
    match entry.int("rtekind"):
        case ranges.SUBQUERY:
            return scope.child(entry["subquery"]).rows()
        case ranges.FUNCTION:
            calls = [part["funcexpr"] for part in entry.nodes("functions")]
            return (
                MANY
                if any(call.flag("funcretset") or call.flag("opretset") for call in calls)
                else ONE
            )
        case ranges.VALUES:
            return ONE if len(entry.get("values_lists") or []) == 1 else MANY
        case ranges.CTE:
            owner, cte = ranges.find_cte(scope, entry)
            if cte is not None and not cte.flag("cterecursive"):
                return owner.child(cte["ctequery"]).rows()
        case ranges.RESULT:
            return ONE
    return MANY


def _insert(scope: Scope) -> Cardinality:
    query = scope.query
    if not query.get("returningList"):
        return NONE
    tree = query.node("jointree")
    items = tree.nodes("fromlist") if tree else []
    found = ONE
    for item in items:
        one = _from(scope, item)
        found = one if one is not ONE else found
    if scope.target_sets or len(items) > 1:
        return MANY
    set_off = effects(scope, scope.rtable[scope.result - 1].int("relid"))
    if set_off.rules:
        return MANY
    plain = "insert" not in set_off.triggers
    conflict = query.node("onConflict")
    if conflict is not None:
        # DO UPDATE without WHERE writes one row or the other; DO NOTHING may write none.
        updates = conflict.int("action") == 2 and not conflict.get("onConflictWhere")
        plain = plain and updates and "update" not in set_off.triggers
    return ZERO_OR_ONE if found is ONE and not plain else found


def _written(scope: Scope) -> Cardinality:
    """Return the rows of UPDATE, DELETE or MERGE: each target row appears once, however often joined."""
    if not scope.query.get("returningList"):
        return NONE
    if effects(scope, scope.rtable[scope.result - 1].int("relid")).rules:
        return MANY
    bindings = scope.bindings()
    if scope.command == 5:  # MERGE: every row of the source may act
        by_source = any(
            action.int("matchKind") == 1 for action in scope.query.nodes("mergeActionList")
        )
        return ZERO_OR_ONE if not by_source and bindings.all_single() else MANY
    return ZERO_OR_ONE if bindings.is_single(scope.result) else MANY
