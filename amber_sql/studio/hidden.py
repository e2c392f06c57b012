"""Columns marked `@secret` → those and every column that shows one: in partitions, views, generated, rows.

A column of a view that is a secret one, by whatever name, is as secret. An expression of a view
that reads a secret column may show it, so it is hidden too; so is a column that holds rows with one.
Passwords of the server's own catalogs, and the values in its statistics, are secret unmarked.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from amber_sql.compiler.comments import is_secret
from amber_sql.compiler.tree import Node, UnknownFormError, selected
from amber_sql.compiler.tree import read as read_tree
from amber_sql.studio import relation_queries as queries

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from psycopg import AsyncConnection

Place = tuple[int, int]
"""(relation, column), by oid and number."""
_RELATION = re.compile(r":relid (\d+)")


async def hidden_columns(
    conn: AsyncConnection, marked: set[Place], columns: Mapping[int, Sequence[tuple[int, str]]]
) -> set[Place]:
    """Return the columns whose values stay in the database, those of catalogs and types as well."""
    own = {(oid, number) for oid, number in await _rows(conn, queries.PASSWORDS)}
    fields = await _rows(conn, queries.FIELDS)
    holders = await _rows(conn, queries.HOLDERS)
    children = await _rows(conn, queries.CHILDREN)
    computed = await _rows(conn, queries.READ_BY_GENERATED)
    rules = [
        (view, action, {*map(int, _RELATION.findall(action))})
        for view, action in await _rows(conn, queries.VIEW_RULES)
    ]
    hidden, before = marked | own | {(oid, n) for oid, n, said in fields if is_secret(said)}, 0
    while len(hidden) != before:  # a view of a view, a partition of a partition
        before = len(hidden)
        for child, parent in children:
            names = {name for number, name in columns.get(parent, ()) if (parent, number) in hidden}
            hidden |= {(child, number) for number, name in columns.get(child, ()) if name in names}
        hidden |= {(table, to) for table, to, read in computed if (table, read) in hidden}
        relations = {relation for relation, _ in hidden}
        hidden |= {(table, to) for table, to, row in holders if row in relations}
        for view, action, mentioned in rules:
            if mentioned & relations and _looks_at(action, hidden, relations):
                hidden |= {
                    (view, number)
                    for number, origin in _origins(action, columns.get(view, ()))
                    if origin is None or origin in hidden
                }
    return hidden


async def _rows(conn: AsyncConnection, statement: str) -> list[tuple[Any, ...]]:
    return await (await conn.execute(statement.encode())).fetchall()


def _looks_at(action: str, hidden: set[Place], relations: set[int]) -> bool:
    """Tell whether a view reads a secret column, or a whole row with one."""
    places = _selected(action)
    return places is None or any(
        place in hidden or (place[0] in relations and not place[1]) for place in places
    )


@lru_cache(maxsize=1000)
def _selected(action: str) -> frozenset[Place] | None:
    """Return what a view's rule is checked the permission to SELECT for; None if unknown.

    Its dependencies would not do: those on catalogs are not recorded, and one on a whole row is
    dropped beside one on a column.
    """
    try:
        return frozenset(selected(read_tree(action)))
    except (UnknownFormError, ValueError, IndexError, RecursionError):
        return None


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
