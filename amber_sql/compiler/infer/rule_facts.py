"""A query of the tree → what the rules of `check` ask about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amber_sql.compiler.described import Cardinality, Facts
from amber_sql.compiler.infer.cardinality import at_most_one
from amber_sql.compiler.infer.nodes import (
    Command,
    Entry,
    Form,
    bytes_of,
    conjuncts,
    result_table,
    shown,
    uncast,
)
from amber_sql.compiler.infer.tenants import unscoped
from amber_sql.compiler.tree import selected, walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amber_sql.compiler.infer.level import Level
    from amber_sql.compiler.tree import Node

_CONSTANT = {"CONST", "OPEXPR", "BOOLEXPR"}


def rule_facts(level: Level, cardinality: Cardinality) -> Facts:
    """Collect the facts of a statement, its CTEs included."""
    queries = [node for node in walk(level.query) if node.kind == "QUERY"]
    return Facts(
        bounded=cardinality is not Cardinality.MANY or _bounded(level),
        no_where=any(map(_no_where, queries)),
        misses_updated_at=any(_misses_updated_at(level, query) for query in queries),
        unfilled=tuple(name for query in queries for name in _unfilled(level, query)),
        unscoped=unscoped(level),
        candidates=_candidates(level) if cardinality is Cardinality.MANY else (),
        meant_rows=tuple(found for query in queries for found in _meant_rows(query)),
        inserts=_plain_insert(level),
        selects=tuple(sorted(set(selected(level.query)))),
    )


def _bounded(level: Level) -> bool:
    """Tell whether something bounds a list: a LIMIT, or an index whose first column is fixed."""
    query = level.query
    if query.get("limitCount") or level.returning:
        return True
    bindings = level.bindings()
    entries = [(n, level.rtable[n - 1]) for n in sorted(bindings.tables)]
    tables = [(n, entry) for n, entry in entries if entry.int("rtekind") == Entry.RELATION]
    if not tables:
        inner = [entry["subquery"] for _, entry in entries if entry.node("subquery")]
        return all(_bounded(level.child(one)) or at_most_one(level.child(one)) for one in inner)
    return any(bindings.starts_index(number) for number, _ in tables)


def _no_where(query: Node) -> bool:
    """Tell whether an UPDATE or DELETE picks no rows: `WHERE true`, or `1 = 1`, is as good as none."""
    if query.int("commandType") not in {Command.UPDATE, Command.DELETE}:
        return False
    tree = query.node("jointree")
    parts = list(conjuncts(tree.node("quals") if tree is not None else None))
    return not any(_picks(part) for part in parts)


def _picks(condition: Node) -> bool:
    """Tell whether a condition is false, or holds more than constants and operators."""
    if condition.kind == "CONST":
        return not any(bytes_of(condition))
    return any(node.kind not in _CONSTANT for node in walk(condition))


def _misses_updated_at(level: Level, query: Node) -> bool:
    """Tell whether a row is changed and its updated_at is not."""
    if not query.int("resultRelation"):
        return False
    relation = level.catalog.relations.get(result_table(query).int("relid"))
    stamp = (
        next((c.number for c in relation.columns.values() if c.name == "updated_at"), None)
        if relation
        else None
    )
    if stamp is None:
        return False
    changes = [query.nodes("targetList")] if query.int("commandType") == Command.UPDATE else []
    conflict = query.node("onConflict")
    if conflict is not None and conflict.nodes("onConflictSet"):
        changes.append(conflict.nodes("onConflictSet"))
    changes += [
        a.nodes("targetList")
        for a in query.nodes("mergeActionList")
        if a.int("commandType") == Command.UPDATE
    ]
    return any(all(target.int("resno") != stamp for target in targets) for targets in changes)


def _unfilled(level: Level, query: Node) -> Iterator[str]:
    """Yield the columns that every row of an INSERT has NULL in, and that refuse it."""
    actions = [query, *query.nodes("mergeActionList")]
    inserts = [one for one in actions if one.int("commandType") == Command.INSERT]
    entry = result_table(query) if inserts else None
    relation = level.catalog.relations.get(entry.int("relid")) if entry else None
    if relation is None or relation.kind not in "rp" or "insert" in relation.triggers:
        return  # a trigger may fill what is missing
    for insert in () if relation.rules else inserts:
        given = {target.int("resno") for target in insert.nodes("targetList")}
        for column in relation.columns.values():
            is_domain = level.catalog.types[column.type].base  # which may have a default of its own
            needed = column.checked and not column.has_default and not is_domain
            if needed and column.number not in given:
                yield f"{relation.name}.{column.name}"


def _candidates(level: Level) -> tuple[str, ...]:
    """Name the unique keys of the statement's tables."""
    found = []
    for entry in level.rtable:
        if entry.int("rtekind") == Entry.RELATION and (
            relation := level.catalog.relations.get(entry.int("relid"))
        ):
            for index in level.catalog.indexes.get(relation.oid, ()):
                where = f" WHERE {index.condition}" if index.condition else ""
                keys = ", ".join(key.text for key in index.keys)
                found.append(f"{relation.name} ({keys}){where}")
    return tuple(dict.fromkeys(found))


def _meant_rows(query: Node) -> Iterator[tuple[str, int]]:
    """Yield the columns in a select list that have the name of their table's alias."""
    for target in shown(query):
        e = target["expr"]
        if e.kind in {"AGGREF", "FUNCEXPR"} and len(e.nodes("args")) == 1:  # to_jsonb(s)
            (e,) = e.nodes("args")
            e = e["expr"] if e.kind == "TARGETENTRY" else e
        e = uncast(e)
        if e.kind != "VAR" or e.int("varlevelsup") or e.int("varattno") < 1:
            continue
        entry = query.nodes("rtable")[e.int("varno") - 1]
        alias, known = entry.node("alias"), entry.node("eref")
        names = (known.get("colnames") if known else None) or []
        if alias is None or entry.int("rtekind") not in {Entry.RELATION, Entry.SUBQUERY, Entry.CTE}:
            continue
        if len(names) > 1 and names[e.int("varattno") - 1] == alias.text("aliasname"):
            yield alias.text("aliasname"), e.int("location")


def _plain_insert(level: Level) -> tuple[int, tuple[int, ...]] | None:
    """Return what an INSERT of nothing but parameters fills: COPY can do the same."""
    query = level.query
    if (
        query.int("commandType") != Command.INSERT
        or query.get("onConflict")
        or query.get("returningList")
        or query.get("cteList")
    ):
        return None
    targets = sorted(query.nodes("targetList"), key=lambda target: target.int("resno"))
    columns: dict[int, int] = {}
    for target in targets:
        e = uncast(target["expr"], Form.IMPLICIT_CAST)
        if e.kind != "PARAM" or e.int("paramid") in columns:
            return None
        columns[e.int("paramid")] = target.int("resno")
    relation = result_table(query).int("relid")
    return relation, tuple(columns[number] for number in sorted(columns))
