"""queries/sessions.sql: visitors, each within one installation."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from content import make
from psycopg import errors

from amber_sql.models import SessionsInsertManyParams
from amber_sql.queries import sessions

if TYPE_CHECKING:
    import psycopg


def test_a_visitor_who_returns_keeps_their_session(conn: psycopg.Connection) -> None:
    """The same key gives the same session: seen later, newest browser, first referrer."""
    first = make.session(conn, session_key="v", ip="10.0.0.1", referrer="https://a.example")
    again = sessions.start(
        conn,
        installation_id=first.installation_id,
        session_key="v",
        user_agent="Firefox",
        referrer="https://b.example",
    )
    assert again.id == first.id
    assert (again.ip, again.user_agent) == ("10.0.0.1", "Firefox")
    assert again.referrer == "https://a.example"
    assert again.last_seen_at > first.last_seen_at
    where = {"installation_id": first.installation_id}
    assert sessions.get_by_session_key(conn, **where, session_key="v") == again
    assert sessions.get(conn, **where, id=first.id) == again


def test_the_same_key_elsewhere_is_another_visitor(conn: psycopg.Connection) -> None:
    """A session key reaches nothing in another installation."""
    mine, yours = make.session(conn, session_key="v"), make.session(conn, session_key="v")
    assert mine.id != yours.id
    foreign = {"installation_id": yours.installation_id, "id": mine.id}
    assert sessions.get(conn, **foreign) is None
    assert sessions.touch(conn, **foreign) == 0
    assert sessions.delete(conn, **foreign) == 0


def test_no_session_without_an_installation(conn: psycopg.Connection) -> None:
    """An unknown installation is refused."""
    with pytest.raises(errors.ForeignKeyViolation):
        make.session(conn, installation_id=make.user(conn).id)


def test_those_seen_last_come_first(conn: psycopg.Connection) -> None:
    """Pages go by last_seen_at; a touch brings a session to the front."""
    widget = make.installation(conn)
    one, two, three = (make.session(conn, installation_id=widget.id) for _ in range(3))
    assert sessions.touch(conn, installation_id=widget.id, id=one.id) == 1
    first = sessions.list_for_installation(conn, installation_id=widget.id, limit=2)
    second = sessions.list_for_installation(
        conn,
        installation_id=widget.id,
        before_last_seen_at=first[-1].last_seen_at,
        before_id=first[-1].id,
    )
    assert [row.id for row in (*first, *second)] == [one.id, three.id, two.id]


def test_idle_sessions_go_the_longest_idle_first(conn: psycopg.Connection) -> None:
    """Only those idle since the given moment, in this installation, and no more than asked."""
    widget = make.installation(conn)
    now = datetime.now(UTC)
    rows = [
        SessionsInsertManyParams(
            installation_id=widget.id,
            id=make.user(conn).id,
            session_key=f"idle {days}",
            user_agent=None,
            ip=None,
            referrer=None,
            message_count=0,
            last_seen_at=now - timedelta(days=days),
            created_at=now - timedelta(days=days),
        )
        for days in (10, 20, 30)
    ]
    assert sessions.insert_many(conn, rows) == 3
    elsewhere = make.session(conn)
    a_week = {"installation_id": widget.id, "idle_since": now - timedelta(days=7)}
    assert sessions.delete_idle_since(conn, **a_week, limit=1) == 1
    left = sessions.list_for_installation(conn, installation_id=widget.id)
    assert [row.session_key for row in left] == ["idle 10", "idle 20"]
    two_weeks = {"installation_id": widget.id, "idle_since": now - timedelta(days=14)}
    assert sessions.delete_idle_since(conn, **two_weeks) == 1
    assert sessions.delete_idle_since(conn, **a_week) == 1
    later = {"installation_id": widget.id, "idle_since": now + timedelta(days=1)}
    assert sessions.delete_idle_since(conn, **later) == 0
    there = {"installation_id": elsewhere.installation_id, "id": elsewhere.id}
    assert sessions.get(conn, **there) == elsewhere
