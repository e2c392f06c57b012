"""Aggregates and window functions → may they be NULL: it depends on whether any row is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amber_sql.compiler.infer import never_null
from amber_sql.compiler.infer.answers import Answer, all_of, may_be_null, not_null

if TYPE_CHECKING:
    from amber_sql.compiler.infer.level import Level
    from amber_sql.compiler.tree import Node

# The bits of frameOptions, from parsenodes.h.
_START_INCLUDES = 0x20 | 0x200 | 0x800  # UNBOUNDED PRECEDING, CURRENT ROW, n PRECEDING
_END_INCLUDES = 0x100 | 0x400 | 0x4000  # UNBOUNDED FOLLOWING, CURRENT ROW, n FOLLOWING
_EXCLUDES = 0x8000 | 0x10000  # EXCLUDE CURRENT ROW, EXCLUDE GROUP
_DEFAULT_GIVEN = 3
"""The arguments of lag(value, offset, default)."""


def aggregate(level: Level, e: Node) -> Answer:
    """Answer for an aggregate call."""
    owner = level.level(e.int("agglevelsup"))
    function = level.catalog.functions.get(e.int("aggfnoid"))
    name = function.name if function and never_null.is_built_in(function) else ""
    if name in never_null.COUNTS:
        return not_null(f"{name}() answers over no rows, too")
    if e.get("aggfilter") is not None:
        return may_be_null(f"{name}() is null when FILTER leaves no row")
    if not owner.grouped:
        return may_be_null(f"{name or 'this aggregate'}() is null over no rows")
    return _over_rows(owner.inside_aggregate(), e, name)


def _over_rows(level: Level, e: Node, name: str) -> Answer:
    """Answer for an aggregate of one row or more."""
    args = [
        target["expr"] if target.kind == "TARGETENTRY" else target for target in e.nodes("args")
    ]
    if name in never_null.AGGREGATES_OF_ROWS:
        return not_null(f"{name}() of at least one row")
    if name in never_null.AGGREGATES_OF_VALUES:
        args += e.nodes("aggdirectargs")
        if name == "string_agg":  # a NULL delimiter only joins nothing
            args = args[:1]
        return all_of(map(level.answer, args), f"{name}() of at least one row")
    return may_be_null(f"{name or 'this aggregate'}() may be null")


def window(level: Level, e: Node) -> Answer:
    """Answer for a window function call."""
    function = level.catalog.functions.get(e.int("winfnoid"))
    name = function.name if function and never_null.is_built_in(function) else ""
    args = e.nodes("args")
    if name in never_null.NUMBERING or name == "count":
        return not_null(f"{name}() numbers every row")
    if name == "ntile":
        return all_of(map(level.answer, args), "ntile() numbers every row")
    if name in {"lag", "lead"}:
        if len(args) == _DEFAULT_GIVEN:
            return all_of(map(level.every_row.answer, args), f"{name}() has a default")
        return may_be_null(f"{name}() is null where there is no such row")
    if e.get("aggfilter") is not None or not _frame_has_current_row(level, e):
        return may_be_null("the window frame may be empty")
    if name in {"first_value", "last_value"}:
        return all_of(map(level.every_row.answer, args), "the frame holds the current row")
    if e.flag("winagg"):
        return _over_rows(level, e, name)
    return may_be_null(f"{name or 'this window function'}() may be null")


def _frame_has_current_row(level: Level, e: Node) -> bool:
    for clause in level.query.nodes("windowClause"):
        if clause.int("winref") == e.int("winref"):
            options = clause.int("frameOptions")
            return bool(
                options & _START_INCLUDES and options & _END_INCLUDES and not options & _EXCLUDES
            )
    return False
