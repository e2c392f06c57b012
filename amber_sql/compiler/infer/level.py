"""What an expression, a table or a key may ask of the query level that it stands in.

`scope.Scope` answers. Whatever asks imports this protocol only, so that the parts of the inference
recurse into each other as SQL nests, while their imports run one way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from amber_sql.compiler.catalog import Catalog
    from amber_sql.compiler.described import Cardinality, JsonShape
    from amber_sql.compiler.infer.answers import Answer, Output
    from amber_sql.compiler.infer.facts import Fact
    from amber_sql.compiler.infer.held import Contents
    from amber_sql.compiler.infer.joins import Joins
    from amber_sql.compiler.tree import Node


class Equality(NamedTuple):
    """`left = right`, by an operator and a collation, seen from one side."""

    bound: Node
    by: Node
    commuted: bool
    """Whether `bound` stands right of the operator."""
    operator: int
    collation: int
    may_bind: frozenset[int] | None
    """An outer join's ON binds only the side that it may leave out; None binds every table."""


class Fixed(Protocol):
    """What the conditions of a query level fix; `bindings.Bindings` is one."""

    conditions: list[Node]
    """What is true of every row."""
    equalities: list[Equality]
    tables: set[int]
    """The entries of FROM, by range table index."""
    single: set[int]
    """Those of which at most one row takes part."""

    def all_single(self) -> bool:
        """Tell whether FROM as a whole gives at most one row."""
        ...

    def all_fixed(self, expressions: list[Node]) -> bool:
        """Tell whether every expression has one value for the whole statement."""
        ...

    def starts_index(self, number: int) -> bool:
        """Tell whether the first column of some index of a table is fixed, or one of a list."""
        ...


class Level(Protocol):
    """One level of a query, seen from inside."""

    catalog: Catalog
    query: Node
    command: int
    rtable: list[Node]
    result: int
    """The range table index of the written table, or 0."""
    returning: bool
    """Whether its columns are RETURNING's."""
    grouped: bool
    """Whether each row stands for a group of at least one."""
    target_sets: int
    """How many set-returning functions the select list has."""
    joins: Joins
    required: frozenset[int]
    """The parameters that refuse NULL."""
    filled: frozenset[int]
    """The array parameters whose elements refuse NULL."""
    compared: tuple[Answer, ...]
    """The columns of the subquery that `x IN (SELECT …)` is compared with."""
    matched: frozenset[tuple[int, str]]
    """(join, side): the outer joins that are proven to have found a row on a side."""
    assumed: dict[int, list[Answer]]
    """The columns of a recursive CTE while it is proven, by the identity of its node."""
    held: dict[int, list[Contents]]
    """The same of what they hold."""

    @property
    def parent(self) -> Level | None:
        """Return the query around this one."""
        ...

    @property
    def every_row(self) -> Level:
        """Return this level without what a CASE branch adds: window functions look at other rows."""
        ...

    def level(self, up: int) -> Level:
        """Return the level `up` levels out."""
        ...

    def child(self, query: Node) -> Level:
        """Return the level of a query inside this one."""
        ...

    def anew(self, query: Node) -> Level:
        """Return the same, with nothing remembered."""
        ...

    def apart(self, query: Node) -> Level:
        """Return the level of a view's query, which sees nothing of this one."""
        ...

    def view(self, oid: int) -> Node | None:
        """Return the query that a view stands for."""
        ...

    def believing(self, more: list[Fact]) -> Level:
        """Return this level where `more` holds too."""
        ...

    def matching(self, join: int, side: str) -> Level:
        """Return this level for the rows in which one side of a FULL JOIN is there."""
        ...

    def comparing(self, answers: list[Answer]) -> Level:
        """Return this level as the test of `x IN (SELECT …)` sees it."""
        ...

    def before(self) -> Level:
        """Return this level as an assignment sees it: with the row as it was."""
        ...

    def inside_aggregate(self) -> Level:
        """Return this level as an aggregate's arguments see it: before any key is nulled."""
        ...

    def answer(self, e: Node) -> Answer:
        """Answer for an expression of this level."""
        ...

    def contents(self, e: Node) -> Contents:
        """Return what is proven of what an expression of this level holds."""
        ...

    def json(self, kind: int, e: Node) -> JsonShape | None:
        """Return what is known of the JSON that an expression of a type is, or is an array of."""
        ...

    def answer_recursive(self, cte: Node) -> None:
        """Prove what may be NULL in the columns of a recursive CTE of this level."""
        ...

    def column(self, var: Node) -> Answer:
        """Answer for a VAR of this level."""
        ...

    def ungrouped(self, e: Node) -> Node:
        """Return the expression behind a column of PostgreSQL 18's entry for GROUP BY."""
        ...

    def known(self, e: Node) -> bool:
        """Tell whether a condition proved that this very expression is not NULL."""
        ...

    def nulled(self, e: Node) -> bool:
        """Tell whether grouping sets may replace this expression by NULL."""
        ...

    def outputs(self) -> list[Output]:
        """Answer for each output column, in order."""
        ...

    def inner(self, query: Node) -> list[Output]:
        """Return the columns of a query inside this one, answered once."""
        ...

    def inner_of(self, entry: Node, query: Node, inside: Level) -> list[Output]:
        """Return the columns of a derived table or view, whose rows passed this level's conditions."""
        ...

    def bindings(self) -> Fixed:
        """Return what the conditions of this level fix."""
        ...

    def rows(self) -> Cardinality:
        """Return what is proven of the number of rows."""
        ...

    def unique(self) -> list[frozenset[int]]:
        """Return sets of output columns that no two rows share."""
        ...
