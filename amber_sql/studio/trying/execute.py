"""A query and its values → what it gives: read in a transaction that can only read, or tried and undone.

Only what PostgreSQL plans is run. COMMIT, CALL and scripts are not: they could end the transaction
that undoes them.
"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import msgspec

from amber_sql.compiler.bind import python_names
from amber_sql.compiler.files.query import OptionKind
from amber_sql.compiler.files.variants import variant_of
from amber_sql.studio.plan.plan_nodes import Plan, plan_of
from amber_sql.studio.trying.changed import Changed, changed_rows
from amber_sql.studio.trying.shown_rows import Shown, raw, shown
from amber_sql.studio.trying.trial import trial

if TYPE_CHECKING:
    from psycopg import AsyncConnection

    from amber_sql.compiler.described import DescribedQuery
    from amber_sql.compiler.files.query import Query
    from amber_sql.studio.ask import Ask

_PLANNED = re.compile(
    r"\s*(?:(?:/\*.*?\*/|--[^\n]*)\s*)*(SELECT|INSERT|UPDATE|DELETE|MERGE|VALUES|WITH|TABLE|\()",
    re.IGNORECASE | re.DOTALL,
)
_LOCKS = re.compile(r"\bFOR\s+(NO\s+KEY\s+UPDATE|UPDATE|KEY\s+SHARE|SHARE)\b", re.IGNORECASE)
GENERIC_SINCE = 160000


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What running a query showed."""

    shown: Shown | None = None
    milliseconds: float = 0
    plan: Plan | None = None
    changed: tuple[Changed, ...] = ()
    undone: bool = False


def can_run(query: Query) -> bool:
    """Tell whether a query is one statement that PostgreSQL plans."""
    return query.operation.value != "script" and bool(_PLANNED.match(query.sql))


def writes(one: DescribedQuery) -> bool:
    """Tell whether a query writes rows or locks them, which a transaction that only reads refuses."""
    return bool(one.writes) or any(_LOCKS.search(each.query.sql) for each in one.each)


def statement(
    one: DescribedQuery, values: dict[str, str | None]
) -> tuple[str, tuple[str, ...], dict[str, str | None]]:
    """Return what a call with these values sends: the text, the names of its parameters, their values.

    The values are by the names that Python has; the file's own may be others.
    """
    query = one.query
    own = dict(zip(values_names(one), query_names(one), strict=True))
    named = {own[name]: value for name, value in values.items() if name in own}
    switches = {o.name for o in query.options if o.kind is not OptionKind.CHOICE}
    chosen = {
        o.name: named.get(o.name) or o.labels[0]
        for o in query.options
        if o.kind is OptionKind.CHOICE
    }
    sent = variant_of(query, frozenset(switches & named.keys()), chosen)
    return sent.sql, sent.parameters, named


def values_names(one: DescribedQuery) -> list[str]:
    """Return the parameters' names in Python."""
    return [python_names.parameter(parameter.name) for parameter in one.parameters]


def query_names(one: DescribedQuery) -> list[str]:
    """Return the parameters' names in the file."""
    return [parameter.name for parameter in one.parameters]


async def read(
    ask: Ask, one: DescribedQuery, values: dict[str, str | None], *, plan: bool, secret: bool
) -> Outcome:
    """Run a query where nothing can be written; `secret` as in `shown`. Raises what the server refuses."""
    sql, names, named = statement(one, values)
    sent = [named.get(name) for name in names]
    schema = await ask.schema()
    async with ask.read() as conn:
        if plan:
            drawn = await _plan(conn, sql, sent, "ANALYZE, BUFFERS", redact=secret)
            return Outcome(plan=drawn)
        started = time.perf_counter()
        cursor = await raw(conn, sql, sent)
        took = 1000 * (time.perf_counter() - started)
        rows = await shown(conn, cursor.pgresult, one, schema, secret=secret)
        return Outcome(shown=rows, milliseconds=took)


async def generic(ask: Ask, one: DescribedQuery, values: dict[str, str | None]) -> Outcome:
    """Return the plan that holds for any value; none before PostgreSQL 16."""
    sql, _, _ = statement(one, values)
    async with ask.read() as conn:
        if conn.info.server_version < GENERIC_SINCE:
            return Outcome()
        return Outcome(plan=await _plan(conn, sql, [], "GENERIC_PLAN"))


async def _plan(
    conn: AsyncConnection, sql: str, sent: list[str | None], how: str, *, redact: bool = False
) -> Plan:
    text = f"EXPLAIN ({how}, VERBOSE, FORMAT JSON) {sql}"
    # Without values it goes by the simple protocol, where a placeholder may stay one.
    cursor = await raw(conn, text, sent) if sent else await conn.execute(text.encode())
    row = await cursor.fetchone()
    assert row is not None  # noqa: S101  # EXPLAIN prints one
    return plan_of(row[0], redact=redact)


async def try_out(
    ask: Ask, one: DescribedQuery, values: dict[str, str | None], *, plan: bool, secret: bool
) -> Outcome:
    """Run a query that writes, look at what it changed, and undo it. Raises what the server refuses."""
    sql, names, named = statement(one, values)
    schema = await ask.schema()
    async with trial(ask.studio.reader.target) as conn:
        # The snapshot is taken before the transaction has a number: what is seen and is of that
        # number or a later one is then its own.
        row = await (await conn.execute("SELECT pg_catalog.pg_export_snapshot()")).fetchone()
        number = "SELECT pg_catalog.pg_current_xact_id()::pg_catalog.text"
        xid = await (await conn.execute(number)).fetchone()
        if plan:
            sent = [named.get(name) for name in names]
            drawn = await _plan(conn, sql, sent, "ANALYZE, BUFFERS", redact=secret)
            return Outcome(plan=drawn, undone=True)
        started = time.perf_counter()
        cursor = await raw(conn, sql, [named.get(name) for name in names])
        took = 1000 * (time.perf_counter() - started)
        assert row is not None  # noqa: S101
        assert xid is not None  # noqa: S101
        # Deferred constraints would speak at the COMMIT that does not come.
        await conn.execute("SET CONSTRAINTS ALL IMMEDIATE")
        rows = await shown(conn, cursor.pgresult, one, schema, secret=secret)
        async with ask.read(as_login=True, snapshot=row[0]) as before:
            changed = await changed_rows(conn, before, int(xid[0]), schema)
        return Outcome(shown=rows, milliseconds=took, changed=changed, undone=True)
