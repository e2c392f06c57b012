"""The tree's enums by PostgreSQL's own names, and small readers of its nodes."""

from __future__ import annotations

import sys
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from amber_sql.compiler.tree import Node, read

if TYPE_CHECKING:
    from collections.abc import Iterator


class Command(IntEnum):
    """CmdType: what a query does."""

    SELECT = 1
    UPDATE = 2
    INSERT = 3
    DELETE = 4
    MERGE = 5


class Entry(IntEnum):
    """RTEKind: what an entry of the range table is."""

    RELATION = 0
    SUBQUERY = 1
    JOIN = 2
    FUNCTION = 3
    TABLEFUNC = 4
    VALUES = 5
    CTE = 6
    TRANSITION = 7
    RESULT = 8
    GROUP = 9


class Join(IntEnum):
    """JoinType."""

    INNER = 0
    LEFT = 1
    FULL = 2
    RIGHT = 3


class SubLink(IntEnum):
    """SubLinkType: what a subquery in an expression is for."""

    EXISTS = 0
    ALL = 1
    ANY = 2
    ROWCOMPARE = 3
    EXPR = 4
    MULTIEXPR = 5
    ARRAY = 6


class Param(IntEnum):
    """ParamKind: a parameter of the statement, or a column of the subquery in `x IN (SELECT …)`."""

    EXTERN = 0
    SUBLINK = 2


class SetOperation(IntEnum):
    """SetOperation."""

    UNION = 1
    INTERSECT = 2
    EXCEPT = 3


class Grouping(IntEnum):
    """GroupingSetKind."""

    EMPTY = 0
    SIMPLE = 1
    ROLLUP = 2
    CUBE = 3
    SETS = 4


class Returning(IntEnum):
    """VarReturningType, since PostgreSQL 18: the row that a column of RETURNING means."""

    DEFAULT = 0
    OLD = 1
    NEW = 2


class NullTest(IntEnum):
    """NullTestType."""

    IS_NULL = 0
    IS_NOT_NULL = 1


class BooleanTest(IntEnum):
    """BoolTestType, those that say something of NULL."""

    IS_TRUE = 0
    IS_FALSE = 2
    IS_NOT_UNKNOWN = 5


class JsonConstructor(IntEnum):
    """JsonConstructorType."""

    OBJECT = 1
    ARRAY = 2
    OBJECTAGG = 3
    ARRAYAGG = 4
    PARSE = 5
    SCALAR = 6
    SERIALIZE = 7


class Form(IntEnum):
    """CoercionForm: how a function call is written."""

    CALL = 0
    EXPLICIT_CAST = 1
    IMPLICIT_CAST = 2


DO_UPDATE = 2
"""OnConflictAction, of which the other is DO NOTHING."""
NOT_MATCHED_BY_SOURCE = 1
"""MergeMatchKind."""

_RENAMED = {"RELABELTYPE", "COLLATEEXPR"}
_CAST = _RENAMED | {"COERCETODOMAIN", "COERCEVIAIO"}
_TYPES = (
    "vartype",
    "paramtype",
    "consttype",
    "funcresulttype",
    "opresulttype",
    "resulttype",
    "refrestype",
    "coalescetype",
    "casetype",
    "minmaxtype",
    "aggtype",
    "wintype",
)


def bare(e: Node) -> Node:
    """Strip what changes a type's name or collation and not the value: varchar as text."""
    while e.kind in _RENAMED:
        e = e["arg"]
    return e


def uncast(e: Node, *calls: Form) -> Node:
    """Strip casts, and those that are calls of a function where they are written as `calls` says."""
    while True:
        if e.kind in _CAST or (
            e.kind == "ARRAYCOERCEEXPR" and e.int("coerceformat") in calls
        ):  # which calls a function for each element
            e = e["arg"]
        elif e.kind == "FUNCEXPR" and e.int("funcformat") in calls and e.nodes("args"):
            e = e.nodes("args")[0]
        else:
            return e


