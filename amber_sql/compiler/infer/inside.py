"""An expression of the tree → what is proven of what its value holds: elements, and fields of rows.

That an array is not NULL says nothing of its elements, and a stored row may have NULL in columns
that its table refuses NULL for. So both are proven, or not, like everything else: what is unknown
proves nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from amber_sql.compiler.infer import functions, ranges, special
from amber_sql.compiler.infer.aggregates import type_of
from amber_sql.compiler.infer.facts import facts
from amber_sql.compiler.tree import Node, UnknownFormError, walk

if TYPE_CHECKING:
    from collections.abc import Iterable

    from amber_sql.compiler.infer.scope import Scope


class Inside(NamedTuple):
    """What is proven of a value that is not NULL itself."""

    filled: bool
    """No element of the array is NULL."""
    whole: bool
    """Each row in it is a row of its table or view as this query reads it: NOT NULL holds."""


NOTHING, ALL = Inside(filled=False, whole=False), Inside(filled=True, whole=True)
_SAME = {"RELABELTYPE", "COLLATEEXPR", "CONVERTROWTYPEEXPR", "COERCETODOMAIN"}
_EXPR, _ARRAY = 4, 6
_EXTERNAL = 0
_OF_TEXT = {"string_to_array": 2, "regexp_split_to_array": 3}
"""They make arrays without NULL, when called with no more arguments than these."""
_OF_FIRST = {"array_remove", "trim_array", "array_reverse", "array_sort", "array_shuffle"}
_JOINED = {"array_append": (0, 1), "array_prepend": (1, 0), "array_cat": (0, None)}
"""Which argument is the array, and which the new element."""
_CHOICES = {"min", "max", "any_value", "first_value", "last_value", "nth_value"}


def inside(scope: Scope, e: Node) -> Inside:
    """Return what is proven of what `e` holds, seen from `scope`."""
    try:
        return _inside(scope, e)
    except (UnknownFormError, IndexError):
        return NOTHING


def column(scope: Scope, number: int) -> Inside:
    """Return what is proven of an output column's values."""
    return all_of(
        inside(one, one.query.nodes(field)[number - 1]["expr"])
        for one in _arms(scope)
        for field in ["returningList" if one.returning else "targetList"]
    )


def all_of(found: Iterable[Inside]) -> Inside:
    """Return what is proven of each."""
    found = list(found)
    return Inside(all(one.filled for one in found), all(one.whole for one in found))


def _arms(scope: Scope) -> list[Scope]:
    """Return the queries of a set operation, or the query itself."""
    if not scope.query.get("setOperations"):
        return [scope]
    leaves = [n for n in walk(scope.query["setOperations"]) if n.kind == "RANGETBLREF"]
    queries = [scope.rtable[leaf.int("rtindex") - 1]["subquery"] for leaf in leaves]
    return [arm for query in queries for arm in _arms(scope.child(query))]


def _inside(scope: Scope, e: Node) -> Inside:
    if e.kind in _SAME:
        return inside(scope, e["arg"])
    match e.kind:
        case "VAR":
            return _var(scope.level(e.int("varlevelsup")), e)
        case "CONST":
            empty = special.bytes_of(e)[4:8] == b"\0\0\0\0"
            return (
                ALL
                if e.flag("constisnull") or empty
                else Inside(special.has_no_null_element(e), whole=False)
            )
        case "PARAM":  # it has the type that its function's signature says
            return ALL if e.int("paramkind") == _EXTERNAL else NOTHING
        case "ARRAYEXPR":
            return all_of(_element(scope, one) for one in e.nodes("elements"))
        case "SUBLINK" if e.int("subLinkType") == _ARRAY:
            child = scope.child(e["subselect"])
            held = column(child, 1)
            (output, *_) = child.outputs()
            return _holding(scope, output.expression, held, may_be_null=output.answer.nullable)
        case "SUBLINK" if e.int("subLinkType") == _EXPR:
            return column(scope.child(e["subselect"]), 1)
        case "COALESCEEXPR" | "MINMAXEXPR":
            return all_of(inside(scope, arg) for arg in e.nodes("args"))
        case "NULLIFEXPR":
            return inside(scope, e.nodes("args")[0])
        case "CASEEXPR":
            results = [when["result"] for when in e.nodes("args")]
            return all_of(inside(scope, one) for one in (*results, e["defresult"]) if one)
        case "AGGREF" | "WINDOWFUNC":
            return _aggregate(scope, e)
        case "FUNCEXPR":
            return _function(scope, e, e.int("funcid"))
        case "OPEXPR":
            return _function(scope, e, e.int("opfuncid"))
        case "SUBSCRIPTINGREF" if e.get("refassgnexpr") is None:
            return inside(scope, e["refexpr"])
    return NOTHING


