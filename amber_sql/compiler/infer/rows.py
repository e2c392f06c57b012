"""A whole row of a subquery, CTE, VALUES, function or join → its fields, as its columns are.

An outer join that finds no match makes the whole row NULL, never its fields. Where the row is that
of a join, older servers do the latter: there both may be NULL.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from psycopg import sql

from amber_sql.compiler.catalog import RECORD
from amber_sql.compiler.described import Described, Shape
from amber_sql.compiler.infer.ctes import find_cte
from amber_sql.compiler.infer.expression_types import type_in
from amber_sql.compiler.infer.held import NOTHING
from amber_sql.compiler.infer.nodes import Entry, bare, numbers, shown
from amber_sql.compiler.infer.range_table import column_name
from amber_sql.compiler.tree import Node

if TYPE_CHECKING:
    from amber_sql.compiler.infer.held import Contents
    from amber_sql.compiler.infer.level import Level

_BIGINT = 20
_PLAIN = re.compile(r"[a-z_][a-z0-9_]*").fullmatch


def of_entry(level: Level, var: Node) -> Shape:
    """Return the fields of a whole-row reference to an entry of FROM."""
    entry = level.rtable[var.int("varno") - 1]
    names = entry["eref"].get("colnames") or []
    types = _types(level, entry)
    if len(types) != len(names):
        name = entry["eref"].text("aliasname")
        hint = f"list them: … AS {name}(a integer, b text)"
        if len(names) > 1:  # OUT parameters have names, and each call its own types of anyelement
            columns = ", ".join(_identifier(name, str(column)) for column in names)
            hint = f"write (SELECT r FROM (SELECT {columns}) AS r) in its place"
        return Shape(problem=f"nobody can tell the columns of {name}", hint=hint)
    fields = []
    for number, (name, kind) in enumerate(zip(names, types, strict=True), 1):
        nulling = var.get("varnullingrels") if entry.int("rtekind") == Entry.JOIN else None
        column = Node(
            var, varattno=str(number), vartype=str(kind), varnullingrels=nulling, varlevelsup="0"
        )
        column.kind = "VAR"
        fields.append(_field(level, str(name), kind, column))
    return Shape(fields=tuple(fields))


def of_constructor(level: Level, e: Node) -> Shape:
    """Return the fields of a row constructor: those of `JOIN … USING (…) AS u` alone have names."""
    names, args = [str(name) for name in e.get("colnames") or []], e.nodes("args")
    if names == [f"f{number}" for number in range(1, len(names) + 1)]:
        columns = ", ".join(_written(level, number, arg) for number, arg in enumerate(args, 1))
        return Shape(
            problem="ROW(…) has no names for its fields",
            hint=f"write the row of a subquery in its place: (SELECT r FROM (SELECT {columns}) AS r)",
        )
    return Shape(
        fields=tuple(
            _field(level, name, type_in(level.catalog, arg), arg)
            for name, arg in zip(names, args, strict=True)
        )
    )


def _written(level: Level, number: int, e: Node) -> str:
    """Return a field of a row as a subquery selects it: a column as it is, all else under a name."""
    e = bare(level.ungrouped(e))
    if e.kind != "VAR" or e.int("varattno") <= 0:
        return f"… AS field_{number}"
    owner = level.level(e.int("varlevelsup"))
    entry = owner.rtable[e.int("varno") - 1]
    parts = [entry["eref"].text("aliasname"), column_name(entry, e.int("varattno"))]
    if entry.int("rtekind") == Entry.JOIN and entry.get("alias") is None:
        del parts[0]
    return _identifier(*parts)


def _identifier(*parts: str) -> str:
    return sql.Identifier(*parts).as_string() if not all(map(_PLAIN, parts)) else ".".join(parts)


def of_function(level: Level, e: Node) -> Shape:
    """Return what is known of a row that a call in an expression returns: nothing."""
    function = level.catalog.functions.get(e.int("funcid"))
    name = function.name if function else "it"
    if function and function.outputs:
        return Shape(
            problem=f"{name}() returns a row, whose columns have names in FROM alone",
            hint=f"select it from there: SELECT r FROM {name}(…) AS r",
        )
    return Shape(
        problem=f"{name}() returns a row whose columns it does not name",
        hint=f"call it in FROM, with a column list: SELECT r FROM {name}(…) AS r(a integer, b text)",
    )


def _field(level: Level, name: str, kind: int, e: Node) -> Described:
    answer, held = level.answer(e), _held(level, kind, e)
    why = answer.why
    if level.catalog.is_array(kind) and not held.filled:
        why += f"; its elements may be NULL: {held.why}"
    return Described(
        name=name,
        type=kind,
        nullable=answer.nullable,
        why=why,
        filled=held.filled,
        whole=held.whole,
        depth=held.depth,
        shape=held.shape if level.catalog.is_record(kind) else None,
        json=level.json(kind, e),
        origin=origin_of(level, e),
    )


def _held(level: Level, kind: int, e: Node) -> Contents:
    catalog = level.catalog
    holds = catalog.is_array(kind) or catalog.is_row(kind) or catalog.is_record(kind)
    return level.contents(e) if holds else NOTHING._replace(shape=None)


def _types(level: Level, entry: Node) -> list[int]:
    """Return the types of an entry's columns; none where they cannot be told."""
    match entry.int("rtekind"):
        case Entry.SUBQUERY:
            query = entry["subquery"]
            return [
                type_in(level.catalog, target["expr"])
                for target in shown(query)
                if not target.flag("resjunk")
            ]
        case Entry.VALUES | Entry.CTE:
            return numbers(entry.get("coltypes"))
        case Entry.JOIN:
            return [type_in(level.catalog, one) for one in entry.nodes("joinaliasvars")]
        case Entry.TABLEFUNC:
            return numbers(entry["tablefunc"].get("coltypes"))
        case Entry.FUNCTION:
            found = [one for part in entry.nodes("functions") for one in _returned(level, part)]
            return [*found, *([_BIGINT] if entry.flag("funcordinality") else [])]
    return []


