"""Outer joins that always find a match: a side that is never empty, or a foreign key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amber_sql.compiler.described import Cardinality
from amber_sql.compiler.infer import cardinality
from amber_sql.compiler.infer.nodes import Entry, Join, bytes_of, conjuncts

if TYPE_CHECKING:
    from amber_sql.compiler.infer.level import Level
    from amber_sql.compiler.tree import Node


def always_matches(level: Level, item: Node) -> bool:
    """Tell whether every row of a LEFT or RIGHT JOIN's kept side finds a row on the other."""
    optional: Node = item["rarg"] if item.int("jointype") == Join.LEFT else item["larg"]
    condition = item.node("quals")
    if condition is None or (condition.kind == "CONST" and bytes_of(condition)[:1] == b"\x01"):
        return _never_empty(level, optional)
    return optional.kind == "RANGETBLREF" and _references(level, optional.int("rtindex"), condition)


def _never_empty(level: Level, item: Node) -> bool:
    if item.kind != "RANGETBLREF":
        return False
    entry = level.rtable[item.int("rtindex") - 1]
    if (
        entry.int("rtekind") == Entry.VALUES
        or cardinality.entry_rows(level, entry) is Cardinality.ONE
    ):
        return True
    if entry.int("rtekind") == Entry.SUBQUERY:
        inner = level.child(entry["subquery"])
        tree = inner.query.node("jointree")
        cut = any(inner.query.get(part) for part in ("limitCount", "limitOffset", "havingQual"))
        if (
            tree is not None
            and not cut
            and not inner.target_sets
            and not tree.get("quals")
            and len(tree.nodes("fromlist")) == 1
        ):
            return _never_empty(inner, tree.nodes("fromlist")[0])
    return False


def always_found(inner: Level) -> bool:
    """Tell whether a scalar subquery finds its row by a foreign key of the query around it."""
    query, tree = inner.query, inner.query.node("jointree")
    parts = (
        "limitCount",
        "limitOffset",
        "havingQual",
        "groupClause",
        "groupingSets",
        "setOperations",
    )
    if tree is None or any(query.get(part) for part in parts) or inner.parent is None:
        return False
    items, condition = tree.nodes("fromlist"), tree.node("quals")
    if condition is None or [item.kind for item in items] != ["RANGETBLREF"]:
        return False
    return _references(inner, items[0].int("rtindex"), condition, 1)


def _references(level: Level, number: int, condition: Node, up: int = 0) -> bool:
    """Tell whether a condition joins entry `number` by a foreign key whose columns are not NULL."""
    entry = level.rtable[number - 1]
    if entry.int("rtekind") != Entry.RELATION or entry.get("tablesample"):
        return False
    if not entry.flag("inh") and entry.text("relkind") == "p":
        return False  # ONLY a partitioned table: it has no rows
    if any(one.query.get("rowMarks") or one.returning for one in (level, level.level(up))):
        # A row that was locked late is joined anew, with the rows found before; one just written
        # may point to a row that was written by the same statement.
        return False
    pairs: dict[int, Node] = {}
    operators: dict[int, int] = {}
    for part in conjuncts(condition):
        args = part.nodes("args")
        if part.kind != "OPEXPR" or [arg.kind for arg in args] != ["VAR", "VAR"]:
            return False
        own = [arg.int("varno") == number and not arg.int("varlevelsup") for arg in args]
        one, other = args if own[0] else args[::-1]
        if own.count(True) != 1 or other.int("varlevelsup") != up:
            return False
        pairs[one.int("varattno")] = other
        operators[one.int("varattno")] = part.int("opno")
    sources = {other.int("varno") for other in pairs.values()}
    if len(sources) != 1:
        return False
    table = level.level(up).rtable[sources.pop() - 1]
    relation = level.catalog.relations.get(table.int("relid"))
    if relation is None or (relation.kind == "r" and relation.has_children and table.flag("inh")):
        return False  # children do not inherit foreign keys
    if table.int("rtekind") != Entry.RELATION or any(
        level.answer(other).nullable for other in pairs.values()
    ):
        return False
    wanted = {target: other.int("varattno") for target, other in pairs.items()}
    return any(
        key.target == entry.int("relid")
        and dict(zip(key.target_columns, key.columns, strict=True)) == wanted
        and all(
            operators[target] == op
            for target, op in zip(key.target_columns, key.operators, strict=True)
        )
        for key in level.catalog.foreign_keys.get(table.int("relid"), ())
    )
