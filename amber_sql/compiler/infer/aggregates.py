"""Aggregates and window functions → may they be NULL: it depends on whether any row is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amber_sql.compiler.infer import set_functions
from amber_sql.compiler.infer.answers import Answer, all_of, may_be_null, not_null

if TYPE_CHECKING:
    from amber_sql.compiler.infer.level import Level
    from amber_sql.compiler.tree import Node

# The bits of frameOptions, from parsenodes.h.
_START_INCLUDES = 0x20 | 0x200 | 0x800  # UNBOUNDED PRECEDING, CURRENT ROW, n PRECEDING
_END_INCLUDES = 0x100 | 0x400 | 0x4000  # UNBOUNDED FOLLOWING, CURRENT ROW, n FOLLOWING
_EXCLUDES = 0x8000 | 0x10000  # EXCLUDE CURRENT ROW, EXCLUDE GROUP


def aggregate(level: Level, e: Node) -> Answer:
    """Answer for an aggregate call."""
    owner = level.level(e.int("agglevelsup"))
    function = level.catalog.built_in(e.int("aggfnoid"))
    if function in set_functions.COUNTS:
        return not_null(f"{_name(function)} answers over no rows, too")
    if e.get("aggfilter") is not None:
        return may_be_null(f"{_name(function)} is null when FILTER leaves no row")
    if not owner.grouped:
        return may_be_null(f"{_name(function)} is null over no rows")
    return _over_rows(owner.inside_aggregate(), e, function)


def _name(function: str) -> str:
    return f"{function.partition('(')[0]}()" if function else "this function"


def _over_rows(level: Level, e: Node, function: str) -> Answer:
    """Answer for an aggregate of one row or more."""
    args = [
        target["expr"] if target.kind == "TARGETENTRY" else target for target in e.nodes("args")
    ]
    if function in set_functions.AGGREGATES_OF_ROWS:
        return not_null(f"{_name(function)} of at least one row")
    if function in set_functions.AGGREGATES_OF_VALUES:
        args += e.nodes("aggdirectargs")
        if function in set_functions.STRING_AGGREGATES:
            args = args[:1]
        return all_of(map(level.answer, args), f"{_name(function)} of at least one row")
    return may_be_null(f"{_name(function)} may be null")


def window(level: Level, e: Node) -> Answer:
    """Answer for a window function call."""
    function, args = level.catalog.built_in(e.int("winfnoid")), e.nodes("args")
    if function in set_functions.NUMBERING | set_functions.COUNTS:
        return not_null(f"{_name(function)} numbers every row")
    if function == set_functions.NTILE:
        return all_of(map(level.answer, args), "ntile() numbers every row")
    if function in set_functions.OFFSET_WITH_DEFAULT:
        return all_of(map(level.every_row.answer, args), f"{_name(function)} has a default")
    if function in set_functions.OFFSET:
        return may_be_null(f"{_name(function)} is null where there is no such row")
    if e.get("aggfilter") is not None or not _frame_has_current_row(level, e):
        return may_be_null("the window frame may be empty")
    if function in set_functions.ENDS_OF_FRAME:
        return all_of(map(level.every_row.answer, args), "the frame holds the current row")
    if e.flag("winagg"):
        return _over_rows(level, e, function)
    return may_be_null(f"{_name(function)} may be null")


def _frame_has_current_row(level: Level, e: Node) -> bool:
    for clause in level.query.nodes("windowClause"):
        if clause.int("winref") == e.int("winref"):
            options = clause.int("frameOptions")
            return bool(
                options & _START_INCLUDES and options & _END_INCLUDES and not options & _EXCLUDES
            )
    return False
