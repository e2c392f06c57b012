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
_EXPLAIN, _AT_ONCE = "EXPLAIN (GENERIC_PLAN) ", 32
_UNPLANNABLE = {"42P10", "0A000"}
"""ON CONFLICT without a matching unique index; FOR UPDATE on the nullable side of a join."""


def unplannable(
    conn: psycopg.Connection[Any], catalog: Catalog, described: list[DescribedQuery]
) -> Iterator[Finding]:
    """Plan each statement, without its values; nothing is executed."""
    planned = [each.query for one in described for each in one.each if _is_planned(each.query)]
    found: dict[int, Finding] = {}
    for start in range(0, len(planned), _AT_ONCE):
        some = planned[start : start + _AT_ONCE]
        explained = (_EXPLAIN + query.sql for query in some)
        result = conn.pgconn.exec_("\n;\n".join(explained).encode())
        if result.status == pq.ExecStatus.FATAL_ERROR:  # some of them: each by itself says which
            refusals = ((query, _unplanned(conn, catalog, query)) for query in some)
            found |= {id(query): one for query, one in refusals if one is not None}
    for one in described:
        own = [found.get(id(each.query)) for each in one.each]
        yield from once(one.query, own) if one.variants else filter(None, own)


def _is_planned(query: Query) -> bool:
    return query.operation is not Operation.SCRIPT and _PLANNED.match(query.sql) is not None


def _unplanned(conn: psycopg.Connection[Any], catalog: Catalog, query: Query) -> Finding | None:
    result = conn.pgconn.exec_((_EXPLAIN + query.sql).encode())
    state = (result.error_field(pq.DiagnosticField.SQLSTATE) or b"").decode()
    return refused(query, result, catalog, shift=len(_EXPLAIN)) if state in _UNPLANNABLE else None
