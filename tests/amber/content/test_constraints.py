"""What the schema itself refuses or guarantees, whatever statement comes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import psycopg
import pytest
from psycopg import errors

from amber_sql import locate

if TYPE_CHECKING:
    from uuid import UUID


def _user(conn: psycopg.Connection, email: str) -> UUID:
    insert = "INSERT INTO users (clerk_id, email) VALUES (%s, %s) RETURNING id"
    (id_,) = conn.execute(insert, [f"user_{uuid4()}", email]).fetchone()
    return id_


def _session(conn: psycopg.Connection, user_id: UUID, client_id: str) -> tuple[UUID, UUID]:
    """Return (installation_id, id) of a session at a new installation."""
    insert = (
        "INSERT INTO installations (user_id, client_id, name) VALUES (%s, %s, 'Shop') RETURNING id"
    )
    (installation_id,) = conn.execute(insert, [user_id, client_id]).fetchone()
    insert = "INSERT INTO sessions (installation_id, session_key) VALUES (%s, 'k') RETURNING id"
    (id_,) = conn.execute(insert, [installation_id]).fetchone()
    return installation_id, id_


def test_ids_sort_by_time_on_every_server(database_url_by_major: str) -> None:
    """uuidv7() gives version 7, the time of now, and rises from call to call, built in or not."""
    with psycopg.connect(database_url_by_major) as conn:
        rows = conn.execute("SELECT uuidv7() FROM generate_series(1, 10000)").fetchall()
    ids = [id_ for (id_,) in rows]
    made = datetime.fromtimestamp((ids[0].int >> 80) / 1000, UTC)
    assert abs(datetime.now(UTC) - made) < timedelta(seconds=30)
    assert {(id_.version, id_.variant) for id_ in ids} == {(7, "specified in RFC 4122")}
    assert ids == sorted(set(ids))


def test_an_email_is_unique_whatever_its_case(conn: psycopg.Connection) -> None:
    """Addresses that differ in the case of A to Z are one address."""
    _user(conn, "Ann@Example.com")
    for other in ("ann@example.com", "ANN@EXAMPLE.COM", "Ann@Example.com"):
        with pytest.raises(errors.UniqueViolation, match="users_email_key"):
            _user(conn, other)


def test_email_case_means_the_same_on_every_server(database_url_by_major: str) -> None:
    """Letters beyond A to Z are not folded, so no server's locale can decide otherwise."""
    with psycopg.connect(database_url_by_major) as conn:
        assert _user(conn, "ärger@example.com") != _user(conn, "ÄRGER@example.com")
        with pytest.raises(errors.UniqueViolation):
            conn.execute("INSERT INTO users (clerk_id, email) VALUES ('x', 'äRGER@Example.com')")


def test_a_message_stays_in_its_installation(conn: psycopg.Connection) -> None:
    """The foreign key of messages refuses the session of another installation."""
    user_id = _user(conn, "a@example.com")
    installation_id, _ = _session(conn, user_id, "one")
    _, foreign = _session(conn, user_id, "two")
    with pytest.raises(errors.ForeignKeyViolation):
        conn.execute(
            "INSERT INTO messages (installation_id, session_id, seq, role, content)"
            " VALUES (%s, %s, 1, 'USER', 'hello')",
            [installation_id, foreign],
        )


