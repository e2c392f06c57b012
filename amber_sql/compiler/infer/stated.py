"""What a query states and what is known where an expression stands: values that Scopes share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from amber_sql.compiler.infer.answers import Answer  # noqa: TC001  # msgspec may resolve it
from amber_sql.compiler.infer.facts import Fact, facts
from amber_sql.compiler.infer.grouping import has_empty_set, nulled_keys
from amber_sql.compiler.infer.joins import Joins
from amber_sql.compiler.tree import Node, walk

if TYPE_CHECKING:
    from amber_sql.compiler.catalog import Catalog


class Stated(msgspec.Struct, frozen=True):
    """What a query's own text says, read once for every Scope of it."""

    joins: Joins
    grouped: bool
    """Whether each row stands for a group of at least one."""
    target_sets: int
    """How many set-returning functions the select list has."""
    of_groups: tuple[Fact, ...]
    """HAVING's facts."""
    nulled: tuple[Node, ...]
    """The keys that ROLLUP, CUBE or GROUPING SETS may replace by NULL."""

    @classmethod
    def of(cls, query: Node, catalog: Catalog) -> Stated:
        """Read a query."""
        targets = walk(query.get("targetList")) if query.flag("hasTargetSRFs") else ()
        return cls(
            joins=Joins(query, catalog),
            grouped=bool(query.get("groupClause")) and not has_empty_set(query),
            target_sets=sum(n.flag("funcretset") or n.flag("opretset") for n in targets),
            of_groups=tuple(facts(query.node("havingQual"), catalog)),
            nulled=tuple(nulled_keys(query)),
        )


class Given(msgspec.Struct, frozen=True):
    """What holds where an expression stands, beyond what its query's text says."""

    facts: tuple[Fact, ...] = ()
    matched: frozenset[tuple[int, str]] = frozenset()
    compared: tuple[Answer, ...] = ()
    """The columns of the subquery that `x IN (SELECT …)` is compared with."""
    row_before: bool = False
    """An assignment sees the row as it was, RETURNING as it became."""
    each_row: bool = False
    """An aggregate's arguments are of the rows of a group, whose keys nothing has nulled yet."""
