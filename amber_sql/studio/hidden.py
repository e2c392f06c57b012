"""Columns marked `@secret` → those and every column that shows one: in partitions, views, generated, rows.

A column of a view that is a secret one, by whatever name, is as secret. An expression of a view
that reads a secret column may show it, so it is hidden too; so is a column that holds rows with one.
Passwords of the server's own catalogs, and the values in its statistics, are secret unmarked.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from amber_sql.compiler.comments import is_secret
from amber_sql.compiler.tree import Node, UnknownFormError
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
    catalogs = {oid for oid, _ in own}
    fields = await _rows(conn, queries.FIELDS)
    holders = await _rows(conn, queries.HOLDERS)
    children = await _rows(conn, queries.CHILDREN)
    computed = await _rows(conn, queries.READ_BY_GENERATED)
    reads: dict[int, set[Place]] = defaultdict(set)
    for view, relation, column in await _rows(conn, queries.READ_BY_VIEWS):
        reads[view].add((relation, column))
    rules = await _rows(conn, queries.VIEW_RULES)
    # What views read of catalogs is no dependency of theirs: it stands in their rules alone.
    system = {view for view, action in rules if catalogs & {*map(int, _RELATION.findall(action))}}
    hidden, before = marked | own | {(oid, n) for oid, n, said in fields if is_secret(said)}, 0
    while len(hidden) != before:  # a view of a view, a partition of a partition
        before = len(hidden)
        for child, parent in children:
            names = {name for number, name in columns.get(parent, ()) if (parent, number) in hidden}
            hidden |= {(child, number) for number, name in columns.get(child, ()) if name in names}
        hidden |= {(table, to) for table, to, read in computed if (table, read) in hidden}
        relations = {relation for relation, _ in hidden}
        hidden |= {(table, to) for table, to, row in holders if row in relations}
        for view, action in rules:
            # A whole row is read as column 0.
            if (
                view in system
                or reads[view] & hidden
                or any(r in relations and c == 0 for r, c in reads[view])
            ):
                hidden |= {
                    (view, number)
                    for number, origin in _origins(action, columns.get(view, ()))
                    if origin is None or origin in hidden
                }
    return hidden


async def _rows(conn: AsyncConnection, statement: str) -> list[tuple[Any, ...]]:
    return await (await conn.execute(statement.encode())).fetchall()


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
