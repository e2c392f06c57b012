"""Days that were counted: the dashboard shows what the messages say, whatever happened since."""

from __future__ import annotations

import contextlib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from content import make
from domain import dashboards

from amber_sql.domain import people, retention
from amber_sql.domain.days import PATIENCE, count_days
from amber_sql.models import MessageRole, MessagesInsertManyParams, SessionsInsertManyParams
from amber_sql.queries import installation_days, installations, messages, sessions, users

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    Change = Callable[[psycopg.Connection, UUID, UUID], object]

CHANGES: dict[str, Change] = {}


def _change(function: Change) -> Change:
    CHANGES[function.__name__] = function
    return function


def _some(conn: psycopg.Connection, id_: UUID, which: str = "") -> Any:
    """Return a session that began some days ago."""
    where = f"WHERE installation_id = %s {which} ORDER BY created_at OFFSET 1 LIMIT 1"
    (found,) = conn.execute(f"SELECT id FROM sessions {where}", [id_]).fetchone()
    return sessions.get(conn, installation_id=id_, id=found)


@_change
def nothing(_conn: psycopg.Connection, _owner: UUID, _id: UUID) -> None:
    """Change nothing."""


@_change
def a_session_goes(conn: psycopg.Connection, _: UUID, id_: UUID) -> None:
    """Delete a session that went on for days."""
    session = _some(
        conn, id_, "AND mod(substr(session_key, 6)::integer, 3) = 0 AND message_count > 0"
    )
    assert sessions.delete(conn, installation_id=id_, id=session.id) == 1


@_change
def the_idle_go(conn: psycopg.Connection, _owner: UUID, _id: UUID) -> None:
    """Delete what has been idle for four days, and blank the others."""
    done = retention.forget_visitors(conn, idle=timedelta(days=4), blank=timedelta(0))
    assert done.deleted > 1


@_change
def a_silent_visitor_speaks(conn: psycopg.Connection, _: UUID, id_: UUID) -> None:
    """Write the first message of a session that began days ago, and one more in another."""
    make.message(conn, _some(conn, id_, "AND message_count = 0"))
    make.message(conn, _some(conn, id_, "AND message_count > 0"))


@_change
def a_visitor_comes(conn: psycopg.Connection, _: UUID, id_: UUID) -> None:
    """Begin a session today."""
    make.message(conn, make.session(conn, installation_id=id_))


@_change
def late_messages_come(conn: psycopg.Connection, owner: UUID, id_: UUID) -> None:
    """Import messages of past days, of days before the first one too."""
    session = _some(conn, id_)
    rows = [
        MessagesInsertManyParams(
            installation_id=id_,
            session_id=session.id,
            seq=session.message_count + number,
            role=MessageRole.ASSISTANT,
            content="late",
            model="late",
            prompt_tokens=7,
            completion_tokens=8,
            latency_ms=9,
            created_at=dashboards.TODAY - timedelta(days=number, seconds=1),
        )
        for number in range(1, 11)
    ]
    with conn.transaction():
        installations.lock(conn, id=id_)
        messages.insert_many(conn, rows)
        installations.recount_messages(conn, user_id=owner, id=id_)


@_change
def late_sessions_come(conn: psycopg.Connection, owner: UUID, id_: UUID) -> None:
    """Import sessions of past days."""
    rows = [
        SessionsInsertManyParams(
            installation_id=id_,
            id=make.user(conn).id,
            session_key=f"late {number}",
            user_agent=None,
            ip=None,
            referrer=None,
            message_count=0,
            last_seen_at=dashboards.TODAY - timedelta(days=number),
            created_at=dashboards.TODAY - timedelta(days=number),
        )
        for number in range(1, 9)
    ]
    sessions.insert_many(conn, rows)
    installations.recount_messages(conn, user_id=owner, id=id_)


@_change
def all_sessions_go(conn: psycopg.Connection, owner: UUID, _: UUID) -> None:
    """Delete every session of the owner."""
    assert sessions.delete_for_user(conn, user_id=owner) > 1


