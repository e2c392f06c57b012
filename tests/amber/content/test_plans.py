"""Every statement finds its rows through an index, and pages come out of one in their order.

Asked of generic plans, which is what a prepared statement ends up with; scans and sorts are
switched off, so that they show only where no index could stand in.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from amber_sql.compiler.files.load import load_folder
from amber_sql.locate import queries_dir

if TYPE_CHECKING:
    import psycopg

    from amber_sql.compiler.files.query import Query

QUERIES = {
    f"{query.module}.{query.name}" + (f" {each.variant}" if each.variant else ""): each
    for file in load_folder(queries_dir())
    for query in file.queries
    for each in query.variants or (query,)
}
"""Each statement that is sent: of a query with optional lines each variant."""
SORTED_ON_PURPOSE = {
    # Days, models and widgets are put in order when all of them are counted: they are few.
    "dashboard.busiest_installations",
    "dashboard.cost",
    "dashboard.latency",
    "dashboard.messages_by_day",
    "dashboard.messages_by_day_for_user",
    "dashboard.sessions_by_day",
    "usage_logs.count_by_day",  # groups, then puts the few groups in order
    # Days that are marked are put in order, so that no two wait for each other; they are few.
    "installation_days.count_day",
    "installation_days.list_uncounted",
    "installations.recount_messages",
    "sessions.delete",
    "sessions.delete_for_user",
    "sessions.delete_idle_since",
    "erased_people.remember",  # a handful, in one order for everybody, so that no two wait for each other
    "message_rates.admit",  # the ten of one array
    "subscriptions.follow_stripe",  # the few that one user ever had
    "usage_logs.forget",  # locks in one order for everybody what mentions somebody
    "users.export",  # whole, once in a lifetime
    "users.get_identifiers",  # a handful
    "erased_people.lock_ids",  # locks a handful in one order for everybody
    "webhook_events.forget",  # locks in one order for everybody what mentions somebody
}
PAGED = [
    name
    for name, query in QUERIES.items()
    if "ORDER BY" in query.sql and name not in SORTED_ON_PURPOSE
]


def _plan(conn: psycopg.Connection, query: Query) -> str:
    """Return the generic plan of a statement, with everything avoidable switched off."""
    for setting in ("enable_seqscan", "enable_bitmapscan", "enable_sort"):
        conn.execute(f"SET {setting} = off")
    conn.execute("SET plan_cache_mode = force_generic_plan")
    conn.execute(f"PREPARE statement AS {query.sql}")
    arguments = ", ".join("NULL" for _ in query.parameters)
    call = f"statement({arguments})" if arguments else "statement"
    rows = conn.execute(f"EXPLAIN EXECUTE {call}").fetchall()
    conn.execute("DEALLOCATE statement")
    return "\n".join(line for (line,) in rows)


def test_no_statement_reads_a_whole_table(conn: psycopg.Connection) -> None:
    """Each table is reached through an index, so that a statement costs the same as tables grow."""
    assert QUERIES
    reading = {name for name, query in QUERIES.items() if "Seq Scan" in _plan(conn, query)}
    assert reading == set()


def test_pages_are_read_in_order(conn: psycopg.Connection) -> None:
    """The rows of a page come out of the index in their order: nothing is sorted."""
    assert PAGED
    sorting = [name for name in PAGED if re.search(r"\bSort  \(", _plan(conn, QUERIES[name]))]
    assert sorting == []


@pytest.mark.parametrize(
    ("name", "index", "condition"),
    [
        ("dashboard.busiest_installations", "messages_created_at_idx", "created_at >="),
        ("dashboard.cost", "messages_created_at_idx", "created_at >="),
        ("dashboard.latency", "messages_created_at_idx", "created_at >="),
        ("dashboard.messages_by_day", "messages_created_at_idx", "created_at >="),
        ("dashboard.messages_by_day_for_user", "messages_created_at_idx", "created_at >="),
        ("dashboard.sessions_by_day", "sessions_created_at_idx", "created_at >="),
        ("sessions.blank_visitors", "sessions_identified_idx", "last_seen_at <"),
        ("sessions.delete_for_user", "sessions_", "installation_id = ANY"),
        ("sessions.delete_idle_since", "sessions_last_seen_idx", "last_seen_at <"),
        ("users.export", "messages_", "installation_id = ANY"),
        ("users.export", "sessions_", "installation_id = ANY"),
    ],
)
def test_big_tables_are_read_no_further_than_asked(
    conn: psycopg.Connection, name: str, index: str, condition: str
) -> None:
    """The span, the widget or the moment ends the scan of the index, and filters nothing behind it."""
    plan = _plan(conn, QUERIES[name])
    assert re.search(rf"using {index}\w* .*\n\s+Index Cond: .*{re.escape(condition)}", plan), plan


def test_counted_days_are_not_counted_again(conn: psycopg.Connection) -> None:
    """Every dashboard reads the days that maintenance has counted."""
    silent = [
        name
        for name, query in QUERIES.items()
        if name.startswith("dashboard.") and "installation_days_pkey" not in _plan(conn, query)
    ]
    assert silent == []


def test_a_recount_looks_no_session_up(conn: psycopg.Connection) -> None:
    """The newest seqs come out of one walk, not out of a look-up a session."""
    plan = _plan(conn, QUERIES["installations.recount_messages"])
    conditions = re.findall(r" on messages m .*\n\s+Index Cond: (.*)", plan)
    assert [one.replace("installation_1", "installation") for one in conditions] == [
        "(installation_id = installation.id)"
    ]
