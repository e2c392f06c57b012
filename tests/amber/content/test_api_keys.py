"""queries/api_keys.sql: keys are found by their public part, and die for good."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from content import make

from amber_sql.queries import api_keys

if TYPE_CHECKING:
    import psycopg


def test_a_key_is_found_by_its_public_part(conn: psycopg.Connection) -> None:
    """The row holds everything that a request is judged by."""
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    key = make.api_key(conn, key_hash=b"\x01" * 32, scopes=["a", "b"], expires_at=tomorrow)
    assert (key.key_hash, key.scopes, key.expires_at) == (b"\x01" * 32, ["a", "b"], tomorrow)
    assert api_keys.get_by_key_id(conn, key_id=key.key_id) == key
    assert api_keys.get_by_key_id(conn, key_id="nobody's") is None


def test_use_is_noted_once_a_minute(conn: psycopg.Connection) -> None:
    """The second touch within a minute writes nothing."""
    key = make.api_key(conn)
    who = {"user_id": key.user_id, "id": key.id}
    assert [api_keys.touch(conn, **who) for _ in range(2)] == [1, 0]
    conn.execute("UPDATE api_keys SET last_used_at = now() - interval '61 seconds'")
    assert api_keys.touch(conn, **who) == 1


def test_a_key_answers_to_its_owner(conn: psycopg.Connection) -> None:
    """A stranger revokes nothing, and notes no use."""
    key, stranger = make.api_key(conn), make.user(conn)
    assert api_keys.revoke(conn, user_id=stranger.id, id=key.id) is None
    assert api_keys.touch(conn, user_id=stranger.id, id=key.id) == 0


def test_a_revoked_key_keeps_its_moment(conn: psycopg.Connection) -> None:
    """Revoking twice keeps the first time."""
    key = make.api_key(conn)
    first, second = (api_keys.revoke(conn, user_id=key.user_id, id=key.id) for _ in range(2))
    assert first.revoked_at is not None
    assert second.revoked_at == first.revoked_at


def test_keys_are_listed_newest_first(conn: psycopg.Connection) -> None:
    """A user's own keys, page by page."""
    user = make.user(conn)
    keys = [make.api_key(conn, user_id=user.id) for _ in range(3)]
    make.api_key(conn)
    first = api_keys.list_for_user(conn, user_id=user.id, limit=2)
    second = api_keys.list_for_user(conn, user_id=user.id, before_id=first[-1].id)
    assert [*first, *second] == keys[::-1]
