"""RETURNING: where the row that a statement shows differs from the row that its table or WHERE had."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amber_sql.compiler.infer.answers import Answer, may_be_null, not_null
from amber_sql.compiler.infer.targets import effects
from amber_sql.compiler.tree import Node, read

if TYPE_CHECKING:
    from amber_sql.compiler.catalog import Catalog, Column, Relation
    from amber_sql.compiler.infer.scope import Scope

UPDATE, INSERT, DELETE, MERGE = 2, 3, 4, 5
WRITES = frozenset({UPDATE, INSERT, DELETE, MERGE})
OLD, NEW = 1, 2
"""Which row a column means in PostgreSQL 18: `old.`, `new.`; else 0, the statement's own."""


def may_differ(scope: Scope, var: Node) -> bool:
    """Tell whether the row that RETURNING shows may differ here from the row that WHERE saw."""
    if scope.command == DELETE:
        return var.int("varreturningtype") == NEW
    if scope.command != UPDATE:
        return True
    if var.int("varreturningtype") == OLD:
        return False
    relation = scope.catalog.relations.get(scope.rtable[scope.result - 1].int("relid"))
    column = relation.columns.get(var.int("varattno")) if relation else None
    if relation is None or column is None or relation.kind not in "rp":
        return True
    set_off = effects(scope, relation.oid)
    if set_off.rules or "update" in set_off.triggers:
        return True
    assigned = {target.int("resno") for target in scope.query.nodes("targetList")}
    return bool(column.generated) or column.number in assigned


def answer_returned(scope: Scope, var: Node, name: str) -> Answer | None:
    """Answer for RETURNING where it differs from reading the table."""
    kind = var.int("varreturningtype")
    if var.int("varno") != scope.result:
        if scope.command == MERGE and any(
            action.int("matchKind") == 1 for action in scope.query.nodes("mergeActionList")
        ):
            return may_be_null(f"{name} is null for rows not matched by source")
        return None
    if (kind == OLD and scope.command in {INSERT, MERGE}) or (
        kind == NEW and scope.command in {DELETE, MERGE}
    ):
        return may_be_null("there may be no such row: old of an INSERT, new of a DELETE")
    relation = scope.catalog.relations.get(scope.rtable[scope.result - 1].int("relid"))
    attribute = var.int("varattno")
    if relation is None or relation.kind not in "rp":
        return _through_view(scope, relation, attribute, name)
    column = relation.columns.get(attribute)
    if relation.rules:
        return may_be_null("a rule may write something else")
    if column is None or column.not_null or column.generated:
        return None
    alone = scope.command == INSERT or not relation.has_children
    if column.checked and alone and kind != OLD and scope.command in {INSERT, UPDATE}:
        return not_null(f"{name} is NOT NULL in every new row")
    event = "insert" if scope.command == INSERT else "update"
    triggers = effects(scope, relation.oid).triggers
    if kind == OLD or scope.command not in {INSERT, UPDATE} or event in triggers:
        return None
    values = [
        target for target in scope.query.nodes("targetList") if target.int("resno") == attribute
    ]
    conflict = scope.query.node("onConflict")
    if conflict is not None and conflict.int("action") == 2:  # ON CONFLICT DO UPDATE
        if "update" in triggers:
            return None
        updates = [
            target for target in conflict.nodes("onConflictSet") if target.int("resno") == attribute
        ]
        values = values + updates if values and updates else []
    before = scope.before()
    if values and not any(before.answer(target["expr"]).nullable for target in values):
        return not_null(f"{name} was just given a value")
    return None


def _through_view(scope: Scope, relation: Relation | None, attribute: int, name: str) -> Answer:
    """Answer for a column that is written through a view: its conditions hold for no new row."""
    if relation is not None and not effects(scope, relation.oid).rules:
        origin = _view_origin(scope.catalog, relation, attribute)
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
