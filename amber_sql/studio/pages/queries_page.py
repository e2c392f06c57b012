"""The named queries, file by file: what each takes, gives, reads and writes, and what it cost so far."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec
import psycopg

from amber_sql.studio.catalogue.model import Module  # noqa: TC001  # a field's type
from amber_sql.studio.known import At, known
from amber_sql.studio.page import Page
from amber_sql.studio.redacted import without_literals

if TYPE_CHECKING:
    from amber_sql.errors import Finding
    from amber_sql.studio.ask import Ask
    from amber_sql.studio.known import Known

_INSTALLED = "SELECT n.nspname FROM pg_extension AS e JOIN pg_namespace AS n ON n.oid = e.extnamespace WHERE e.extname = 'pg_stat_statements'"


class Figures(msgspec.Struct, frozen=True):
    """What pg_stat_statements says of a query."""

    calls: int
    milliseconds: float
    """A call's, on average."""
    rows: int


class Problem(msgspec.Struct, frozen=True):
    """A query that could not be described."""

    place: str
    message: str


class QueriesPage(msgspec.Struct, frozen=True, kw_only=True):
    """What the page shows."""

    modules: tuple[Module, ...]
    figures: dict[str, Figures]
    problems: tuple[Problem, ...]
    addresses: dict[str, str]
    tables: dict[str, str]
    """The address of each table that is read or written."""


async def show(ask: Ask) -> QueriesPage:
    """List every query."""
    found = await known(ask)
    catalogue = found.catalogue
    touched = {label for query in catalogue.queries for label in (*query.reads, *query.writes)}
    return QueriesPage(
        modules=catalogue.modules,
        figures=await figures(ask, found),
        problems=tuple(map(_problem, found.build.errors)),
        addresses={query.label: At.query(query) for query in catalogue.queries},
        tables={label: found.at.table(label) for label in sorted(touched) if found.at.knows(label)},
    )


def _problem(finding: Finding) -> Problem:
    return Problem(f"{finding.file}:{finding.line}", finding.message)


async def figures(ask: Ask, found: Known) -> dict[str, Figures]:
    """Return what pg_stat_statements has counted, by query; nothing where it is not there."""
    try:
        async with ask.read(own_path=True, as_login=True) as conn:
            schema = await (await conn.execute(_INSTALLED)).fetchone()
            if schema is None:
                return {}
            name = '"' + schema[0].replace('"', '""') + '"'
            counting = f"SELECT query, sum(calls)::int8, sum(total_exec_time), sum(rows)::int8 FROM {name}.pg_stat_statements WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) GROUP BY query"
            rows = await (await conn.execute(counting.encode())).fetchall()
    except psycopg.Error:  # not loaded, or not for this role
        return {}
    counted: dict[str, list[float]] = {}
    for text, calls, total, returned in rows:
        sums = counted.setdefault(_alike(text), [0, 0, 0])
        sums[:] = [sums[0] + calls, sums[1] + total, sums[2] + returned]
    said = {}
    for query in found.catalogue.queries:
        one = found.described(query)
        each = [c for v in one.each if (c := counted.get(_alike(v.query.sql)))]
        if calls := sum(c[0] for c in each):
            total = sum(c[1] for c in each)
            said[query.label] = Figures(int(calls), total / calls, int(sum(c[2] for c in each)))
    return said


def _alike(text: str) -> str:
    """Return a statement as it is the same for all values, whether they are written or sent."""
    return re.sub(r"\$\d+|'…'", "…", without_literals(text)).lower().rstrip("; ")


PAGES = (Page("/queries", show, "queries.html"),)
