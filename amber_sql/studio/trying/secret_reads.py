"""A described query → whether it looks at a secret column, by name, by a whole row, or through a view.

The server told when the query was described: it checks the permission to SELECT for each column.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from amber_sql.compiler.described import DescribedQuery
    from amber_sql.compiler.pipeline import Build
    from amber_sql.studio.relations import Schema


def reads_secret(one: DescribedQuery, build: Build, schema: Schema) -> bool:
    """Tell whether a value that the statement computes may be made of a secret one."""
    by_relation: dict[int, set[int]] = {}
    for oid, number in schema.secrets:
        by_relation.setdefault(oid, set()).add(number)
    for oid, number in one.facts.selects:
        known = build.catalog.relations.get(oid)
        # Relations of users are told by name: another server may have described the query.
        table = schema.table(known.schema, known.name) if known else None
        hidden = by_relation.get(table.oid if table else oid, set())
        if table and known and number:
            column = table.column(known.columns[number].name)
            number = column.number if column else 0  # noqa: PLW2901
        if number in hidden or (hidden and not number):
            return True
    return False
