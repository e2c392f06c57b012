"""An expression of the tree → what is proven of what its value holds: elements, and fields of rows.

That an array is not NULL says nothing of its elements, and a stored row may have NULL in columns
that its table refuses NULL for. So both are proven, or not, like everything else: what is unknown
proves nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from amber_sql.compiler.described import Shape
from amber_sql.compiler.infer import rows
from amber_sql.compiler.infer.ctes import find_cte
from amber_sql.compiler.infer.expression_types import type_in
from amber_sql.compiler.infer.facts import facts
from amber_sql.compiler.infer.held import ALL, NOTHING, Contents, all_of, contents_of
from amber_sql.compiler.infer.nodes import (
    Entry,
    Param,
    SubLink,
    bytes_of,
    dimensions,
    has_no_null_element,
    shown,
)
from amber_sql.compiler.infer.set_operations import arms
from amber_sql.compiler.tree import Node, UnknownFormError

if TYPE_CHECKING:
    from amber_sql.compiler.infer.answers import Answer
    from amber_sql.compiler.infer.level import Level


_SAME = {"RELABELTYPE", "COLLATEEXPR", "CONVERTROWTYPEEXPR", "COERCETODOMAIN"}
_OF_TEXT = {"string_to_array": 2, "regexp_split_to_array": 3}
"""They make arrays without NULL, when called with no more arguments than these."""
_OF_FIRST = {"array_remove", "trim_array", "array_reverse", "array_sort", "array_shuffle"}
_JOINED = {"array_append": (0, 1), "array_prepend": (1, 0), "array_cat": (0, None)}
"""Which argument is the array, and which the new element."""
_ROUNDS = 8
"""Proofs by induction that have not ended by then are of rows that hold each other without end."""
_ENDLESS = Shape(
    problem="a row of this recursive query holds rows of itself",
    hint="select the columns that are needed, or collect them in an array",
)
_CHOICES = {"min", "max", "any_value", "first_value", "last_value", "nth_value"}


def contents(level: Level, e: Node) -> Contents:
    """Return what is proven of what `e` holds, seen from `level`."""
    try:
        return _contents(level, e)
    except (UnknownFormError, IndexError):
        return NOTHING


def of_column(level: Level, number: int) -> Contents:
    """Return what is proven of an output column's values."""
    return all_of(contents(one, shown(one.query)[number - 1]["expr"]) for one in arms(level))


def _contents(level: Level, e: Node) -> Contents:
    if e.kind in _SAME:
        return contents(level, e["arg"])
    match e.kind:
        case "VAR":
            return _var(level.level(e.int("varlevelsup")), e)
        case "CONST":
            empty = bytes_of(e)[4:8] == b"\0\0\0\0"
            return (
                ALL
                if e.flag("constisnull") or empty
                else Contents(has_no_null_element(e), whole=False, depth=dimensions(e) - 1)
            )
        case "PARAM":  # it has the type that its function's signature says
            if e.int("paramkind") != Param.EXTERN:
                return NOTHING
            filled = e.int("paramid") in level.filled
            return Contents(filled, whole=True, why="the parameter accepts them")
        case "ARRAYEXPR":
            return all_of(_element(level, one) for one in e.nodes("elements"))
        case "SUBLINK" if e.int("subLinkType") == SubLink.ARRAY:
            child = level.child(e["subselect"])
            held = of_column(child, 1)
            (output, *_) = child.outputs()
            return _holding(level, output.expression, held, output.answer)
        case "SUBLINK" if e.int("subLinkType") == SubLink.EXPR:
            return of_column(level.child(e["subselect"]), 1)
        case "COALESCEEXPR" | "MINMAXEXPR":
            return all_of(contents(level, arg) for arg in e.nodes("args"))
        case "NULLIFEXPR":
            return contents(level, e.nodes("args")[0])
        case "CASEEXPR":
            results = [when["result"] for when in e.nodes("args")]
            return all_of(contents(level, one) for one in (*results, e["defresult"]) if one)
        case "AGGREF" | "WINDOWFUNC":
            return _aggregate(level, e)
        case "FUNCEXPR":
            return _function(level, e, e.int("funcid"))
        case "OPEXPR":
            return _function(level, e, e.int("opfuncid"))
        case "SUBSCRIPTINGREF" if e.get("refassgnexpr") is None:
            held = contents(level, e["refexpr"])
            whole = e.get("reflowerindexpr")  # a slice; else an element, which may be an array
            return held if whole else held._replace(filled=False, depth=0)
        case "ROWEXPR":
            return NOTHING._replace(shape=rows.of_constructor(level, e))
        case "FIELDSELECT":
            return _field(level, e)
    return NOTHING


def _element(level: Level, e: Node) -> Contents:
    return _holding(level, e, contents(level, e), level.answer(e))


def _holding(level: Level, e: Node, held: Contents, element: Answer) -> Contents:
    """Return what is proven of an array of such elements; of arrays it makes a further dimension."""
    if _is_array(level, e):
        return held._replace(depth=held.depth + 1)
    return Contents(not element.nullable, held.whole, why=element.why, shape=held.shape)


