"""An expression of the tree that is json or jsonb → its shape, as far as its constructors show it.

What is built by PostgreSQL's own constructors has the shape that they say; what comes from a column has
that of the column's own JSON; anything else is ANY.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from amber_sql.compiler.described import JsonKind, JsonShape
from amber_sql.compiler.infer import json_constructors as constructors
from amber_sql.compiler.infer import json_parts as parts
from amber_sql.compiler.infer.ctes import find_cte
from amber_sql.compiler.infer.expression_types import type_in
from amber_sql.compiler.infer.json_constructors import SAME
from amber_sql.compiler.infer.json_parts import ANY
from amber_sql.compiler.infer.nodes import Entry, SubLink, bytes_of, shown
from amber_sql.compiler.infer.set_operations import arms
from amber_sql.compiler.tree import UnknownFormError

if TYPE_CHECKING:
    from amber_sql.compiler.infer.level import Level
    from amber_sql.compiler.tree import Node


def held_by(level: Level, kind: int, e: Node) -> JsonShape | None:
    """Return the shape of the JSON that a value is, or is an array of; None of any other."""
    if level.catalog.is_json(kind):
        return shape(level, e)
    return elements(level, e) if level.catalog.holds_json(kind) else None


def of_result(level: Level, kind: int, number: int) -> JsonShape | None:
    """Return the same of an output column."""
    if level.catalog.is_json(kind):
        return of_column(level, number)
    return elements_of_column(level, number) if level.catalog.holds_json(kind) else None


def shape(level: Level, e: Node) -> JsonShape:
    """Return the shape of JSON that is not NULL, seen from `level`."""
    try:
        return _shape(level, e)
    except (UnknownFormError, LookupError, TypeError, ValueError, RecursionError):
        return ANY


def of_column(level: Level, number: int) -> JsonShape:
    """Return the shape of an output column's JSON."""
    return parts.any_of(
        shape(one, shown(one.query)[number - 1]["expr"])
        for one in arms(level)
        if not _is_null(shown(one.query)[number - 1]["expr"])
    )


def elements(level: Level, e: Node) -> JsonShape:
    """Return the shape of the elements of an array of JSON."""
    try:
        return _elements(level, e)
    except (UnknownFormError, LookupError, TypeError, ValueError, RecursionError):
        return ANY


def elements_of_column(level: Level, number: int) -> JsonShape:
    """Return the same of an output column."""
    return parts.any_of(elements(one, shown(one.query)[number - 1]["expr"]) for one in arms(level))


def _shape(level: Level, e: Node) -> JsonShape:
    if not level.catalog.is_json(type_in(level.catalog, e)):
        return ANY
    if e.kind in SAME:
        return shape(level, e["arg"])
    match e.kind:
        case "VAR":
            return _var(level.level(e.int("varlevelsup")), e)
        case "CONST":
            return constructors.constant(level, e)
        case "COALESCEEXPR":
            return _one_of(level, e.nodes("args"))
        case "CASEEXPR":
            results = [when["result"] for when in e.nodes("args")]
            return _one_of(level, [*results, *filter(None, [e.node("defresult")])])
        case "NULLIFEXPR":
            return shape(level, e.nodes("args")[0])
        case "SUBLINK" if e.int("subLinkType") == SubLink.EXPR:
            return of_column(level.child(e["subselect"]), 1)
        case "AGGREF" | "WINDOWFUNC":
            return constructors.aggregate(level, e)
        case "FUNCEXPR":
            return constructors.call(level, e)
        case "JSONCONSTRUCTOREXPR":
            return constructors.sql_json(level, e)
        case "JSONVALUEEXPR":
            return shape(level, e.node("formatted_expr") or e["raw_expr"])
        case "FIELDSELECT":
            return _field(level, e)
    return ANY


def _is_null(e: Node) -> bool:
    while e.kind in SAME:
        e = e["arg"]
    return e.kind == "CONST" and e.flag("constisnull")


def _one_of(level: Level, choices: list[Node]) -> JsonShape:
    return parts.any_of(shape(level, one) for one in choices if not _is_null(one))


def _field(level: Level, e: Node) -> JsonShape:
    row, number = e["arg"], e.int("fieldnum")
    if row.kind == "ROWEXPR":
        return shape(level, row.nodes("args")[number - 1])
    if row.kind == "VAR" and not row.int("varattno"):
        column = type(row)(row, varattno=str(number), vartype=e.get("resulttype"))
        column.kind = "VAR"
        return shape(level, column)
    return ANY


def _var(level: Level, var: Node) -> JsonShape:
    attribute, entry = var.int("varattno"), level.rtable[var.int("varno") - 1]
    match entry.int("rtekind"):
        case Entry.RELATION:
            return _relation(level, var, entry)
        case Entry.SUBQUERY:
            return of_column(level.child(entry["subquery"]), attribute)
        case Entry.JOIN:
            return shape(level, entry["joinaliasvars"][attribute - 1])
        case Entry.GROUP:
            return shape(level, entry.nodes("groupexprs")[attribute - 1])
        case Entry.VALUES:
            return _one_of(level, [row[attribute - 1] for row in entry["values_lists"]])
        case Entry.CTE:
            owner, cte = find_cte(level, entry)
            if cte is not None and not cte.flag("cterecursive"):
                return of_column(owner.child(cte["ctequery"]), attribute)
        case Entry.FUNCTION:
            functions = entry.nodes("functions")
            if len(functions) == 1 and functions[0].int("funccolcount") == 1 == attribute:
                return shape(level, functions[0]["funcexpr"])
    return ANY


def _relation(level: Level, var: Node, entry: Node) -> JsonShape:
    oid, attribute = entry.int("relid"), var.int("varattno")
    relation = level.catalog.relations.get(oid)
    written = level.returning and var.int("varno") == level.result
    query = level.view(oid)
    if relation is not None and relation.kind == "v" and query is not None and not written:
        return of_column(level.apart(query), attribute)
    kind = level.catalog.base(var.int("vartype"))
    return JsonShape(kind=JsonKind.VALUE, type=kind, origin=(oid, attribute))


def _elements(level: Level, e: Node) -> JsonShape:
    """Return the shape of what is in an array that this query makes."""
    match e.kind:
        case "ARRAYEXPR" if not e.flag("multidims"):
            return _one_of(level, e.nodes("elements"))
        case "SUBLINK" if e.int("subLinkType") == SubLink.ARRAY:
            return of_column(level.child(e["subselect"]), 1)
        case "SUBLINK" if e.int("subLinkType") == SubLink.EXPR:
            return elements_of_column(level.child(e["subselect"]), 1)
        case "COALESCEEXPR":
            return parts.any_of(
                elements(level, one) for one in e.nodes("args") if not _is_bare(one)
            )
        case "AGGREF":
            name = level.catalog.built_in(e.int("aggfnoid")).partition("(")[0]
            owner = level.level(e.int("agglevelsup")).inside_aggregate()
            return shape(owner, e.nodes("args")[0]["expr"]) if name == "array_agg" else ANY
        case "VAR":
            owner = level.level(e.int("varlevelsup"))
            entry = owner.rtable[e.int("varno") - 1]
            if entry.int("rtekind") == Entry.SUBQUERY:
                return elements_of_column(owner.child(entry["subquery"]), e.int("varattno"))
    return ANY


def _is_bare(e: Node) -> bool:
    """Tell whether an array is NULL, or has nothing in it."""
    return e.kind == "CONST" and (e.flag("constisnull") or bytes_of(e)[4:8] == b"\0\0\0\0")
