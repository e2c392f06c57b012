"""Statements that PostgreSQL prepared → those that it cannot plan, by EXPLAIN (GENERIC_PLAN).

An ON CONFLICT without a matching unique index and FOR UPDATE on the nullable side of a join
prepare well and fail at each call; other errors of this step depend on values.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from psycopg import pq

from amber_sql.compiler.describe.diagnostics import refused
from amber_sql.compiler.describe.weakest import once
from amber_sql.compiler.files.query import Operation

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

    from amber_sql.compiler.catalog import Catalog
    from amber_sql.compiler.described import DescribedQuery
    from amber_sql.compiler.files.query import Query
    from amber_sql.errors import Finding

_PLANNED = re.compile(
    r"\s*(?:/\*.*?\*/\s*)*(SELECT|INSERT|UPDATE|DELETE|MERGE|VALUES|WITH|TABLE|\()",
    re.IGNORECASE | re.DOTALL,
)
_UNPLANNABLE = {"42P10", "0A000"}
"""ON CONFLICT without a matching unique index; FOR UPDATE on the nullable side of a join."""


def unplannable(
    conn: psycopg.Connection[Any], catalog: Catalog, described: list[DescribedQuery]
) -> Iterator[Finding]:
    """Plan each statement, without its values; nothing is executed."""
    for one in described:
        found = [_unplanned(conn, catalog, each.query) for each in one.each]
        yield from once(one.query, found) if one.variants else filter(None, found)


def _unplanned(conn: psycopg.Connection[Any], catalog: Catalog, query: Query) -> Finding | None:
    if query.operation is Operation.SCRIPT or not _PLANNED.match(query.sql):
        return None
    prefix = "EXPLAIN (GENERIC_PLAN) "
    result = conn.pgconn.exec_((prefix + query.sql).encode())
    state = (result.error_field(pq.DiagnosticField.SQLSTATE) or b"").decode()
    return refused(query, result, catalog, shift=len(prefix)) if state in _UNPLANNABLE else None
