"""An expression of the tree → the oid of its type, as `exprType` of the server tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amber_sql.compiler.catalog import RECORD
from amber_sql.compiler.infer.nodes import SubLink, shown, type_of

if TYPE_CHECKING:
    from amber_sql.compiler.catalog import Catalog
    from amber_sql.compiler.tree import Node

_BOOL, _INTEGER, _XML = 16, 23, 142
_OF_KIND = {
    **dict.fromkeys(
        (
            "BOOLEXPR", "NULLTEST", "BOOLEANTEST", "SCALARARRAYOPEXPR", "ROWCOMPAREEXPR",
            "DISTINCTEXPR", "JSONISPREDICATE", "CURRENTOFEXPR",
        ),
        _BOOL,
    ),
    "GROUPINGFUNC": _INTEGER,
}  # fmt: skip
_STATED = {
    "ROWEXPR": "row_typeid",
    "ARRAYEXPR": "array_typeid",
    "SQLVALUEFUNCTION": "type",
    "NEXTVALUEEXPR": "typeId",
    "CASETESTEXPR": "typeId",
    "SETTODEFAULT": "typeId",
    "MERGESUPPORTFUNC": "msftype",
}
_INSIDE = {"COLLATEEXPR": "arg", "NAMEDARGEXPR": "arg", "RETURNINGEXPR": "retexpr"}
_OF_XML = {6: 25, 7: _BOOL}
"""XmlExprOp: XMLSERIALIZE gives a text unless its type is stated, IS DOCUMENT a truth value."""


def type_in(catalog: Catalog, e: Node) -> int:
    """Return an expression's type, or 0 where its node does not tell."""
    if e.kind in _OF_KIND:
        return _OF_KIND[e.kind]
    if e.kind in _STATED:
        return e.int(_STATED[e.kind])
    if e.kind in _INSIDE:
        return type_in(catalog, e[_INSIDE[e.kind]])
    match e.kind:
        case "SUBLINK":
            return _sublink(catalog, e)
        case "XMLEXPR":
            return (
                e.int("type")
                if e.int("op") == 6 and e.int("type")
                else _OF_XML.get(e.int("op"), _XML)
            )
        case "JSONCONSTRUCTOREXPR" | "JSONEXPR":
            returning = e.node("returning")
            return returning.int("typid") if returning else 0
    return type_of(e)


def _sublink(catalog: Catalog, e: Node) -> int:
    kind = e.int("subLinkType")
    if kind not in {SubLink.EXPR, SubLink.ARRAY}:
        return RECORD if kind == SubLink.MULTIEXPR else _BOOL
    (target, *_) = (one for one in shown(e["subselect"]) if not one.flag("resjunk"))
    found = type_in(catalog, target["expr"])
    return catalog.array_of(found) if kind == SubLink.ARRAY else found
