"""amber_sql.compiler.infer.tenants: which statements bind the owner of what they touch, by the server's own tree."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from amber_sql.compiler.catalog import read_catalog
from amber_sql.compiler.describe.query_trees import query_trees
from amber_sql.compiler.files.load import load_folder
from amber_sql.compiler.infer.scope import Scope, Statement
from amber_sql.compiler.infer.tenants import unscoped
from amber_sql.compiler.tree import Node, read
from amber_sql.locate import queries_dir

if TYPE_CHECKING:
    from collections.abc import Callable

ENTRIES = {
    # How somebody comes in, by what the outside knows them by.
    "api_keys.get_by_key_id",
    "installations.get_by_client_id",
    "subscriptions.get_by_stripe_customer_id",
    "users.create",
    "users.get_by_clerk_id",
    "users.get_by_email",
    "users.get_with_subscription",
    "users.upsert_from_clerk",
    # A widget's own counter, by the id that its sessions are bound by.
    "messages.append",
    "installations.lock",
    "sessions.start",
    # Clerk's events and erasing.
    "users.lock",
    # By the ids of the user's own widgets.
    "sessions.delete_for_user",
    "users.export",
    # The operator's own.
    "installation_days.count_day",
    "installations.lock_briefly",
    "installations.list_ids",
    "subscriptions.list_unreconciled",
    "usage_ledger.list_crossings",
    "usage_ledger.list_ended",
    "usage_logs.forget",
    "users.list",
    "webhook_events.forget",
}

BOUND = [
    "SELECT i.name FROM installations AS i WHERE i.user_id = $1 AND i.id = $2",
    "SELECT i.name FROM installations AS i WHERE $1 = i.user_id",
    "SELECT s.id FROM sessions AS s JOIN installations AS i ON i.id = s.installation_id WHERE i.user_id = $1",
    "SELECT s.id FROM sessions AS s, installations AS i WHERE i.id = s.installation_id AND i.user_id = $1",
    "SELECT u.id, s.plan FROM users AS u LEFT JOIN subscriptions AS s ON s.user_id = u.id WHERE u.id = $1",
    "SELECT u.id, ARRAY(SELECT i.id FROM installations AS i WHERE i.user_id = u.id) FROM users AS u WHERE u.id = $1",
    "WITH i AS (SELECT id FROM installations WHERE user_id = $1) SELECT s.id FROM i JOIN sessions AS s ON s.installation_id = i.id",
    "SELECT m.id FROM (SELECT id, installation_id FROM sessions WHERE installation_id = $1) AS s JOIN messages AS m ON (m.installation_id, m.session_id) = (s.installation_id, s.id)",
    "SELECT count(*) FROM installations AS i WHERE i.user_id = $1 GROUP BY i.user_id HAVING count(*) > 1",
    "UPDATE installations SET name = $3 WHERE user_id = $1 AND id = $2",
    "DELETE FROM sessions AS s USING installations AS i WHERE i.user_id = $1 AND s.installation_id = i.id",
    "INSERT INTO api_keys (user_id, key_id, key_hash, name) VALUES ($1, $2, $3, $4)",
    "INSERT INTO subscriptions (user_id, message_limit, installation_limit, current_period_start, current_period_end) SELECT $1, l.message_limit, l.installation_limit, now(), now() FROM plan_limits AS l",
    "INSERT INTO sessions (installation_id, session_key) VALUES ($1, $2) ON CONFLICT (installation_id, session_key) DO UPDATE SET session_key = excluded.session_key",
    "INSERT INTO installations AS i (user_id, client_id, name) VALUES ($1, $2, $3) ON CONFLICT (client_id) DO UPDATE SET name = excluded.name WHERE i.user_id = $1",
    "WITH gone AS (DELETE FROM installations WHERE user_id = $1 AND id = $2 RETURNING id) SELECT s.id FROM sessions AS s JOIN gone ON gone.id = s.installation_id",
    "SELECT id FROM installations WHERE user_id = $1 UNION ALL SELECT id FROM api_keys WHERE user_id = $1",
    "SELECT l.id FROM usage_logs AS l WHERE l.installation_id = $1",
    "SELECT w.id FROM webhook_events AS w",
    "SELECT l.plan FROM plan_limits AS l",
    "SELECT i.id FROM installations AS i WHERE i.user_id = (SELECT CASE WHEN now() IS NULL THEN NULL ELSE $1::uuid END)",
]
UNBOUND = [
    "SELECT i.name FROM installations AS i WHERE i.id = $1",
    "SELECT i.name FROM installations AS i",
    "SELECT i.name FROM installations AS i WHERE i.user_id = $1 OR i.id = $2",
    "SELECT i.name FROM installations AS i WHERE i.user_id <> $1",
    "SELECT i.name FROM installations AS i WHERE i.user_id > $1",
    "SELECT i.name FROM installations AS i WHERE i.user_id = i.user_id",
    "SELECT i.name FROM installations AS i WHERE i.user_id = COALESCE($1, i.user_id)",
    "SELECT i.name FROM installations AS i WHERE ($1::uuid IS NULL OR i.user_id = $1)",
    "SELECT i.name FROM installations AS i WHERE NOT i.user_id = $1",
    "SELECT s.id FROM sessions AS s WHERE s.id = $1",
    "SELECT s.id FROM sessions AS s JOIN installations AS i ON i.id = s.installation_id WHERE i.id = $1",
    "SELECT s.id FROM sessions AS s JOIN messages AS m ON m.installation_id = s.installation_id",
    "SELECT i.name FROM users AS u LEFT JOIN installations AS i ON i.id = $2 WHERE u.id = $1",
    "SELECT i.name FROM users AS u LEFT JOIN installations AS i ON u.id = $1 AND i.user_id = u.id",
    "SELECT i.name FROM users AS u RIGHT JOIN installations AS i ON i.user_id = u.id AND u.id = $1",
    "SELECT i.name FROM users AS u FULL JOIN installations AS i ON i.user_id = u.id AND u.id = $1",
    "SELECT i.name FROM installations AS i WHERE i.user_id = $1 AND EXISTS (SELECT FROM sessions AS s WHERE s.id = $2)",
    "SELECT i.name, (SELECT count(*) FROM api_keys) FROM installations AS i WHERE i.user_id = $1",
    "SELECT s.id FROM sessions AS s JOIN webhook_events AS w ON w.id = s.installation_id",
    "WITH i AS (SELECT id FROM installations WHERE client_id = $1) SELECT s.id FROM i JOIN sessions AS s ON s.installation_id = i.id",
    "WITH i AS (SELECT id, name FROM installations WHERE user_id = $1) SELECT s.id FROM i JOIN sessions AS s ON s.session_key = i.name",
    "UPDATE installations SET name = $2 WHERE id = $1",
    "DELETE FROM api_keys WHERE key_id = $1",
    "DELETE FROM sessions AS s USING installations AS i WHERE i.user_id = $1",
    "INSERT INTO sessions (installation_id, session_key) SELECT i.id, $1 FROM installations AS i",
    "INSERT INTO installations AS i (user_id, client_id, name) VALUES ($1, $2, $3) ON CONFLICT (client_id) DO UPDATE SET name = excluded.name",
    "INSERT INTO installations AS i (user_id, client_id, name) VALUES ($1, $2, $3) ON CONFLICT (client_id) DO UPDATE SET name = excluded.name WHERE i.client_id = $2",
    "WITH gone AS (DELETE FROM installations WHERE id = $1 RETURNING id) SELECT gone.id FROM gone",
    "SELECT id FROM installations WHERE user_id = $1 UNION ALL SELECT id FROM api_keys",
    "SELECT l.id FROM usage_logs AS l WHERE l.event = $1",
    "SELECT i.id FROM installations AS i WHERE i.user_id = (SELECT CASE WHEN $1::uuid IS NULL THEN w.id ELSE $1 END FROM webhook_events AS w)",
    "SELECT i.id FROM installations AS i WHERE i.user_id = (SELECT CASE WHEN $1::uuid IS NULL THEN i.user_id ELSE $1 END)",
]


@pytest.fixture
def judge(conn: psycopg.Connection) -> Callable[[str], tuple[str, ...]]:
    """Ask the server for a statement's tree, and say what it leaves unbound."""
    catalog = read_catalog(conn)

    def ask(sql: str) -> tuple[str, ...]:
        with query_trees(conn) as found:
            prepared = conn.pgconn.prepare(b"", sql.encode())
            assert prepared.status == psycopg.pq.ExecStatus.COMMAND_OK, prepared.error_message
            trees = [tree for text in found for tree in [read(text)] if isinstance(tree, Node)]
        return unscoped(Scope(Statement(catalog), trees[-1]))

    return ask


def test_statements_that_bind_the_owner_are_let_through(
    judge: Callable[[str], tuple[str, ...]],
) -> None:
    """By a parameter, a join, a CTE, a subquery, an outer row, or what is written."""
    assert [sql for sql in BOUND if judge(sql)] == []


def test_statements_that_do_not_are_found(judge: Callable[[str], tuple[str, ...]]) -> None:
    """By a key alone, by a condition that may be skipped, by somebody else's rows."""
    assert [sql for sql in UNBOUND if not judge(sql)] == []


def test_what_is_unbound_is_named(judge: Callable[[str], tuple[str, ...]]) -> None:
    """The table, and the column that was to be bound."""
    assert judge("SELECT s.id FROM sessions AS s WHERE s.id = $1") == (
        "sessions (installation_id)",
    )


def test_ambers_own_statements_bind_their_owner(judge: Callable[[str], tuple[str, ...]]) -> None:
    """All but the few that somebody comes in by, and the operator's."""
    queries = [query for file in load_folder(queries_dir()) for query in file.queries]
    assert {f"{query.module}.{query.name}" for query in queries if judge(query.sql)} == ENTRIES
