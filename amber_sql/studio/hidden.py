"""Columns marked `@secret` → those and every column that shows one: in partitions, views, generated.

A column of a view that is a secret one, by whatever name, is as secret. An expression of a view
that reads a secret column may show it, so it is hidden too.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from amber_sql.compiler.tree import Node, UnknownFormError
from amber_sql.compiler.tree import read as read_tree
from amber_sql.studio import relation_queries as queries

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from psycopg import AsyncConnection

Place = tuple[int, int]
"""(relation, column), by oid and number."""


async def hidden_columns(
    conn: AsyncConnection, marked: set[Place], columns: Mapping[int, Sequence[tuple[int, str]]]
) -> set[Place]:
    """Return the columns whose values stay in the database."""
    if not marked:
        return set()
    children = await (await conn.execute(queries.CHILDREN)).fetchall()
    computed = await (await conn.execute(queries.READ_BY_GENERATED)).fetchall()
    reads: dict[int, set[Place]] = defaultdict(set)
    for view, relation, column in await (await conn.execute(queries.READ_BY_VIEWS)).fetchall():
        reads[view].add((relation, column))
    rules = await (await conn.execute(queries.VIEW_RULES.encode())).fetchall()
    hidden, before = set(marked), 0
    while len(hidden) != before:  # a view of a view, a partition of a partition
        before = len(hidden)
        for child, parent in children:
            names = {name for number, name in columns.get(parent, ()) if (parent, number) in hidden}
            hidden |= {(child, number) for number, name in columns.get(child, ()) if name in names}
        hidden |= {(table, to) for table, to, read in computed if (table, read) in hidden}
        relations = {relation for relation, _ in hidden}
        for view, action in rules:
            # A whole row is read as column 0.
            if reads[view] & hidden or any(r in relations and c == 0 for r, c in reads[view]):
                hidden |= {
                    (view, number)
                    for number, origin in _origins(action, columns.get(view, ()))
                    if origin is None or origin in hidden
                }
    return hidden


def _origins(action: str, columns: Sequence[tuple[int, str]]) -> list[tuple[int, Place | None]]:
    """Return for each column of a view which column it is; None for an expression, or if unknown."""
    unknown: list[tuple[int, Place | None]] = [(number, None) for number, _ in columns]
    try:
        tree = read_tree(action)
        query = tree[0] if isinstance(tree, list) else tree
        if not isinstance(query, Node) or query.get("setOperations") is not None:
            return unknown
        found = {
            entry.int("resno"): (entry.int("resorigtbl"), entry.int("resorigcol"))
            for entry in query.nodes("targetList")
            if not entry.flag("resjunk")
        }
    except (UnknownFormError, ValueError, IndexError, RecursionError):
        return unknown
    return [
        (number, origin if (origin := found.get(number)) and origin[0] else None)
        for number, _ in columns
    ]
