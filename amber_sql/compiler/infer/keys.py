"""A query → its keys: sets of output columns that no two of its rows share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amber_sql.compiler.infer import cardinality, key_equality
from amber_sql.compiler.infer.bindings import Bindings
from amber_sql.compiler.infer.nodes import Command, Entry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amber_sql.compiler.infer.level import Level
    from amber_sql.compiler.tree import Node

_ROW_NUMBER = 3100
"""The oid of row_number()."""


def output_keys(level: Level) -> Iterator[frozenset[int]]:
    """Yield sets of output columns (from 1) that no two rows of a query share."""
    query = level.query
    if query.flag("hasTargetSRFs") or level.command != Command.SELECT:
        return
    if cardinality.at_most_one(level):
        yield frozenset()
    targets = query.nodes("targetList")
    visible = {t.int("resno"): t for t in targets if not t.flag("resjunk")}
    setop = query.node("setOperations")
    if setop is not None:
        if not setop.flag("all"):
            yield frozenset(visible)
        return
    own_equalities = set(level.catalog.own_equalities.values())
    for clause in ("groupClause", "distinctClause"):
        references = {item.int("tleSortGroupRef") for item in query.nodes(clause)}
        if not {item.int("eqop") for item in query.nodes(clause)} <= own_equalities:
            continue  # ORDER BY … USING another operator's equality
        columns = {
            t.int("ressortgroupref"): n
            for n, t in visible.items()
            if t.int("ressortgroupref") in references
        }
        if references and not query.get("groupingSets") and references <= set(columns):
            yield frozenset(columns.values())
    yield from _numbered_keys(query, visible)
    if query.get("groupClause") or query.get("groupingSets") or query.flag("hasAggs"):
        return
    shown: dict[tuple[int, int], int] = {}
    for number, target in visible.items():
        e = target["expr"]
        if e.kind == "VAR" and not e.int("varlevelsup"):
            shown[e.int("varno"), e.int("varattno")] = number
    for table in {number for number, _ in shown}:
        entry = level.rtable[table - 1]
        relation = level.catalog.relations.get(entry.int("relid"))
        if entry.int("rtekind") != Entry.RELATION or relation is None:
            continue
        for index in level.catalog.indexes.get(relation.oid, ()):
            keys = frozenset((table, key.column) for key in index.keys)
            if (
                keys <= set(shown)
                and key_equality.is_by_default(level.catalog, index, relation)
                and Bindings(level, keys).all_single()
            ):
                yield frozenset(shown[key] for key in keys)


def _numbered_keys(query: Node, visible: dict[int, Node]) -> Iterator[frozenset[int]]:
    """Yield the column of row_number(), with those that it is partitioned by."""
    for number, target in visible.items():
        call = target["expr"]
        if call.kind != "WINDOWFUNC" or call.int("winfnoid") != _ROW_NUMBER:
            continue
        windows = query.nodes("windowClause")
        window = next(w for w in windows if w.int("winref") == call.int("winref"))
        wanted = {item.int("tleSortGroupRef") for item in window.nodes("partitionClause")}
        columns = {
            t.int("ressortgroupref"): n
            for n, t in visible.items()
            if t.int("ressortgroupref") in wanted
        }
        if wanted <= set(columns):
            yield frozenset([number, *columns.values()])