def _element(scope: Scope, e: Node) -> Inside:
    return _holding(scope, e, inside(scope, e), may_be_null=scope.answer(e).nullable)


def _holding(scope: Scope, e: Node, held: Inside, *, may_be_null: bool) -> Inside:
    """Return what is proven of an array of such elements; of arrays it makes a further dimension."""
    kind = scope.catalog.types.get(type_of(e) or e.int("array_typeid"))
    nested = kind is not None and kind.category == "A"
    return Inside(held.filled if nested else not may_be_null, held.whole)


def _aggregate(scope: Scope, e: Node) -> Inside:
    function = scope.catalog.functions.get(e.int("aggfnoid") or e.int("winfnoid"))
    args = [arg["expr"] if arg.kind == "TARGETENTRY" else arg for arg in e.nodes("args")]
    if function is None or not functions.is_built_in(function) or not args:
        return NOTHING
    owner = scope.level(e.int("agglevelsup"))
    # A window's rows are others than this one, with the totals of grouping sets among them.
    owner = owner.inside_aggregate() if e.kind == "AGGREF" else owner.every_row
    if (condition := e.node("aggfilter")) is not None:
        owner = owner.believing(list(facts(condition, scope.catalog)))
    if function.name == "array_agg":
        return _element(owner, args[0])
    return inside(owner, args[0]) if function.name in _CHOICES else NOTHING


def _function(scope: Scope, e: Node, oid: int) -> Inside:
    function, args = scope.catalog.functions.get(oid), e.nodes("args")
    if function is None or not functions.is_built_in(function):
        return NOTHING
    if function.name in _OF_TEXT:
        return Inside(len(args) <= _OF_TEXT[function.name], whole=False)
    if function.name in _OF_FIRST:
        return inside(scope, args[0])
    if function.name not in _JOINED:
        return NOTHING
    array, element = _JOINED[function.name]
    other = inside(scope, args[1]) if element is None else _element(scope, args[element])
    return all_of([inside(scope, args[array]), other])


def _var(scope: Scope, var: Node) -> Inside:
    attribute, entry = var.int("varattno"), scope.rtable[var.int("varno") - 1]
    kind = entry.int("rtekind")
    if attribute == 0:
        # A new row that is written through a view need not be one that the view shows.
        read = not (
            scope.returning and var.int("varno") == scope.result and scope.view(entry.int("relid"))
        )
        return Inside(filled=False, whole=kind == ranges.RELATION and read)
    if kind == ranges.RELATION:
        oid = entry.int("relid")
        if (query := scope.view(oid)) is not None:
            return column(scope.apart(query), attribute)
        return Inside((oid, attribute) in scope.catalog.filled, whole=False)
    if kind == ranges.SUBQUERY:
        return column(scope.child(entry["subquery"]), attribute)
    if kind == ranges.JOIN:
        return inside(scope, entry["joinaliasvars"][attribute - 1])
    if kind == ranges.GROUP:
        return inside(scope, entry.nodes("groupexprs")[attribute - 1])
    if kind == ranges.VALUES:
        return all_of(inside(scope, row[attribute - 1]) for row in entry["values_lists"])
    if kind == ranges.CTE:
        owner, cte = ranges.find_cte(scope, entry)
        if cte is not None and not cte.flag("cterecursive"):
            return column(owner.child(cte["ctequery"]), attribute)
    return NOTHING
