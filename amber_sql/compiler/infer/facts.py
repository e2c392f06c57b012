"""Conditions → facts: which expressions are not NULL in every row that passed them.

A row passes WHERE, HAVING or an inner join's ON only when the condition is true (not NULL), so
a strict operator's arguments were not NULL. An outer join's ON says so only for rows that matched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from amber_sql.compiler.infer.nodes import BooleanTest, NullTest, SubLink, bytes_of
from amber_sql.compiler.tree import Node, identity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amber_sql.compiler.catalog import Catalog

_DECIDED = {BooleanTest.IS_TRUE, BooleanTest.IS_FALSE}


class Fact(msgspec.Struct, frozen=True):
    """An expression that is not NULL, provided that the named joins found a match."""

    expression: Node
    whole_row: bool = False
    """`row IS NOT NULL`: every field is not NULL."""
    requires: frozenset[tuple[int, str]] = frozenset()
    """(join, side) pairs: the fact holds for rows that the join did not extend with NULLs."""


def facts(condition: Node | None, catalog: Catalog, *, truth: bool = True) -> list[Fact]:
    """Return what is not NULL when `condition` is true (or, with truth=False, false)."""
    return list(_unique(_facts(condition, catalog, truth))) if condition is not None else []


def _unique(found: Iterator[Fact]) -> Iterator[Fact]:
    seen = set()  # of what can be looked up: a condition may have thousands of parts
    for fact in found:
        if (key := _identity(fact)) not in seen:
            seen.add(key)
            yield fact


def _facts(e: Node, catalog: Catalog, truth: bool) -> Iterator[Fact]:  # one case a node kind
    match e.kind:
        case "BOOLEXPR":
            yield from _boolean(e, catalog, truth)
        case "NULLTEST":
            not_null = (e.int("nulltesttype") == NullTest.IS_NOT_NULL) is truth
            arg = e["arg"]
            if e.flag("argisrow"):
                # NOT (row IS NULL) says only that some field is not NULL.
                if e.int("nulltesttype") == NullTest.IS_NOT_NULL and truth:
                    yield Fact(arg, whole_row=True)
                    if arg.kind == "ROWEXPR":
                        for part in arg.nodes("args"):
                            yield from _not_null(part, catalog)
                elif e.int("nulltesttype") == NullTest.IS_NULL and not truth:
                    yield Fact(arg)
            elif not_null:
                yield from _not_null(arg, catalog)
        case "BOOLEANTEST":
            tested, arg = e.int("booltesttype"), e["arg"]
            if truth and tested in _DECIDED:
                yield from _facts(arg, catalog, tested == BooleanTest.IS_TRUE)
            if truth and tested in {*_DECIDED, BooleanTest.IS_NOT_UNKNOWN}:
                yield from _not_null(arg, catalog)
        case "DISTINCTEXPR":
            one, other = e.nodes("args")
            if not truth:  # equal, so not NULL when the other one is a constant
                for this, that in ((one, other), (other, one)):
                    if that.kind == "CONST" and not that.flag("constisnull"):
                        yield from _not_null(this, catalog)
        case "SCALARARRAYOPEXPR":
            scalar, array = e.nodes("args")
            # `x = ANY (…)` is true only by an element; `x <> ALL ('{}')` is true without one.
            if (e.flag("useOr") is truth or _has_elements(array)) and _strict(e, catalog):
                yield from _not_null(scalar, catalog)
            yield from _not_null(array, catalog)
        case "SUBLINK":
            test = e.node("testexpr")
            if e.int("subLinkType") == SubLink.ANY and truth and test is not None:
                yield from _facts(test, catalog, truth)
            if (
                e.int("subLinkType") in {SubLink.EXISTS, SubLink.ANY} and truth
            ):  # EXISTS, ANY: some row was there
                yield from _of_outer_columns(e["subselect"], catalog)
        case "ROWCOMPAREEXPR":  # decided by the first pair, or past it
            yield from _not_null(e.nodes("largs")[0], catalog)
            yield from _not_null(e.nodes("rargs")[0], catalog)
        case _:
            yield from _not_null(e, catalog)


def _of_outer_columns(query: Node, catalog: Catalog) -> Iterator[Fact]:
    """Yield what a subquery that found a row says of the columns of the query around it."""
    tree = query.node("jointree")
    parts = ("groupingSets", "havingQual", "setOperations")
    many = query.flag("hasAggs") or any(query.get(part) for part in parts)
    if tree is None or many:
        return
    for fact in facts(tree.node("quals"), catalog):
        var = fact.expression
        if var.kind == "VAR" and var.int("varlevelsup") == 1:
            moved = Node(var, varlevelsup="0")
            moved.kind = "VAR"
            yield Fact(moved, fact.whole_row)


def _boolean(e: Node, catalog: Catalog, truth: bool) -> Iterator[Fact]:
    args = e.nodes("args")
    operation = e.text("boolop")
    if operation == "not":
        yield from _facts(args[0], catalog, not truth)
    elif (operation == "and") is truth:
        for arg in args:
            yield from _facts(arg, catalog, truth)
    else:  # one of them decided, and nobody knows which: what holds in each
        first, *others = [facts(arg, catalog, truth=truth) for arg in args]
        in_all = [{_identity(fact) for fact in other} for other in others]
        yield from (fact for fact in first if all(_identity(fact) in other for other in in_all))


def _identity(fact: Fact) -> Any:
    return fact.whole_row, identity(fact.expression)


def _not_null(e: Node, catalog: Catalog) -> Iterator[Fact]:
    """Yield what is not NULL when `e` is not."""
    yield Fact(e)
    match e.kind:
        case "OPEXPR" | "FUNCEXPR":
            if _strict(e, catalog):
                for arg in e.nodes("args"):
                    yield from _not_null(arg, catalog)
        case "NULLIFEXPR":
            yield from _not_null(e.nodes("args")[0], catalog)
        case (
            "RELABELTYPE" | "COERCEVIAIO" | "COLLATEEXPR" | "ARRAYCOERCEEXPR" | "FIELDSELECT"
            | "CONVERTROWTYPEEXPR" | "NAMEDARGEXPR"
        ):  # fmt: skip
            yield from _not_null(e["arg"], catalog)
        case "SUBSCRIPTINGREF" if e.get("refassgnexpr") is None:
            yield from _not_null(e["refexpr"], catalog)
        case "BOOLEXPR" if e.text("boolop") == "not":
            yield from _not_null(e.nodes("args")[0], catalog)
        case "SCALARARRAYOPEXPR":
            yield from _not_null(e.nodes("args")[1], catalog)


def implied(e: Node, catalog: Catalog) -> list[Fact]:
    """Return what is not NULL when `e` is not."""
    return list(_unique(_not_null(e, catalog)))


def _strict(e: Node, catalog: Catalog) -> bool:
    function = catalog.functions.get(e.int("opfuncid") or e.int("funcid"))
    return function is not None and function.strict and not function.returns_set


def _has_elements(array: Node) -> bool:
    if array.kind == "CONST" and not array.flag("constisnull"):
        return bytes_of(array)[4:8] not in {b"", b"\0\0\0\0"}  # the number of dimensions
    return (
        array.kind == "ARRAYEXPR" and not array.flag("multidims") and bool(array.nodes("elements"))
    )
