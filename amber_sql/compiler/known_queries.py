"""What was described on one database stays so: a query that is as it was is not asked for again.

For `generate --watch`, where one of five hundred queries was edited. Whatever a finding is about is
described anew each time, since it stands at a place in the file.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import msgspec

from amber_sql.compiler.catalog import Catalog, read_catalog
from amber_sql.compiler.describe import describe

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    import psycopg

    from amber_sql.compiler.described import DescribedQuery
    from amber_sql.compiler.files.query import Query, SqlFile
    from amber_sql.errors import Finding


class Known:
    """The descriptions of one connection, to a database that nobody changes."""

    def __init__(self, conn: psycopg.Connection[Any]) -> None:
        self.conn = conn
        self.files: dict[tuple[str, bytes], SqlFile] = {}
        """Files as they were read, by path and content."""
        self.sound: set[str] = set()
        """Generated texts that are known to be Python."""
        self._described: dict[Hashable, DescribedQuery] = {}

    @cached_property
    def catalog(self) -> Catalog:
        """The database's catalog."""
        return read_catalog(self.conn)

    def describe(self, queries: Sequence[Query]) -> tuple[list[DescribedQuery], list[Finding]]:
        """Describe what is new in `queries`, and forget what is not in them."""
        keys = [_key(query) for query in queries]
        fresh = [q for q, key in zip(queries, keys, strict=True) if key not in self._described]
        made, findings = describe(self.conn, fresh, self.catalog)
        wrong = {finding.query for finding in findings}
        by_query = {id(one.query): one for one in made}
        described: list[DescribedQuery] = []
        kept: dict[Hashable, DescribedQuery] = {}
        for query, key in zip(queries, keys, strict=True):
            one = by_query.get(id(query)) or self._described.get(key)
            if one is None:
                continue
            one = one if one.query is query else msgspec.structs.replace(one, query=query)
            described.append(one)
            if f"{query.module}.{query.name}" not in wrong:
                kept[key] = one
        self._described = kept
        return described, findings


def _key(query: Query) -> Hashable:
    """Return what a description depends on; of optional lines their places, too."""
    tags = tuple((tag.name, tag.argument) for tag in query.tags)
    lines = tuple(each.sql for each in query.variants)
    place = (query.block.start, query.line) if lines else ()
    return (
        query.module,
        query.name,
        query.sql,
        query.operation,
        query.parameters,
        tags,
        lines,
        place,
    )
