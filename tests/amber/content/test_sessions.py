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
    from uuid import UUID

    import psycopg

NOW = datetime.now(UTC)


def test_a_visitor_who_returns_keeps_their_session(conn: psycopg.Connection) -> None:
    """The same key gives the same session: seen later, newest browser, first referrer."""
    first = make.session(conn, session_key="v", ip="10.0.0.1", referrer="https://a.example")
    where = {"installation_id": first.installation_id}
    again = sessions.start(
        conn, **where, session_key="v", user_agent="Firefox", referrer="https://b.example"
    )
    assert again.id == first.id
    assert (again.ip, again.user_agent) == ("10.0.0.1", "Firefox")
    assert again.referrer == "https://a.example"
    assert again.last_seen_at > first.last_seen_at
    assert sessions.get(conn, **where, id=first.id) == again


def test_a_session_is_found_by_its_key(conn: psycopg.Connection) -> None:
    """As start left it."""
    first = make.session(conn, session_key="v")
    where = {"installation_id": first.installation_id, "session_key": "v"}
    again = sessions.start(conn, **where)
    assert sessions.get_by_session_key(conn, **where) == again


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


def _idle(conn: psycopg.Connection, *days: int) -> UUID:
    """Return an installation whose sessions have been idle for so many days each."""
    widget = make.installation(conn)
    rows = [
        SessionsInsertManyParams(
            installation_id=widget.id,
            id=make.user(conn).id,
            session_key=f"idle {number}",
            user_agent=None,
            ip=None,
            referrer=None,
            message_count=0,
            last_seen_at=NOW - timedelta(days=number),
            created_at=NOW - timedelta(days=number),
        )
        for number in days
    ]
    assert sessions.insert_many(conn, rows) == len(days)
    return widget.id


def test_idle_sessions_go_the_longest_idle_first(conn: psycopg.Connection) -> None:
    """And no more of them than asked."""
    where = {"installation_id": _idle(conn, 10, 20, 30)}
    week = {"idle_since": NOW - timedelta(days=7), "limit": 1}
    assert sessions.delete_idle_since(conn, **where, **week) == 1
    left = sessions.list_for_installation(conn, **where)
    assert [row.session_key for row in left] == ["idle 10", "idle 20"]


def test_only_sessions_idle_since_the_moment_go(conn: psycopg.Connection) -> None:
    """Whoever was seen since stays, in this installation and in another."""
    id_, elsewhere = _idle(conn, 10, 20), make.session(conn)
    gone = [
        sessions.delete_idle_since(conn, installation_id=id_, idle_since=NOW + timedelta(days=days))
        for days in (-14, -7, 1)
    ]
    assert gone == [1, 1, 0]
    there = {"installation_id": elsewhere.installation_id, "id": elsewhere.id}
    assert sessions.get(conn, **there) == elsewhere
