"""The catalog of a migrated database: tables, keys, indexes, comments, and what must not be there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, LiteralString

if TYPE_CHECKING:
    import psycopg

TABLES = {
    "api_keys",
    "erased_people",
    "installation_days",
    "installations",
    "message_rates",
    "messages",
    "sessions",
    "stripe_subscriptions",
    "subscriptions",
    "usage_ledger",
    "usage_logs",
    "users",
    "webhook_events",
}
UNIQUE_KEYS = {
    ("api_keys", "key_id"),
    ("erased_people", "hash"),
    ("installations", "client_id"),
    ("messages", "installation_id, session_id, seq"),
    ("sessions", "installation_id, session_key"),
    ("stripe_subscriptions", "stripe_subscription_id"),
    ("subscriptions", "stripe_customer_id"),
    ("subscriptions", "stripe_subscription_id"),
    ("subscriptions", "user_id"),
    ("usage_ledger", "user_id, message_key, ((kind = 'REFUNDED'::usage_entry_kind))"),
    ("usage_ledger", "user_id, period_start"),
    ("users", "clerk_id"),
    ("users", 'lower((email COLLATE "C"))'),
    ("webhook_events", "provider, event_id"),
}
PRIMARY_KEYS = {
    "installation_days": "installation_id, day",
    "message_rates": "installation_id, session_id",
    "messages": "installation_id, id",
    "sessions": "installation_id, id",
    "usage_ledger": "user_id, period_start, id",
    "usage_logs": "id, created_at",
} | dict.fromkeys(
    (
        "api_keys",
        "erased_people",
        "installations",
        "stripe_subscriptions",
        "subscriptions",
        "users",
        "webhook_events",
    ),
    "id",
)
INDEXES = {
    ("api_keys", "user_id, id"),
    ("installation_days", "installation_id, day"),
    ("installations", "user_id, id"),
    (
        "messages",
        (
            "installation_id, created_at DESC, id DESC)"
            " INCLUDE (role, model, prompt_tokens, completion_tokens, latency_ms"
        ),
    ),
    ("sessions", "installation_id, created_at"),
    ("sessions", "installation_id, last_seen_at DESC, id DESC"),
    ("sessions", "installation_id, last_seen_at, id"),
    ("stripe_subscriptions", "user_id"),
    ("usage_ledger", "created_at, id"),
    ("usage_logs", "installation_id, created_at DESC, id DESC"),
    ("usage_logs", "user_id, created_at"),
    ("webhook_events", "id"),
    ("webhook_events", "next_attempt_at"),
    ("webhook_events", "processed_at, id"),
    ("webhook_events", "provider, object_key, occurred_at, event_id"),
}
SAY_IT_THEMSELVES = {
    "avatar_url",
    "completion_tokens",
    "content",
    "created_at",
    "current_period_start",
    "id",
    "installation_id",
    "last_error",
    "model",
    "plan",
    "position",
    "processed_at",
    "prompt_tokens",
    "provider",
    "role",
    "session_id",
    "status",
    "updated_at",
    "user_agent",
    "user_id",
}
"""Columns whose name is their meaning; every other one has a COMMENT."""

MENTIONS = {"usage_logs_mentions_idx", "webhook_events_mentions_idx"}
"""Indexes of expressions: test_plans.py shows that the queries which write them out use them."""

_OURS: LiteralString = """
    c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
    AND c.relname !~ '^(_?yoyo|_amber_)'
"""
_INDEXES: LiteralString = """
    SELECT c.relname, pg_get_indexdef(i.indexrelid)
    FROM pg_class AS c JOIN pg_index AS i ON i.indrelid = c.oid WHERE
