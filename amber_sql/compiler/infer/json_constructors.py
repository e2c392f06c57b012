"""A call that makes JSON → the shape of what it makes: PostgreSQL's own functions, aggregates, SQL/JSON.

SQL's NULL becomes null in a part, so that a part is nullable as its expression is.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from amber_sql.compiler.described import Described
from amber_sql.compiler.infer import json_parts as parts
from amber_sql.compiler.infer.expression_types import type_in
from amber_sql.compiler.infer.facts import facts
from amber_sql.compiler.infer.json_parts import ANY
from amber_sql.compiler.infer.nodes import JsonConstructor, bytes_of
from amber_sql.compiler.infer.rows import origin_of

if TYPE_CHECKING:
    from amber_sql.compiler.described import JsonShape
    from amber_sql.compiler.infer.level import Level
    from amber_sql.compiler.tree import Node

SAME = {"RELABELTYPE", "COLLATEEXPR", "COERCETODOMAIN", "COERCEVIAIO", "NAMEDARGEXPR"}
"""What changes a value's type, and not its JSON where both types are JSON."""
_OBJECTS = {"json_build_object", "jsonb_build_object"}
_ARRAYS = {"json_build_array", "jsonb_build_array"}
_ROUND = {"to_json", "to_jsonb", "row_to_json", "array_to_json"}
_STRIPPED = {"json_strip_nulls", "jsonb_strip_nulls"}
_TEXTS = {25: 4, 1043: 4, 705: 0}
"""Where the characters of a constant begin, behind its length; those of an unknown one end in NUL."""
_JSONB = 3802


def part(level: Level, e: Node) -> JsonShape:
    """Return what an expression becomes as a part of JSON."""
    return parts.or_null(value(level, e), nullable=level.answer(e).nullable)


def value(level: Level, e: Node) -> JsonShape:
    """Return what an expression that is not NULL becomes in JSON."""
    kind = type_in(level.catalog, e)
    if not kind:
        return ANY
    held = level.contents(e)
    item = Described(
        name="",
        type=kind,
        nullable=False,
        why="",
        filled=held.filled,
        whole=held.whole,
        depth=held.depth,
        shape=held.shape,
        json=level.json(kind, e),
        origin=origin_of(level, e),
    )
    return parts.of_item(level.catalog, item)


def constant(level: Level, e: Node) -> JsonShape:
    """Return the shape of an empty array or object: what COALESCE puts in the place of NULL."""
    data = bytes_of(e)[4:]
    if level.catalog.base(e.int("consttype")) == _JSONB:
        head = int.from_bytes(data[:4], sys.byteorder)
        text = {0x40000000: b"[]", 0x20000000: b"{}"}.get(head, b"")
    else:
        text = b"".join(data.split())
    empty = {b"[]": parts.EMPTY_ARRAY, b"{}": parts.EMPTY_OBJECT}
    return empty.get(text, ANY)


def _key(e: Node) -> str | None:
    """Return the text of a constant key; a cast of one may write it otherwise: `'01'::text::int`."""
    while e.kind in {"RELABELTYPE", "COLLATEEXPR"}:
        e = e["arg"]
    if e.kind != "CONST" or e.flag("constisnull") or e.int("consttype") not in _TEXTS:
        return None
    data = bytes_of(e)
    start = _TEXTS[e.int("consttype")]
    if start and int.from_bytes(data[:4], sys.byteorder) >> 2 != len(data):
        return None  # compressed, or with a short header
    return (data[start:] if start else data.removesuffix(b"\0")).decode("utf-8")


def _object(level: Level, args: list[Node], *, absent: bool, last_wins: bool) -> JsonShape:
    keys = [_key(e) for e in args[::2]]
    known = [key for key in keys if key]  # msgspec has no field of an empty name
    if len(known) < len(keys):
        return ANY
    made = []
    for e in args[1::2]:
        one, nullable = value(level, e), level.answer(e).nullable
        # Of jsonb, a key goes as well whose value is a JSON null.
        if absent and (nullable or (last_wins and parts.may_be_null(level.catalog, one))):
            one = parts.missing(one)
        made.append(parts.or_null(one, nullable=nullable and not absent))
    return parts.an_object(known, made, last_wins=last_wins)


def _array(level: Level, args: list[Node], *, absent: bool) -> JsonShape:
    if not absent:
        return parts.in_order([part(level, e) for e in args])
    made = [value(level, e) for e in args]
    if any(level.answer(e).nullable for e in args):  # its length is not known
        return parts.array(parts.any_of(made))
    return parts.in_order(made)


def call(level: Level, e: Node) -> JsonShape:
    """Return what a function makes."""
    name, args = level.catalog.built_in(e.int("funcid")).partition("(")[0], e.nodes("args")
    if e.flag("funcvariadic") or e.flag("funcretset"):
        return ANY
    if name in _OBJECTS:
        return _object(level, args, absent=False, last_wins=name.startswith("jsonb"))
    if name in _ARRAYS:
        return _array(level, args, absent=False)
    if name in _ROUND:
        return value(level, args[0])
    if name in _STRIPPED and all(_is_false(arg) for arg in args[1:]):
        return parts.stripped(
            level.catalog, level.json(type_in(level.catalog, args[0]), args[0]) or ANY
        )
    return ANY


def _is_false(e: Node) -> bool:
    return e.kind == "CONST" and not e.flag("constisnull") and not any(bytes_of(e))


def aggregate(level: Level, e: Node) -> JsonShape:
    """Return what an aggregate makes, also as a window function."""
    name = level.catalog.built_in(e.int("aggfnoid") or e.int("winfnoid")).partition("(")[0]
    args = [arg["expr"] if arg.kind == "TARGETENTRY" else arg for arg in e.nodes("args")]
    owner = level.level(e.int("agglevelsup"))
    # A window's rows are others than this one, with the totals of grouping sets among them.
    owner = owner.inside_aggregate() if e.kind == "AGGREF" else owner.every_row
    if (condition := e.node("aggfilter")) is not None:
        owner = owner.believing(list(facts(condition, level.catalog)))
    base, of = (
        name.removeprefix("jsonb_").removeprefix("json_"),
        value if "_strict" in name else part,
    )
    if base in {"agg", "agg_strict"}:
        return parts.array(of(owner, args[0]))
    if base.startswith("object_agg"):
        return parts.of_keys(of(owner, args[1]))
    return ANY


def sql_json(level: Level, e: Node) -> JsonShape:
    """Return what a constructor of SQL/JSON makes: JSON_OBJECT, JSON_ARRAYAGG and their kin."""
    args, absent = e.nodes("args"), e.flag("absent_on_null")
    match e.int("type"):
        case JsonConstructor.OBJECT:
            returning = e.node("returning")
            is_jsonb = returning is not None and returning.int("typid") == _JSONB
            return _object(level, args, absent=absent, last_wins=is_jsonb)
        case JsonConstructor.ARRAY:
            return _array(level, args, absent=absent)
        case JsonConstructor.OBJECTAGG | JsonConstructor.ARRAYAGG:
            return aggregate(level, e["func"])
        case JsonConstructor.SCALAR:
            return value(level, args[0])
    return ANY
