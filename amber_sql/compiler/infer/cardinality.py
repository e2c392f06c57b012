"""A query of the tree → how many rows it can return: none, exactly one, at most one, or many.

At most one is proven by a unique key that is bound by equality, column by column, to something
that is fixed for the whole statement. Bindings spread: `b.a_id = a.id` fixes `a.id` once `b` is
a single row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from amber_sql.compiler.described import Cardinality
from amber_sql.compiler.infer import set_operations
from amber_sql.compiler.infer.answers import SINGLE
from amber_sql.compiler.infer.ctes import find_cte
from amber_sql.compiler.infer.nodes import (
    DO_UPDATE,
    NOT_MATCHED_BY_SOURCE,
    Command,
    Entry,
    Grouping,
    Join,
    bytes_of,
)
from amber_sql.compiler.infer.targets import effects

if TYPE_CHECKING:
    from amber_sql.compiler.infer.level import Fixed, Level
    from amber_sql.compiler.tree import Node

NONE, ONE, ZERO_OR_ONE, MANY = Cardinality
_INT8_OF_INT4 = 481


def rows(level: Level) -> Cardinality:
    """Return what is proven of the number of rows."""
    match level.command:
        case Command.SELECT:
            return _limited(level, _select(level))
        case Command.INSERT:
            return _insert(level)
        case Command.UPDATE | Command.DELETE | Command.MERGE:
            return _written(level)
    return NONE


def at_most_one(level: Level) -> bool:
    """Tell whether a query returns no more than one row."""
    return level.rows() in SINGLE


def gives_one(level: Level, entry: Node) -> bool:
    """Tell whether an entry of the range table gives no more than one row by itself."""
    return entry_rows(level, entry) in SINGLE


def _limited(level: Level, found: Cardinality) -> Cardinality:
    """Apply LIMIT and OFFSET, which may leave nothing; LIMIT 1 leaves at most one."""
    query = level.query
    limit, offset = query.node("limitCount"), query.node("limitOffset")
    if limit is None and offset is None and not query.get("rowMarks"):
        return found
    number = _number(limit) if limit is not None else None
    if number and offset is None and found is ONE:
        return ONE
    if number in {0, 1} and query.int("limitOption") == 0:
        return ZERO_OR_ONE
    return ZERO_OR_ONE if found in SINGLE else MANY


def _number(limit: Node) -> int | None:
    """Return the constant of a LIMIT, which the server prints as the bytes of a bigint."""
    if limit.kind == "FUNCEXPR" and limit.int("funcid") == _INT8_OF_INT4:
        limit = limit.nodes("args")[0]
    if limit.kind != "CONST" or limit.flag("constisnull"):
        return None
    return int.from_bytes(bytes_of(limit), "little", signed=True)


def _select(level: Level) -> Cardinality:
    query = level.query
    if level.target_sets:
        return MANY
    if (setop := query.node("setOperations")) is not None:
        return set_operations.rows(level, setop)
    sets = query.nodes("groupingSets")
    if query.flag("hasAggs") or query.get("havingQual") or query.get("groupClause") or sets:
        if not query.get("groupClause") and [s.int("kind") for s in sets] in ([], [Grouping.EMPTY]):
            return ZERO_OR_ONE if query.get("havingQual") else ONE
        if not sets and level.bindings().all_fixed(_group_keys(query)):
            return ZERO_OR_ONE
        return MANY
    tree = query.node("jointree")
    bindings = level.bindings()
    found = [_from(level, item, bindings) for item in tree.nodes("fromlist")] if tree else []
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


def _from(level: Level, item: Node, bindings: Fixed | None = None) -> Cardinality:
    """Return what an item of FROM gives by itself, whatever binds its keys."""
    if item.kind == "JOINEXPR":
        left, right = (_from(level, item[arm], bindings) for arm in ("larg", "rarg"))
        match item.int("jointype"):
            case Join.INNER if not item.get("quals"):
                return ONE if left is right is ONE else MANY
            case Join.LEFT:
                return ONE if left is ONE and right in SINGLE else MANY
            case Join.RIGHT:
                return ONE if right is ONE and left in SINGLE else MANY
        return MANY
    found = entry_rows(level, level.rtable[item.int("rtindex") - 1])
    bound = bindings is not None and item.int("rtindex") in bindings.single
    return ZERO_OR_ONE if found is MANY and bound else found


def entry_rows(level: Level, entry: Node) -> Cardinality:
    """Return how many rows a subquery, CTE, function or VALUES gives by itself."""
    match entry.int("rtekind"):
        case Entry.SUBQUERY:
            return level.child(entry["subquery"]).rows()
        case Entry.FUNCTION:
            calls = [part["funcexpr"] for part in entry.nodes("functions")]
            return (
                MANY
                if any(call.flag("funcretset") or call.flag("opretset") for call in calls)
                else ONE
            )
        case Entry.VALUES:
            return ONE if len(entry.get("values_lists") or []) == 1 else MANY
        case Entry.CTE:
            owner, cte = find_cte(level, entry)
            if cte is not None and not cte.flag("cterecursive"):
                return owner.child(cte["ctequery"]).rows()
        case Entry.RESULT:
            return ONE
    return MANY


def _insert(level: Level) -> Cardinality:
    query = level.query
    if not query.get("returningList"):
        return NONE
    tree = query.node("jointree")
    items = tree.nodes("fromlist") if tree else []
    found = ONE
    for item in items:
        one = _from(level, item)
        found = one if one is not ONE else found
    if level.target_sets or len(items) > 1:
        return MANY
    set_off = effects(level, level.rtable[level.result - 1].int("relid"))
    if set_off.rules:
        return MANY
    plain = "insert" not in set_off.triggers
    conflict = query.node("onConflict")
    if conflict is not None:
        # DO UPDATE without WHERE writes one row or the other; DO NOTHING may write none.
        updates = conflict.int("action") == DO_UPDATE and not conflict.get("onConflictWhere")
        plain = plain and updates and "update" not in set_off.triggers
    return ZERO_OR_ONE if found is ONE and not plain else found


def _written(level: Level) -> Cardinality:
    """Return the rows of UPDATE, DELETE or MERGE: each target row appears once, however often joined."""
    if not level.query.get("returningList"):
        return NONE
    if effects(level, level.rtable[level.result - 1].int("relid")).rules:
        return MANY
    bindings = level.bindings()
    if level.command == Command.MERGE:  # MERGE: every row of the source may act
        by_source = any(
            action.int("matchKind") == NOT_MATCHED_BY_SOURCE
            for action in level.query.nodes("mergeActionList")
        )
        return ZERO_OR_ONE if not by_source and bindings.all_single() else MANY
    return ZERO_OR_ONE if level.result in bindings.single else MANY