REFUSED = {
    "installations_accent_color_check": "UPDATE installations SET accent_color = '#22d3eeff'",
    "installations_allowed_origins_check": """
        UPDATE installations SET allowed_origins = ARRAY[NULL]::text[]
    """,
    "sessions_session_key_check": "UPDATE sessions SET session_key = ''",
    "users_email_check": "UPDATE users SET email = 'nobody'",
    "subscriptions_message_limit_check": """
        INSERT INTO subscriptions (
            user_id, message_limit, installation_limit, current_period_start, current_period_end
        )
        SELECT id, -2, 1, now(), now() + interval '1 day' FROM users
    """,
    "subscriptions_current_period_check": """
        INSERT INTO subscriptions (
            user_id, message_limit, installation_limit, current_period_start, current_period_end
        )
        SELECT id, 1, 1, now(), now() FROM users
    """,
    "api_keys_key_hash_check": """
        INSERT INTO api_keys (user_id, key_id, key_hash, name)
        SELECT id, 'k', 'too short', 'n' FROM users
    """,
    "webhook_events_processed_at_check": """
        INSERT INTO webhook_events (
            provider, event_id, object_key, type, payload, occurred_at, status, next_attempt_at
        )
        VALUES ('CLERK', 'e', 'o', 't', '{}', now(), 'PROCESSED', NULL)
    """,
    "webhook_events_next_attempt_at_check": """
        INSERT INTO webhook_events (
            provider, event_id, object_key, type, payload, occurred_at, next_attempt_at
        )
        VALUES ('CLERK', 'e', 'o', 't', '{}', now(), NULL)
    """,
}


def test_checks_refuse_what_can_not_be(conn: psycopg.Connection) -> None:
    """A value that makes no sense is refused by the CHECK of its column."""
    _session(conn, _user(conn, "a@example.com"), "one")
    for constraint, statement in REFUSED.items():
        with pytest.raises(errors.CheckViolation) as refused:
            conn.execute(statement)
        assert refused.value.diag.constraint_name == constraint


def test_deleting_a_user_takes_everything_they_own(conn: psycopg.Connection) -> None:
    """Subscription, keys, installations, sessions and messages go with their owner, no one else's."""
    gone, stays = _user(conn, "a@example.com"), _user(conn, "b@example.com")
    for user_id in (gone, stays):
        installation_id, session_id = _session(conn, user_id, str(user_id))
        conn.execute(
            "INSERT INTO messages (installation_id, session_id, seq, role, content)"
            " VALUES (%s, %s, 1, 'USER', 'hello')",
            [installation_id, session_id],
        )
        conn.execute(
            "INSERT INTO api_keys (user_id, key_id, key_hash, name) VALUES (%s, %s, sha256(''), 'n')",
            [user_id, str(user_id)],
        )
        conn.execute(
            "INSERT INTO subscriptions (user_id, message_limit, installation_limit,"
            " current_period_start, current_period_end) VALUES (%s, 1, 1, now(), now() + '1 day')",
            [user_id],
        )
    conn.execute("DELETE FROM users WHERE id = %s", [gone])
    for table in ("messages", "sessions", "installations", "subscriptions", "api_keys"):
        assert conn.execute(f"SELECT count(*) FROM {table}").fetchone() == (1,)


def test_no_usage_is_lost_for_want_of_a_partition(conn: psycopg.Connection) -> None:
    """A row of this month goes to this month's partition, one of a month without to the default."""
    rows = conn.execute(
        "INSERT INTO usage_logs (event, created_at) VALUES ('now', now()), ('then', '2001-02-03')"
        " RETURNING event, tableoid::regclass::text"
    ).fetchall()
    assert rows == [
        ("now", f"usage_logs_{datetime.now(UTC):%Y_%m}"),
        ("then", "usage_logs_default"),
    ]


def test_partitions_begin_and_end_in_utc(scratch: psycopg.Connection) -> None:
    """A migration run from a session far from Greenwich makes the same months."""
    scratch.execute("SET TIME ZONE 'Pacific/Auckland'")
    for name in ("0001.uuidv7.sql", "0009.usage_logs.sql"):
        scratch.execute((locate.migrations_dir() / name).read_text())
    scratch.execute("SET TIME ZONE 'UTC'")
    bounds = scratch.execute(
        "SELECT pg_get_expr(c.relpartbound, c.oid) FROM pg_class AS c"
        " WHERE c.relispartition AND c.relkind = 'r' ORDER BY c.relname"
    ).fetchall()
    assert len(bounds) == 4
    assert all("-01 00:00:00+00')" in bound or bound == "DEFAULT" for (bound,) in bounds)