def _is_array(level: Level, e: Node) -> bool:
    """Tell whether an array of such values is one with a dimension more."""
    if e.kind == "SUBLINK" and e.int("subLinkType") == SubLink.EXPR:
        return _is_array(level, shown(e["subselect"])[0]["expr"])
    if e.kind == "SUBLINK":
        return e.int("subLinkType") == SubLink.ARRAY
    if e.kind == "ARRAYEXPR":
        return True
    return level.catalog.gains_dimension(type_in(level.catalog, e))


def _aggregate(level: Level, e: Node) -> Contents:
    name = level.catalog.built_in(e.int("aggfnoid") or e.int("winfnoid")).partition("(")[0]
    args = [arg["expr"] if arg.kind == "TARGETENTRY" else arg for arg in e.nodes("args")]
    if not name or not args:
        return NOTHING
    owner = level.level(e.int("agglevelsup"))
    # A window's rows are others than this one, with the totals of grouping sets among them.
    owner = owner.inside_aggregate() if e.kind == "AGGREF" else owner.every_row
    if (condition := e.node("aggfilter")) is not None:
        owner = owner.believing(list(facts(condition, level.catalog)))
    if name == "array_agg":
        return _element(owner, args[0])
    return contents(owner, args[0]) if name in _CHOICES else NOTHING


def _function(level: Level, e: Node, oid: int) -> Contents:
    name, args = level.catalog.built_in(oid).partition("(")[0], e.nodes("args")
    if name == "unnest":  # an element, which may be an array itself, by a domain
        return contents(level, args[0])._replace(filled=False, depth=0)
    if level.catalog.is_record(type_in(level.catalog, e)) and not name.startswith("array_"):
        return NOTHING._replace(shape=rows.of_function(level, e))
    if name in _OF_TEXT:
        return Contents(len(args) <= _OF_TEXT[name], whole=False, why=f"{name} may make one")
    if name in _OF_FIRST:
        return contents(level, args[0])
    if name not in _JOINED:
        return NOTHING
    array, element = _JOINED[name]
    other = contents(level, args[1]) if element is None else _element(level, args[element])
    return all_of([contents(level, args[array]), other])


def _var(level: Level, var: Node) -> Contents:
    attribute, entry = var.int("varattno"), level.rtable[var.int("varno") - 1]
    kind = entry.int("rtekind")
    if attribute == 0:
        # A new row that is written through a view need not be one that the view shows.
        read = not (
            level.returning and var.int("varno") == level.result and level.view(entry.int("relid"))
        )
        anonymous = level.catalog.is_record(var.int("vartype"))
        shape = rows.of_entry(level, var) if anonymous else None
        return Contents(filled=False, whole=kind == Entry.RELATION and read, shape=shape)
    if kind == Entry.RELATION:
        oid = entry.int("relid")
        if (query := level.view(oid)) is not None:
            return of_column(level.apart(query), attribute)
        name = (
            relation.columns[attribute].name
            if (relation := level.catalog.relations.get(oid))
            else "?"
        )
        why = f"no CHECK (array_position({name}, NULL) IS NULL) keeps it out"
        return Contents((oid, attribute) in level.catalog.filled, whole=False, why=why)
    if kind == Entry.SUBQUERY:
        return of_column(level.child(entry["subquery"]), attribute)
    if kind == Entry.JOIN:
        return contents(level, entry["joinaliasvars"][attribute - 1])
    if kind == Entry.GROUP:
        return contents(level, entry.nodes("groupexprs")[attribute - 1])
    if kind == Entry.VALUES:
        return all_of(contents(level, row[attribute - 1]) for row in entry["values_lists"])
    if kind == Entry.CTE:
        owner, cte = find_cte(level, entry)
        if cte is not None and cte.flag("cterecursive"):
            return _recursive(owner, cte, attribute)
        if cte is not None:
            return of_column(owner.child(cte["ctequery"]), attribute)
    return NOTHING


def _recursive(owner: Level, cte: Node, attribute: int) -> Contents:
    """Prove by induction what a column of a recursive CTE holds.

    All of its columns at once, as they may change places; and what may be NULL before that, so that
    neither proof rests on an assumption that the other one is about to drop.
    """
    key, query = id(cte), cte["ctequery"]
    count = len(query.nodes("targetList"))
    if attribute > count:  # SEARCH's and CYCLE's
        return NOTHING
    if (assumed := owner.held.get(key)) is not None:
        return assumed[attribute - 1]
    owner.answer_recursive(cte)
    owner.held[key] = [ALL] * count
    try:
        for _ in range(_ROUNDS):
            found = [of_column(owner.anew(query), number) for number in range(1, count + 1)]
            if found == owner.held[key]:
                return found[attribute - 1]
            owner.held[key] = found
    finally:
        del owner.held[key]
    return NOTHING._replace(shape=_ENDLESS)


def _field(level: Level, e: Node) -> Contents:
    row, number = e["arg"], e.int("fieldnum")
    if row.kind == "ROWEXPR":
        return contents(level, row.nodes("args")[number - 1])
    if row.kind == "VAR" and not row.int("varattno"):
        column = Node(row, varattno=str(number), vartype=e.get("resulttype"))
        column.kind = "VAR"
        return contents(level, column)
    shape = contents(level, row).shape
    return contents_of(shape.fields[number - 1]) if shape and shape.fields else NOTHING
