"""What is said of an expression, a column or a query, and how the answers of parts combine."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from amber_sql.compiler.described import Cardinality

if TYPE_CHECKING:
    from collections.abc import Iterable

    from amber_sql.compiler.tree import Node


class Answer(NamedTuple):
    """Whether an expression may be NULL, and the reason in words."""

    nullable: bool
    why: str


class Output(NamedTuple):
    """An output column: its name, its answer, and the expression that makes it."""

    name: str
    answer: Answer
    expression: Node


SINGLE = frozenset({Cardinality.ONE, Cardinality.ZERO_OR_ONE})
"""No more than one row."""


def may_be_null(why: str) -> Answer:
    """Answer "it may be NULL", the answer to everything unknown."""
    return Answer(nullable=True, why=why)


def not_null(why: str) -> Answer:
    """Answer "PostgreSQL guarantees that it is not NULL"."""
    return Answer(nullable=False, why=why)


def all_of(found: Iterable[Answer], why: str) -> Answer:
    """Answer for what is NULL only when one of its parts is."""
    return next((one for one in found if one.nullable), not_null(why))


def any_of(found: Iterable[Answer], why: str) -> Answer:
    """Answer for what is NULL only when all of its parts are."""
    found = list(found)
    return next((not_null(f"{why}: {one.why}") for one in found if not one.nullable), found[0])