@_change
def the_owner_is_erased(conn: psycopg.Connection, owner: UUID, _: UUID) -> None:
    """Erase the owner, whose widget keeps its number."""
    assert people.erase(conn, owner, key=b"a key of thirty-two bytes or so.")


@_change
def the_owner_goes(conn: psycopg.Connection, owner: UUID, _: UUID) -> None:
    """Delete the owner with everything."""
    users.delete(conn, id=owner)


def _compare(conn: psycopg.Connection, owner: UUID, id_: UUID) -> None:
    assert dashboards.shown(conn, owner, id_) == dashboards.counted(conn, id_)


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_counted_day_stays_exact(conn: psycopg.Connection, change: Change) -> None:
    """Before anything was counted, behind that, after each change, and counted again; in any time zone."""
    conn.execute("SET TIME ZONE 'Pacific/Auckland'")
    owner, id_ = dashboards.widget(conn)
    _compare(conn, owner, id_)
    assert count_days(conn) == dashboards.DAYS
    _compare(conn, owner, id_)
    change(conn, owner, id_)
    _compare(conn, owner, id_)
    count_days(conn)
    _compare(conn, owner, id_)
    assert installation_days.list_uncounted(conn, installation_id=id_) == []


def test_what_is_counted_is_not_counted_again(conn: psycopg.Connection) -> None:
    """A change marks the days that it is about and leaves the others; today is never counted."""
    _, id_ = dashboards.widget(conn)
    assert count_days(conn) == dashboards.DAYS
    assert count_days(conn) == 0
    days = dashboards.days(conn)
    session = _some(conn, id_, "AND mod(substr(session_key, 6)::integer, 3) > 0")
    sessions.delete(conn, installation_id=id_, id=session.id)
    assert set(days) - set(dashboards.days(conn)) == {session.created_at.date()}
    assert dashboards.TODAY.date() not in days


def test_a_run_that_is_killed_is_taken_up(conn: psycopg.Connection, database_url: str) -> None:
    """Whatever was counted stays, the dashboard is right in between, and the next run does the rest."""
    owner, id_ = dashboards.widget(conn)
    days = installation_days.list_uncounted(conn, installation_id=id_)
    for day in days[1::2]:
        installation_days.count_day(conn, installation_id=id_, day=day)
    with contextlib.closing(psycopg.connect(database_url)) as killed:
        installation_days.count_day(killed, installation_id=id_, day=days[0])
        conn.execute("SELECT pg_terminate_backend(%s, 9999)", [killed.info.backend_pid])
    assert dashboards.days(conn) == days[1::2]
    assert dashboards.shown(conn, owner, id_) == dashboards.counted(conn, id_)


def test_a_widget_that_is_held_is_left(conn: psycopg.Connection, database_url: str) -> None:
    """A transaction that stays open at a widget holds neither maintenance nor visitors up."""
    _, id_ = dashboards.widget(conn)
    with psycopg.connect(database_url) as other:
        make.session(other, installation_id=id_)
        assert PATIENCE.endswith("ms")
        assert count_days(conn) == 0
        other.rollback()
        assert count_days(conn) == dashboards.DAYS


def test_counting_beside_changes_stays_exact(conn: psycopg.Connection, database_url: str) -> None:
    """Two runs at once, beside sessions that go and visitors who speak: exact at every moment."""
    owner, id_ = dashboards.widget(conn)
    acts = [
        count_days,
        count_days,
        lambda own: sessions.delete(own, installation_id=id_, id=_some(own, id_).id),
        lambda own: make.message(own, _some(own, id_, "AND message_count = 0")),
    ]

    def work(number: int) -> list[bool]:
        exact = []
        with psycopg.connect(database_url, autocommit=True) as own:
            for _ in range(6):
                acts[number](own)
                with own.transaction():
                    own.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                    exact.append(dashboards.shown(own, owner, id_) == dashboards.counted(own, id_))
        return exact

    with ThreadPoolExecutor(4) as threads:
        assert all(all(exact) for exact in threads.map(work, range(4)))
