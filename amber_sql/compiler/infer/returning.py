"""RETURNING: where the row that a statement shows differs from the row that its table or WHERE had."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amber_sql.compiler.infer.answers import Answer, may_be_null, not_null
from amber_sql.compiler.infer.nodes import (
    DO_UPDATE,
    NOT_MATCHED_BY_SOURCE,
    Command,
    Returning,
)
from amber_sql.compiler.infer.targets import effects
from amber_sql.compiler.tree import Node, read

if TYPE_CHECKING:
    from amber_sql.compiler.catalog import Catalog, Column, Relation
    from amber_sql.compiler.infer.level import Level

UPDATE, INSERT, DELETE, MERGE = Command.UPDATE, Command.INSERT, Command.DELETE, Command.MERGE
WRITES = frozenset({UPDATE, INSERT, DELETE, MERGE})
OLD, NEW = Returning.OLD, Returning.NEW


def may_differ(level: Level, var: Node) -> bool:
    """Tell whether the row that RETURNING shows may differ here from the row that WHERE saw."""
    if level.command == DELETE:
        return var.int("varreturningtype") == NEW
    if level.command != UPDATE:
        return True
    if var.int("varreturningtype") == OLD:
        return False
    relation = level.catalog.relations.get(level.rtable[level.result - 1].int("relid"))
    column = relation.columns.get(var.int("varattno")) if relation else None
    if relation is None or column is None or relation.kind not in "rp":
        return True
    set_off = effects(level, relation.oid)
    if set_off.rules or "update" in set_off.triggers:
        return True
    assigned = {target.int("resno") for target in level.query.nodes("targetList")}
    return bool(column.generated) or column.number in assigned


def answer_returned(level: Level, var: Node, name: str) -> Answer | None:
    """Answer for RETURNING where it differs from reading the table."""
    kind = var.int("varreturningtype")
    if var.int("varno") != level.result:
        if level.command == MERGE and any(
            action.int("matchKind") == NOT_MATCHED_BY_SOURCE
            for action in level.query.nodes("mergeActionList")
        ):
            return may_be_null(f"{name} is null for rows not matched by source")
        return None
    if (kind == OLD and level.command in {INSERT, MERGE}) or (
        kind == NEW and level.command in {DELETE, MERGE}
    ):
        return may_be_null("there may be no such row: old of an INSERT, new of a DELETE")
    relation = level.catalog.relations.get(level.rtable[level.result - 1].int("relid"))
    attribute = var.int("varattno")
    if relation is None or relation.kind not in "rp":
        return _through_view(level, relation, attribute, name)
    column = relation.columns.get(attribute)
    if relation.rules:
        return may_be_null("a rule may write something else")
    if column is None or column.not_null or column.generated:
        return None
    alone = level.command == INSERT or not relation.has_children
    if column.checked and alone and kind != OLD and level.command in {INSERT, UPDATE}:
        return not_null(f"{name} is NOT NULL in every new row")
    event = "insert" if level.command == INSERT else "update"
    triggers = effects(level, relation.oid).triggers
    if kind == OLD or level.command not in {INSERT, UPDATE} or event in triggers:
        return None
    values = [
        target for target in level.query.nodes("targetList") if target.int("resno") == attribute
    ]
    conflict = level.query.node("onConflict")
    if conflict is not None and conflict.int("action") == DO_UPDATE:
        if "update" in triggers:
            return None
        updates = [
            target for target in conflict.nodes("onConflictSet") if target.int("resno") == attribute
        ]
        values = values + updates if values and updates else []
    before = level.before()
    if values and not any(before.answer(target["expr"]).nullable for target in values):
        return not_null(f"{name} was just given a value")
    return None


def _through_view(level: Level, relation: Relation | None, attribute: int, name: str) -> Answer:
    """Answer for a column that is written through a view: its conditions hold for no new row."""
    if relation is not None and not effects(level, relation.oid).rules:
        origin = _view_origin(level.catalog, relation, attribute)
        if origin is not None and origin.not_null:
            return not_null(f"{name} is NOT NULL in the view's table")
    return may_be_null(f"{name} is written through a view")


def _view_origin(catalog: Catalog, relation: Relation, attribute: int) -> Column | None:
    """Return the table's column that a column of a simple view is."""
    # A trigger of a view may make up a row; those of its table leave NOT NULL alone.
    if relation.oid not in catalog.views or relation.triggers:
        return None
    (query, *_) = read(catalog.views[relation.oid])
    target = next((t for t in query.nodes("targetList") if t.int("resno") == attribute), None)
    table = catalog.relations.get(target.int("resorigtbl")) if target else None
    if target is None or table is None:
        return None
    number = target.int("resorigcol")
    return _view_origin(catalog, table, number) if table.kind == "v" else table.columns.get(number)
