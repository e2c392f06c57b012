"""UNION, INTERSECT, EXCEPT → the answers and the number of rows that follow from their arms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amber_sql.compiler.described import Cardinality
from amber_sql.compiler.infer.answers import SINGLE, Answer
from amber_sql.compiler.infer.nodes import SetOperation
from amber_sql.compiler.tree import walk

if TYPE_CHECKING:
    from amber_sql.compiler.infer.level import Level
    from amber_sql.compiler.tree import Node


def answers(level: Level, node: Node) -> list[Answer]:
    """Answer for each column of a set operation, or of one arm of it."""
    if node.kind == "RANGETBLREF":
        subquery = level.rtable[node.int("rtindex") - 1]["subquery"]
        return [output.answer for output in level.inner(subquery)]
    left, right = answers(level, node["larg"]), answers(level, node["rarg"])
    match node.int("op"):
        case SetOperation.UNION:
            return [one if one.nullable else other for one, other in zip(left, right, strict=True)]
        case SetOperation.INTERSECT:
            return [other if one.nullable else one for one, other in zip(left, right, strict=True)]
        case _:
            return left


def rows(level: Level, node: Node) -> Cardinality:
    """Return how many rows a set operation, or one arm of it, gives."""
    if node.kind == "RANGETBLREF":
        return level.child(level.rtable[node.int("rtindex") - 1]["subquery"]).rows()
    left, right = rows(level, node["larg"]), rows(level, node["rarg"])
    match node.int("op"):
        case SetOperation.INTERSECT:
            return (
                Cardinality.ZERO_OR_ONE if left in SINGLE or right in SINGLE else Cardinality.MANY
            )
        case SetOperation.EXCEPT:
            return Cardinality.ZERO_OR_ONE if left in SINGLE else Cardinality.MANY
    return Cardinality.MANY


def arms(level: Level) -> list[Level]:
    """Return the queries of a set operation, or the query itself."""
    if not level.query.get("setOperations"):
        return [level]
    leaves = [n for n in walk(level.query["setOperations"]) if n.kind == "RANGETBLREF"]
    queries = [level.rtable[leaf.int("rtindex") - 1]["subquery"] for leaf in leaves]
    return [arm for query in queries for arm in arms(level.child(query))]
