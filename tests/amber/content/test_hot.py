"""What each message updates makes no entry in any index: all updates of it but a few are HOT."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest
from content import make

from amber_sql import deploy, locate
from amber_sql.domain import metering
from amber_sql.queries import sessions
from amber_sql.server import temporary

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amber_sql.models import Session

HOT = (
    "SELECT relname, n_tup_hot_upd / n_tup_upd::float8 FROM pg_stat_user_tables WHERE n_tup_upd > 0"
)


@pytest.fixture
def alone() -> Iterator[psycopg.Connection]:
    """Connect to a server that nobody else writes on.

    Where somebody does, in another database too, rows that were updated since stay on their pages until
    that transaction ends, and the next update finds no room there.
    """
    with temporary() as server:
        deploy.migrate(server.url("postgres"), locate.migrations_dir())
        with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
            yield connection


def _seen(conn: psycopg.Connection, session: Session) -> datetime:
    found = sessions.get(conn, installation_id=session.installation_id, id=session.id)
    assert found is not None
    return found.last_seen_at


def test_messages_update_no_index(alone: psycopg.Connection) -> None:
    """Thirty messages in each of twenty sessions: over 95 % of every table's updates are HOT."""
    widget = make.installation(alone, user_id=make.subscription(alone).user_id)
    visits = [make.session(alone, installation_id=widget.id) for _ in range(20)]
    for number in range(30):
        now = datetime.now(UTC) + timedelta(minutes=number)
        for session in visits:
            metering.admit_to_session(alone, widget.id, session.id, now=now)
            metering.consume_message(alone, widget.user_id, f"{session.id} {number}")
            make.message(alone, session)
    alone.execute("SELECT pg_stat_force_next_flush()")
    shares = dict(alone.execute(HOT).fetchall())
    assert shares.keys() == {"installations", "message_rates", "sessions", "subscriptions"}
    assert min(shares.values()) > 0.95


def test_a_message_moves_last_seen_at_once_a_minute(conn: psycopg.Connection) -> None:
    """Within a minute it stays, behind one it moves; a touch moves it always."""
    session = make.session(conn)
    make.message(conn, session)
    assert _seen(conn, session) == session.last_seen_at
    conn.execute("UPDATE sessions SET last_seen_at = last_seen_at - interval '61 seconds'")
    make.message(conn, session)
    moved = _seen(conn, session)
    assert moved > session.last_seen_at
    assert sessions.touch(conn, installation_id=session.installation_id, id=session.id) == 1
    assert _seen(conn, session) > moved