def type_of(e: Node) -> int:
    """Return the type that an expression states, or 0."""
    if e.kind == "SUBLINK" and e.int("subLinkType") == SubLink.EXPR:
        (target, *_) = e["subselect"].nodes("targetList")
        return type_of(target["expr"])
    return next((e.int(field) for field in _TYPES if e.get(field)), 0)


def numbers(value: Any) -> list[int]:
    """Return a list of oids, in its order; `o` and `i` before them say what they are."""
    return [int(one) for one in value if one.isdigit()] if isinstance(value, list) else []


def bytes_of(constant: Node) -> bytes:
    """Return a constant's bytes, as the server has them in memory."""
    value = constant.get("constvalue")
    return bytes(int(byte) & 0xFF for byte in value) if isinstance(value, list) else b""


_MAXDIM = 6
"""PostgreSQL's limit of an array's dimensions."""


def dimensions(constant: Node) -> int:
    """Return how many dimensions an array's constant has; of any other value this says nothing."""
    found = int.from_bytes(bytes_of(constant)[4:8], sys.byteorder)
    return found if 1 <= found <= _MAXDIM else 1


def has_no_null_element(array: Node) -> bool:
    """Tell whether an array constant has no NULL in it: its header then has no data offset."""
    return not array.flag("constisnull") and bytes_of(array)[8:12] == b"\0\0\0\0"


def result_table(query: Node) -> Node:
    """Return the range table entry that a query writes to."""
    return query.nodes("rtable")[query.int("resultRelation") - 1]


def shown(query: Node) -> list[Node]:
    """Return the targets that a query shows: its select list, or RETURNING."""
    writes = query.int("commandType") != Command.SELECT
    return query.nodes("returningList" if writes else "targetList")


def conjuncts(condition: Node | None) -> Iterator[Node]:
    """Yield the parts of a condition that must all hold."""
    if condition is None:
        return
    if condition.kind == "BOOLEXPR" and condition.text("boolop") == "and":
        for part in condition.nodes("args"):
            yield from conjuncts(part)
    else:
        yield condition


def joins(item: Node) -> Iterator[Node]:
    """Yield the nodes of a join tree, without its conditions."""
    yield item
    for part in [
        *item.nodes("fromlist"),
        *(n for n in (item.node("larg"), item.node("rarg")) if n),
    ]:
        yield from joins(part)


def below(item: Node) -> frozenset[int]:
    """Return the entries below an item of a join tree."""
    return frozenset(n.int("rtindex") for n in joins(item) if n.kind == "RANGETBLREF")


def stands_alone(value: Any, depth: int = 0) -> bool:
    """Tell whether a query, `depth` levels inside the one asked about, uses nothing from outside."""
    if isinstance(value, list):
        return all(stands_alone(item, depth) for item in value)
    if not isinstance(value, Node):
        return True
    depth += value.kind == "QUERY"
    if max(value.int("varlevelsup"), value.int("ctelevelsup")) >= depth > 0:
        return False
    return all(stands_alone(item, depth) for item in value.values())


def lateral(value: Any, depth: int = 0) -> Iterator[Node]:
    """Yield the columns of the level around it that an entry of the range table uses."""
    if isinstance(value, list):
        for item in value:
            yield from lateral(item, depth)
    elif isinstance(value, Node):
        if value.kind == "VAR" and value.int("varlevelsup") == depth:
            yield value
        depth += value.kind == "QUERY"
        for item in value.values():
            yield from lateral(item, depth)


def trees(text: str) -> list[Node]:
    """Read an index's expressions or predicate."""
    found = read(text) if text else []
    return found if isinstance(found, list) else [found]


def moved(value: Any, number: int) -> Any:
    """Return an index's expression as range table entry `number` would state it."""
    if isinstance(value, list):
        return [moved(item, number) for item in value]
    if not isinstance(value, Node):
        return value
    copy = Node({field: moved(item, number) for field, item in value.items()})
    copy.kind = value.kind
    if copy.kind == "VAR":
        copy["varno"] = str(number)
    return copy
