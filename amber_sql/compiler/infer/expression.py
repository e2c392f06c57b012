"""An expression of the tree → may it be NULL, and why. Whatever is not known may be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amber_sql.compiler.described import Cardinality
from amber_sql.compiler.infer import (
    aggregates,
    always_matched,
    date_fields,
    never_null,
    range_table,
)
from amber_sql.compiler.infer.answers import Answer, all_of, any_of, may_be_null, not_null
from amber_sql.compiler.infer.cardinality import at_most_one
from amber_sql.compiler.infer.contents import contents
from amber_sql.compiler.infer.facts import facts
from amber_sql.compiler.infer.nodes import Param, SubLink
from amber_sql.compiler.tree import UnknownFormError

if TYPE_CHECKING:
    from amber_sql.compiler.infer.level import Level
    from amber_sql.compiler.tree import Node


_WRAPPERS = {
    "RELABELTYPE",
    "COERCEVIAIO",
    "ARRAYCOERCEEXPR",
    "CONVERTROWTYPEEXPR",
    "COLLATEEXPR",
    "NAMEDARGEXPR",
    "JSONISPREDICATE",
}
_NEVER = {
    "NULLTEST": "a test for NULL has an answer",
    "BOOLEANTEST": "IS TRUE and its kin have an answer",
    "DISTINCTEXPR": "IS DISTINCT FROM has an answer",
    "ROWEXPR": "a row constructor is a row",
    "ARRAYEXPR": "an array constructor is an array",
    "GROUPINGFUNC": "GROUPING() is a number",
    "NEXTVALUEEXPR": "a sequence has a next value",
    "MERGESUPPORTFUNC": "merge_action() is a word",
}
_CURRENT_SCHEMA = 14


def answer(level: Level, e: Node) -> Answer:
    """Answer for expression `e` seen from `level`."""
    if level.nulled(e):
        return may_be_null("null in the totals of ROLLUP, CUBE or GROUPING SETS")
    try:
        found = _answer(level, e)
    except UnknownFormError as unknown:
        return may_be_null(str(unknown))
    if found.nullable and level.known(e):
        return not_null("not null by a condition")
    return found


def _answer(level: Level, e: Node) -> Answer:  # one case a node kind
    if e.kind in _NEVER:
        return not_null(_NEVER[e.kind])
    if e.kind in _WRAPPERS:
        return level.answer(e.node("arg") or e["expr"])
    match e.kind:
        case "COERCETODOMAIN":
            if level.catalog.types[e.int("resulttype")].not_null:
                return not_null("the domain refuses NULL")
            return level.answer(e["arg"])
        case "VAR":
            return level.level(e.int("varlevelsup")).column(e)
        case "CONST":
            return Answer(
                e.flag("constisnull"), "a constant" if not e.flag("constisnull") else "NULL itself"
            )
        case "PARAM":
            return _param(level, e)
        case "FUNCEXPR":
            return _function(level, e)
        case "OPEXPR":
            return _operator(level, e)
        case "BOOLEXPR":
            return _boolean(level, e)
        case "ROWCOMPAREEXPR":
            args = [*e.nodes("largs"), *e.nodes("rargs")]
            return all_of(map(level.answer, args), "its parts are not null")
        case "SCALARARRAYOPEXPR":
            return _any_all(level, e)
        case "COALESCEEXPR":
            return _coalesce(level, e)
        case "MINMAXEXPR":
            return any_of(map(level.answer, e.nodes("args")), "GREATEST and LEAST pass over NULL")
        case "CASEEXPR":
            return _case(level, e)
        case "NULLIFEXPR":
            return may_be_null("NULLIF may be NULL")
        case "SQLVALUEFUNCTION":
            return Answer(e.int("op") == _CURRENT_SCHEMA, "the session has one")
        case "SUBLINK":
            return _sublink(level, e)
        case "AGGREF":
            return aggregates.aggregate(level, e)
        case "WINDOWFUNC":
            return aggregates.window(level, e)
        case "FIELDSELECT":
            return _field(level, e)
        case "SUBSCRIPTINGREF":
            return _subscript(level, e)
        case "JSONCONSTRUCTOREXPR":
            return _json_constructor(level, e)
        case "FIELDSTORE":
            return not_null("a row with a new field is a row")
    return may_be_null(f"nothing is known of {e.kind}")


def _boolean(level: Level, e: Node) -> Answer:
    """Answer for AND, OR, NOT: `x IS NOT NULL AND x > 1` is never NULL."""
    args = e.nodes("args")
    alone = [level.answer(arg) for arg in args]
    decides = e.text("boolop") == "and"  # what the other parts must be for this one to matter
    for index, arg in enumerate(args):
        if not alone[index].nullable or e.text("boolop") == "not":
            continue
        others = [other for other, one in zip(args, alone, strict=True) if not one.nullable]
        known = [fact for other in others for fact in facts(other, level.catalog, truth=decides)]
        alone[index] = level.believing(known).answer(arg) if known else alone[index]
    return all_of(alone, "its parts are not null")


def _coalesce(level: Level, e: Node) -> Answer:
    args = e.nodes("args")
    found = any_of(map(level.answer, args), "COALESCE")
    if found.nullable:
        # A row of a FULL JOIN comes from one side at least: prove it for each.
        for join in level.joins.full:
            sides = [level.matching(join, side) for side in ("left", "right")]
            if all(any(not one.answer(arg).nullable for arg in args) for one in sides):
                return not_null("a FULL JOIN has a row on one side")
    return found


def _param(level: Level, e: Node) -> Answer:
    if e.int("paramkind") == Param.EXTERN:
        required = e.int("paramid") in level.required
        return Answer(
            not required,
            "a parameter that refuses None" if required else "a parameter that accepts None",
        )
    if e.int("paramkind") == Param.SUBLINK and e.int("paramid") <= len(level.compared):
        return level.compared[e.int("paramid") - 1]
    return may_be_null("a value of the subquery")


def _function(level: Level, e: Node) -> Answer:
    function = level.catalog.built_in(e.int("funcid"))
    if not function:
        stated = level.catalog.functions.get(e.int("funcid"))
        return may_be_null(f"nothing is known of {stated.name if stated else 'this function'}()")
    if e.flag("funcretset"):
        if level.target_sets > 1:
            return may_be_null(
                "the shorter one of several set-returning functions is filled up with NULL"
            )
        return range_table.set_column(level, e, 1)
    return _known_function(level, e, function)


def _known_function(level: Level, e: Node, function: str) -> Answer:
    args, name = e.nodes("args"), function.partition("(")[0]
    if function in never_null.ALWAYS:
        if e.flag("funcvariadic"):  # concat(VARIADIC NULL) is NULL
            return all_of(map(level.answer, args), f"{name}() always answers")
        return not_null(f"{name}() always answers")
    if function in never_null.ANY_ARGUMENT:
        return any_of(map(level.answer, args), f"{name}()")
    if function in never_null.FIRST_ARGUMENTS:
        count = len(args) if e.flag("funcvariadic") else never_null.FIRST_ARGUMENTS[function]
        return all_of(map(level.answer, args[:count]), f"{name}() answers")
    if function in date_fields.OF_TIMES | date_fields.OF_INFINITE:
        if not date_fields.answers(function, args):
            return may_be_null(f"{name}() may answer NULL for an infinite value")
        return all_of(map(level.answer, args), f"{name}() answers for this field")
    if function in never_null.STRICTLY:
        return all_of(
            map(level.answer, args), f"{name}() answers for every argument that is not null"
        )
    return may_be_null(f"{name}() may answer NULL")


def _operator(level: Level, e: Node) -> Answer:
    if e.int("opno") in level.catalog.comparisons:
        return all_of(map(level.answer, e.nodes("args")), "a comparison of what is not null")
    function = level.catalog.built_in(e.int("opfuncid"))
    if not function or e.flag("opretset"):
        return may_be_null("nothing is known of this operator")
    return _known_function(level, e, function)


def _any_all(level: Level, e: Node) -> Answer:
    scalar, array = e.nodes("args")
    if e.int("opno") not in level.catalog.comparisons:
        return may_be_null("nothing is known of this operator")
    held = contents(level, array)
    if not held.filled:
        return may_be_null(f"an element of the array may be NULL: {held.why}")
    return all_of(map(level.answer, (scalar, array)), "a comparison with a list")


def _case(level: Level, e: Node) -> Answer:
    """Answer for CASE: in a branch its WHEN holds, and those before it do not."""
    tested = e.node("arg") is not None  # CASE x WHEN …: the conditions are of a placeholder
    for when in e.nodes("args"):
        inner = level if tested else level.believing(facts(when["expr"], level.catalog))
        found = inner.answer(when["result"])
        if found.nullable:
            return may_be_null(f"a WHEN may give NULL: {found.why}")
        # A condition that was not true was false, unless it was NULL.
        if not tested and not level.answer(when["expr"]).nullable:
            level = level.believing(facts(when["expr"], level.catalog, truth=False))
    default = e.node("defresult")
    if default is None:
        return may_be_null("no WHEN may match, and there is no ELSE")
    found = level.answer(default)
    return Answer(found.nullable, f"CASE: {found.why}")


def _sublink(level: Level, e: Node) -> Answer:
    kind = e.int("subLinkType")
    if kind == SubLink.EXISTS:
        return not_null("EXISTS has an answer")
    if kind == SubLink.ARRAY:
        return not_null("ARRAY(…) is an array, empty at worst")
    inner = level.child(e["subselect"])
    if kind == SubLink.EXPR:
        found = inner.rows() is Cardinality.ONE or (
            at_most_one(inner) and always_matched.always_found(inner)
        )
        if not found:
            return may_be_null("the subquery may find no row")
        return inner.outputs()[0].answer
    if kind in {SubLink.ANY, SubLink.ALL} and (test := e.node("testexpr")) is not None:
        return level.comparing([output.answer for output in inner.outputs()]).answer(test)
    return may_be_null("a comparison with a subquery may be unknown")


def _field(level: Level, e: Node) -> Answer:
    """Answer for `(row).field`: only a whole row of a table in this query inherits NOT NULL."""
    row, number = e["arg"], e.int("fieldnum")
    if row.kind == "VAR" and not row.int("varattno"):
        column = type(row)(row, varattno=str(number))
        column.kind = "VAR"
        return level.level(row.int("varlevelsup")).column(column)
    if row.kind == "ROWEXPR":
        return level.answer(row.nodes("args")[number - 1])
    shape = contents(level, row).shape
    if shape is not None and shape.fields:
        field = shape.fields[number - 1]
        of_row = level.answer(row)
        return of_row if of_row.nullable else Answer(field.nullable, field.why)
    return may_be_null("a field of a stored composite may be NULL")


def _subscript(level: Level, e: Node) -> Answer:
    if e.get("refassgnexpr") is not None:
        kind = level.catalog.types.get(e.int("refcontainertype"))
        if kind is None or not (kind.category == "A" or level.catalog.is_json(kind.oid)):
            return level.answer(e["refexpr"])  # a point that is NULL stays so
        return not_null("an array with a new element is an array")
    if e.get("reflowerindexpr"):  # a slice is an array, empty at worst
        bounds = [b for field in ("refupperindexpr", "reflowerindexpr") for b in e.nodes(field)]
        if not level.catalog.is_json(e.int("refcontainertype")):
            return all_of(
                map(level.answer, [e["refexpr"], *bounds]), "a slice of an array is an array"
            )
    return may_be_null("there may be no such element")


def _json_constructor(level: Level, e: Node) -> Answer:
    # JsonConstructorType: 1 OBJECT, 2 ARRAY, 3 OBJECTAGG, 4 ARRAYAGG, 5 PARSE, 6 SCALAR, 7 SERIALIZE.
    kind = e.int("type")
    if kind in {1, 2}:
        return not_null("a JSON constructor is a value")
    if kind in {3, 4} and (call := e.node("func")) is not None:
        return level.answer(call)
    return all_of(map(level.answer, e.nodes("args")), "a JSON constructor of what is not null")