def _returned(level: Level, part: Node) -> list[int]:
    """Return the types of a function's columns."""
    call = part["funcexpr"]
    kind = type_in(level.catalog, call)
    if stated := numbers(part.get("funccoltypes")):
        return stated
    if level.catalog.is_row(kind):
        relation = level.catalog.relations[level.catalog.types[level.catalog.base(kind)].relation]
        return [column.type for column in relation.columns.values()]
    if kind != RECORD:
        return [kind]
    function = level.catalog.functions.get(call.int("funcid"))
    outputs = list(function.outputs) if function else []
    # Of anyelement and its kin only the call itself tells the type.
    return outputs if all(level.catalog.types[one].kind != "p" for one in outputs) else []


def origin_of(level: Level, e: Node) -> tuple[int, int]:
    """Return the column of a table that an expression is as it is, or zeros."""
    if e.kind != "VAR" or e.int("varattno") <= 0:
        return 0, 0
    owner = level.level(e.int("varlevelsup"))
    entry, number = owner.rtable[e.int("varno") - 1], e.int("varattno")
    query: Node | None = None
    match entry.int("rtekind"):
        case Entry.RELATION:
            return entry.int("relid"), number
        case Entry.JOIN:
            return origin_of(owner, entry.nodes("joinaliasvars")[number - 1])
        case Entry.GROUP:
            return origin_of(owner, entry.nodes("groupexprs")[number - 1])
        case Entry.SUBQUERY:
            query = entry["subquery"]
        case Entry.CTE:
            _, cte = find_cte(owner, entry)
            query = cte["ctequery"] if cte else None
    if query is None:
        return 0, 0
    target = next((t for t in shown(query) if t.int("resno") == number), Node())
    return target.int("resorigtbl"), target.int("resorigcol")
