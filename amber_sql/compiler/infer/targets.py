"""A written table or view → what else may happen to the row: triggers, rules, its own or below it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from amber_sql.compiler.infer.nodes import Entry

if TYPE_CHECKING:
    from amber_sql.compiler.infer.level import Level

_EVENTS = frozenset({"insert", "update", "delete"})


class Effects(NamedTuple):
    """What may change or drop a row on its way; a view's are also those of its table."""

    triggers: frozenset[str]
    """Which of insert, update, delete fire a row trigger BEFORE or INSTEAD OF."""
    rules: bool
    """Whether a rule may put another statement in the place of this one."""


def effects(level: Level, oid: int) -> Effects:
    """Return what writing to a relation may set off."""
    relation = level.catalog.relations.get(oid)
    if relation is None or relation.kind not in "rpv":
        return Effects(_EVENTS, rules=relation is None)
    if relation.kind == "p" and relation.triggers:
        # A row whose key changes moves: it is deleted in one partition and inserted in another.
        return Effects(_EVENTS, relation.rules)
    if relation.kind != "v" or relation.triggers or relation.rules:
        return Effects(relation.triggers, relation.rules)
    query = level.view(oid)
    tree = query.node("jointree") if query else None
    items = tree.nodes("fromlist") if tree else []
    if query is None or [item.kind for item in items] != ["RANGETBLREF"]:
        return Effects(_EVENTS, rules=True)
    entry = query.nodes("rtable")[items[0].int("rtindex") - 1]
    if entry.int("rtekind") != Entry.RELATION:
        return Effects(_EVENTS, rules=True)
    return effects(level, entry.int("relid"))
