"""An expression of the tree → may it be NULL, and why. Whatever is not known may be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amber_sql.compiler.infer import aggregates, functions, references, special
from amber_sql.compiler.infer.answers import Answer, all_of, any_of, may_be_null, not_null
from amber_sql.compiler.infer.facts import facts
from amber_sql.compiler.tree import UnknownFormError

if TYPE_CHECKING:
    from amber_sql.compiler.infer.scope import Scope
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
_EXISTS, _ALL, _ANY, _ROWCOMPARE, _EXPR, _MULTIEXPR, _ARRAY = range(7)
_EXTERNAL, _SUBLINK = 0, 2


def answer(scope: Scope, e: Node) -> Answer:
    """Answer for expression `e` seen from `scope`."""
    if scope.nulled(e):
        return may_be_null("null in the totals of ROLLUP, CUBE or GROUPING SETS")
    try:
        found = _answer(scope, e)
    except UnknownFormError as unknown:
        return may_be_null(str(unknown))
    if found.nullable and scope.known(e):
        return not_null("not null by a condition")
    return found


def _answer(scope: Scope, e: Node) -> Answer:  # one case a node kind
    if e.kind in _NEVER:
        return not_null(_NEVER[e.kind])
    if e.kind in _WRAPPERS:
        return scope.answer(e.node("arg") or e["expr"])
    match e.kind:
        case "COERCETODOMAIN":
            if scope.catalog.types[e.int("resulttype")].not_null:
                return not_null("the domain refuses NULL")
            return scope.answer(e["arg"])
        case "VAR":
            return scope.level(e.int("varlevelsup")).column(e)
        case "CONST":
            return Answer(
                e.flag("constisnull"), "a constant" if not e.flag("constisnull") else "NULL itself"
            )
        case "PARAM":
            return _param(scope, e)
        case "FUNCEXPR":
            return _function(scope, e)
        case "OPEXPR":
            return _operator(scope, e)
        case "BOOLEXPR":
            return _boolean(scope, e)
        case "ROWCOMPAREEXPR":
            args = [*e.nodes("largs"), *e.nodes("rargs")]
            return all_of(map(scope.answer, args), "its parts are not null")
        case "SCALARARRAYOPEXPR":
            return _any_all(scope, e)
        case "COALESCEEXPR":
            return _coalesce(scope, e)
        case "MINMAXEXPR":
            return any_of(map(scope.answer, e.nodes("args")), "GREATEST and LEAST pass over NULL")
        case "CASEEXPR":
            return _case(scope, e)
        case "NULLIFEXPR":
            return may_be_null("NULLIF may be NULL")
        case "SQLVALUEFUNCTION":
            return Answer(e.int("op") == _CURRENT_SCHEMA, "the session has one")
        case "SUBLINK":
            return _sublink(scope, e)
        case "AGGREF":
            return aggregates.aggregate(scope, e)
        case "WINDOWFUNC":
            return aggregates.window(scope, e)
        case "FIELDSELECT":
            return _field(scope, e)
        case "SUBSCRIPTINGREF":
            return _subscript(scope, e)
        case "JSONCONSTRUCTOREXPR":
            return _json_constructor(scope, e)
        case "FIELDSTORE":
            return not_null("a row with a new field is a row")
    return may_be_null(f"nothing is known of {e.kind}")


def _boolean(scope: Scope, e: Node) -> Answer:
    """Answer for AND, OR, NOT: `x IS NOT NULL AND x > 1` is never NULL."""
    args = e.nodes("args")
    alone = [scope.answer(arg) for arg in args]
    decides = e.text("boolop") == "and"  # what the other parts must be for this one to matter
    for index, arg in enumerate(args):
        if not alone[index].nullable or e.text("boolop") == "not":
            continue
        others = [other for other, one in zip(args, alone, strict=True) if not one.nullable]
        known = [fact for other in others for fact in facts(other, scope.catalog, truth=decides)]
        alone[index] = scope.believing(known).answer(arg) if known else alone[index]
    return all_of(alone, "its parts are not null")


def _coalesce(scope: Scope, e: Node) -> Answer:
    args = e.nodes("args")
    found = any_of(map(scope.answer, args), "COALESCE")
    if found.nullable:
        # A row of a FULL JOIN comes from one side at least: prove it for each.
        for join in scope.joins.full:
            sides = [scope.matching(join, side) for side in ("left", "right")]
            if all(any(not one.answer(arg).nullable for arg in args) for one in sides):
                return not_null("a FULL JOIN has a row on one side")
    return found


def _param(scope: Scope, e: Node) -> Answer:
    if e.int("paramkind") == _EXTERNAL:
        required = e.int("paramid") in scope.required
        return Answer(
            not required,
            "a parameter that refuses None" if required else "a parameter that accepts None",
        )
    if e.int("paramkind") == _SUBLINK and e.int("paramid") <= len(scope.compared):
        return scope.compared[e.int("paramid") - 1]
    return may_be_null("a value of the subquery")


def _function(scope: Scope, e: Node) -> Answer:
    function = scope.catalog.functions.get(e.int("funcid"))
    if function is None or not functions.is_built_in(function):
        return may_be_null(
            f"nothing is known of {function.name if function else 'this function'}()"
        )
    if e.flag("funcretset"):
        if scope.target_sets > 1:
            return may_be_null(
                "the shorter one of several set-returning functions is filled up with NULL"
            )
        return scope.set_column(e)
    return _known_function(scope, e, function.name)


def _known_function(scope: Scope, e: Node, name: str) -> Answer:
    args = e.nodes("args")
    if name in functions.ALWAYS:
        if e.flag("funcvariadic"):  # concat(VARIADIC NULL) is NULL
            return all_of(map(scope.answer, args), f"{name}() always answers")
        return not_null(f"{name}() always answers")
    if name in functions.ANY_ARGUMENT:
        return any_of(map(scope.answer, args), f"{name}()")
    if name in functions.FIRST_ARGUMENTS:
        count = len(args) if e.flag("funcvariadic") else functions.FIRST_ARGUMENTS[name]
        return all_of(map(scope.answer, args[:count]), f"{name}() answers")
    if name in special.BY_ARGUMENTS:
        if not special.BY_ARGUMENTS[name](args):
            return may_be_null(f"{name}() may answer NULL for such arguments")
        return all_of(map(scope.answer, args), f"{name}() answers for such arguments")
    if name in functions.JSON_CASTS and args:
        given = aggregates.type_of(args[0])
        if not given or scope.catalog.is_json(given):
            return may_be_null("JSON's null becomes NULL")
    if name in functions.STRICTLY:
        return all_of(
            map(scope.answer, args), f"{name}() answers for every argument that is not null"
        )
    return may_be_null(f"{name}() may answer NULL")


def _operator(scope: Scope, e: Node) -> Answer:
    if e.int("opno") in scope.catalog.comparisons:
        return all_of(map(scope.answer, e.nodes("args")), "a comparison of what is not null")
    function = scope.catalog.functions.get(e.int("opfuncid"))
    if function is None or not functions.is_built_in(function) or e.flag("opretset"):
        return may_be_null("nothing is known of this operator")
    return _known_function(scope, e, function.name)


def _any_all(scope: Scope, e: Node) -> Answer:
    scalar, array = e.nodes("args")
    if e.int("opno") not in scope.catalog.comparisons:
        return may_be_null("nothing is known of this operator")
    if array.kind == "ARRAYEXPR" and not array.flag("multidims"):
        elements = [scalar, *array.nodes("elements")]
        return all_of(map(scope.answer, elements), "a comparison with a list")
    if array.kind == "CONST" and special.has_no_null_element(array):
        return scope.answer(scalar)
    return may_be_null("an element of the array may be NULL")


def _case(scope: Scope, e: Node) -> Answer:
    """Answer for CASE: in a branch its WHEN holds, and those before it do not."""
    tested = e.node("arg") is not None  # CASE x WHEN …: the conditions are of a placeholder
    for when in e.nodes("args"):
        inner = scope if tested else scope.believing(facts(when["expr"], scope.catalog))
        found = inner.answer(when["result"])
        if found.nullable:
            return may_be_null(f"a WHEN may give NULL: {found.why}")
        # A condition that was not true was false, unless it was NULL.
        if not tested and not scope.answer(when["expr"]).nullable:
            scope = scope.believing(facts(when["expr"], scope.catalog, truth=False))
    default = e.node("defresult")
    if default is None:
        return may_be_null("no WHEN may match, and there is no ELSE")
    found = scope.answer(default)
    return Answer(found.nullable, f"CASE: {found.why}")


def _sublink(scope: Scope, e: Node) -> Answer:
    kind = e.int("subLinkType")
    if kind == _EXISTS:
        return not_null("EXISTS has an answer")
    if kind == _ARRAY:
        return not_null("ARRAY(…) is an array, empty at worst")
    inner = scope.child(e["subselect"])
    if kind == _EXPR:
        found = inner.one_row() or (inner.at_most_one() and references.always_found(inner))
        if not found:
            return may_be_null("the subquery may find no row")
        return inner.outputs()[0].answer
    if kind in {_ANY, _ALL} and (test := e.node("testexpr")) is not None:
        return scope.comparing([output.answer for output in inner.outputs()]).answer(test)
    return may_be_null("a comparison with a subquery may be unknown")


def _field(scope: Scope, e: Node) -> Answer:
    """Answer for `(row).field`: only a whole row of a table in this query inherits NOT NULL."""
    row, number = e["arg"], e.int("fieldnum")
    if row.kind == "VAR" and not row.int("varattno"):
        column = type(row)(row, varattno=str(number))
        column.kind = "VAR"
        return scope.level(row.int("varlevelsup")).column(column)
    if row.kind == "ROWEXPR":
        return scope.answer(row.nodes("args")[number - 1])
    return may_be_null("a field of a stored composite may be NULL")


def _subscript(scope: Scope, e: Node) -> Answer:
    if e.get("refassgnexpr") is not None:
        kind = scope.catalog.types.get(e.int("refcontainertype"))
        if kind is None or not (kind.category == "A" or scope.catalog.is_json(kind.oid)):
            return scope.answer(e["refexpr"])  # a point that is NULL stays so
        return not_null("an array with a new element is an array")
    if e.get("reflowerindexpr"):  # a slice is an array, empty at worst
        bounds = [b for field in ("refupperindexpr", "reflowerindexpr") for b in e.nodes(field)]
        if not scope.catalog.is_json(e.int("refcontainertype")):
            return all_of(
                map(scope.answer, [e["refexpr"], *bounds]), "a slice of an array is an array"
            )
    return may_be_null("there may be no such element")


def _json_constructor(scope: Scope, e: Node) -> Answer:
    # JsonConstructorType: 1 OBJECT, 2 ARRAY, 3 OBJECTAGG, 4 ARRAYAGG, 5 PARSE, 6 SCALAR, 7 SERIALIZE.
    kind = e.int("type")
    if kind in {1, 2}:
        return not_null("a JSON constructor is a value")
    if kind in {3, 4} and (call := e.node("func")) is not None:
        return scope.answer(call)
    return all_of(map(scope.answer, e.nodes("args")), "a JSON constructor of what is not null")