"""
_COLUMNS = re.compile(r"USING \w+ \((.*?)\)(?: WHERE .*)?$")


def _keys(conn: psycopg.Connection, which: LiteralString) -> set[tuple[str, str]]:
    """Return (table, columns) of the indexes that `which` selects."""
    rows = conn.execute(_INDEXES + _OURS + which).fetchall()
    return {(table, _COLUMNS.search(definition)[1]) for table, definition in rows}


def test_there_are_these_tables(conn: psycopg.Connection) -> None:
    """These tables and no other, partitions aside."""
    rows = conn.execute("SELECT c.relname FROM pg_class AS c WHERE" + _OURS)
    assert {name for (name,) in rows} == TABLES


def test_keys_and_indexes_are_what_the_queries_need(conn: psycopg.Connection) -> None:
    """Primary keys, unique keys and indexes, no more and no fewer."""
    assert dict(_keys(conn, "AND i.indisprimary")) == PRIMARY_KEYS
    assert _keys(conn, "AND i.indisunique AND NOT i.indisprimary") == UNIQUE_KEYS
    assert _keys(conn, "AND NOT i.indisunique AND i.indexprs IS NULL") == INDEXES
    found = conn.execute(
        "SELECT i.indexrelid::regclass::text FROM pg_class AS c JOIN pg_index AS i ON i.indrelid = c.oid"
        " WHERE NOT i.indisunique AND i.indexprs IS NOT NULL AND" + _OURS
    )
    assert {name for (name,) in found} == MENTIONS


def test_every_table_has_id_and_both_times(conn: psycopg.Connection) -> None:
    """The id and the two times are there, required, filled by default, and times know their zone."""
    rows = conn.execute(
        "SELECT c.relname || '.' || a.attname, format_type(a.atttypid, NULL), a.attnotnull, a.atthasdef"
        " FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 WHERE"
        + _OURS
    )
    columns = {name: rest for name, *rest in rows}
    for table in TABLES:
        assert columns[f"{table}.id"] == ["uuid", True, True]
        assert columns[f"{table}.created_at"] == ["timestamp with time zone", True, True]
        assert columns[f"{table}.updated_at"] == ["timestamp with time zone", True, True]
    assert "timestamp without time zone" not in {type_ for type_, *_ in columns.values()}


def test_every_foreign_key_is_indexed_and_says_what_a_delete_does(
    conn: psycopg.Connection,
) -> None:
    """An index begins with the columns of each foreign key, and none is left at NO ACTION."""
    keys = conn.execute(
        "SELECT f.conrelid, f.conname, f.confdeltype, ARRAY(SELECT unnest(f.conkey) ORDER BY 1)"
        " FROM pg_class AS c JOIN pg_constraint AS f ON f.conrelid = c.oid AND f.contype = 'f' WHERE"
        + _OURS
    ).fetchall()
    assert len(keys) == 9
    for relation, name, on_delete, columns in keys:
        assert on_delete == "c", name
        leading = conn.execute(
            "SELECT ARRAY(SELECT unnest(i.indkey[0:%s - 1]) ORDER BY 1) FROM pg_index AS i"
            " WHERE i.indrelid = %s AND i.indpred IS NULL",
            [len(columns), relation],
        )
        assert columns in [found for (found,) in leading], name


def test_tables_and_columns_are_explained(conn: psycopg.Connection) -> None:
    """Tables, enums and every column that does not say it itself carry a COMMENT."""
    silent = conn.execute(
        "SELECT c.relname FROM pg_class AS c WHERE obj_description(c.oid, 'pg_class') IS NULL AND"
        + _OURS
    ).fetchall()
    assert silent == []
    rows = conn.execute(
        "SELECT c.relname, a.attname FROM pg_class AS c"
        " JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0"
        " WHERE col_description(c.oid, a.attnum) IS NULL AND" + _OURS
    ).fetchall()
    unexplained = [row for row in rows if row[1] not in SAY_IT_THEMSELVES]
    assert unexplained == []
    enums = conn.execute(
        "SELECT t.typname FROM pg_type AS t WHERE t.typtype = 'e' AND obj_description(t.oid, 'pg_type') IS NULL"
    ).fetchall()
    assert enums == []


def test_nothing_happens_behind_a_statement(conn: psycopg.Connection) -> None:
    """No triggers, rules, extensions or functions, but for the stand-in for uuidv7()."""
    triggers = conn.execute("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal").fetchall()
    rules = conn.execute(
        "SELECT rulename FROM pg_rules WHERE schemaname = 'public' AND rulename <> '_RETURN'"
    ).fetchall()
    extensions = conn.execute("SELECT extname FROM pg_extension").fetchall()
    functions = conn.execute(
        "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
    ).fetchall()
    assert triggers == []
    assert rules == []
    assert extensions == [("plpgsql",)]
    assert functions == ([] if conn.info.server_version >= 180000 else [("uuidv7",)])


def test_enum_labels_are_upper_case_and_stripe_has_eight(conn: psycopg.Connection) -> None:
    """Labels read as constants; a subscription has each of Stripe's statuses."""
    labels = conn.execute(
        "SELECT e.enumtypid::regtype::text, e.enumlabel FROM pg_enum AS e ORDER BY 1, e.enumsortorder"
    ).fetchall()
    assert all(label == label.upper() for _, label in labels)
    assert [label for name, label in labels if name == "subscription_status"] == [
        "INCOMPLETE",
        "INCOMPLETE_EXPIRED",
        "TRIALING",
        "ACTIVE",
        "PAST_DUE",
        "CANCELED",
        "UNPAID",
        "PAUSED",
    ]


def test_each_plan_has_its_limits_once(conn: psycopg.Connection) -> None:
    """plan_limits has a row for every label of the enum, with what is sold."""
    assert conn.execute(
        "SELECT plan, message_limit, installation_limit FROM plan_limits"
    ).fetchall() == [
        ("FREE", 100, 1),
        ("STARTER", 5000, 3),
        ("PRO", 20000, 10),
        ("ENTERPRISE", -1, -1),
    ]
    (plans,) = conn.execute("SELECT enum_range(NULL::plan)::text[]").fetchone()
    assert plans == ["FREE", "STARTER", "PRO", "ENTERPRISE"]
