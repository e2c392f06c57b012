"""A compiled project → the queries that read or write a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from amber_sql.studio import links

if TYPE_CHECKING:
    from amber_sql.compiler.pipeline import Build
    from amber_sql.studio.relations import Table


class QueryLine(msgspec.Struct, frozen=True):
    """A query, and what it does with the table."""

    name: str
    address: str
    does: str
    says: str


def queries_of(build: Build | None, table: Table) -> list[QueryLine] | None:
    """Return the queries that read or write `table`; None where nobody has looked yet."""
    if build is None:
        return None
    names = _names(build, table)
    found = []
    for one in build.described:
        reads, writes = bool(names & {*one.reads}), bool(names & {*one.writes})
        if reads or writes:
            does = "reads and writes" if reads and writes else "writes" if writes else "reads"
            query = one.query
            found.append(
                QueryLine(
                    f"{query.module}.{query.name}", links.query(query.module, query.name), does,
                    query.doc.partition("\n")[0],
                )
            )  # fmt: skip
    return sorted(found, key=lambda line: (line.does == "reads", line.name))


def _names(build: Build, table: Table) -> set[str]:
    """Return how described queries call the table, or the table that it is a partition of."""
    called = {(one.schema, one.name): oid for oid, one in build.catalog.relations.items()}
    wanted = [(table.schema, table.name), *([table.parent] if table.parent else [])]
    return {build.catalog.relation_name(called[name]) for name in wanted if name in called}
