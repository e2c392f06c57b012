"""queries/usage_logs.sql: what happened, by day and by installation."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from content import make

from amber_sql.models import RecordManyParams
from amber_sql.queries import usage_logs

if TYPE_CHECKING:
    import psycopg

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def _row(**given: Any) -> RecordManyParams:
    default = {
        "event": "message.sent",
        "user_id": None,
        "installation_id": None,
        "quantity": 1,
        "properties": {},
        "created_at": NOON,
    }
    return RecordManyParams(**default | given)


def test_a_record_gives_its_id(conn: psycopg.Connection) -> None:
    """Without anything but the event it counts one, and says no more."""
    id_ = usage_logs.record(conn, event="message.sent")
    assert conn.execute(
        "SELECT id, user_id, installation_id, event, quantity, properties FROM usage_logs"
    ).fetchall() == [(id_, None, None, "message.sent", 1, {})]


def test_days_are_counted_in_utc(conn: psycopg.Connection) -> None:
    """Rows of a user by day and event, from `since` until before `until`, in any session's zone."""
    user = make.user(conn)
    night = NOON + timedelta(hours=11, minutes=59)
    written = usage_logs.record_many(
        conn,
        [
            _row(user_id=user.id, created_at=night),
            _row(user_id=user.id, created_at=night, quantity=4),
            _row(user_id=user.id, created_at=night + timedelta(minutes=1)),
            _row(user_id=user.id, created_at=NOON, event="session.started"),
            _row(user_id=user.id, created_at=NOON + timedelta(days=30)),
            _row(created_at=NOON),
        ],
    )
    assert written == 6
    conn.execute("SET TIME ZONE 'Pacific/Auckland'")
    days = usage_logs.count_by_day(
        conn, user_id=user.id, since=NOON, until=NOON + timedelta(days=30)
    )
    conn.execute("SET TIME ZONE 'UTC'")
    assert [(row.day, row.event, row.event_count, row.quantity) for row in days] == [
        (date(2026, 3, 1), "message.sent", 2, 5),
        (date(2026, 3, 1), "session.started", 1, 1),
        (date(2026, 3, 2), "message.sent", 1, 1),
    ]


def test_an_installation_is_paged_across_months(conn: psycopg.Connection) -> None:
    """Newest first, through the partitions of several months, each row once."""
    widget = make.installation(conn)
    times = [NOON - timedelta(days=20 * number) for number in range(6)]
    usage_logs.record_many(
        conn,
        [
            _row(installation_id=widget.id, created_at=time, properties={"n": [number]})
            for number, time in enumerate(times)
        ],
    )
    usage_logs.record_many(conn, [_row()])
    first = usage_logs.list_for_installation(conn, installation_id=widget.id, limit=4)
    second = usage_logs.list_for_installation(
        conn,
        installation_id=widget.id,
        before_created_at=first[-1].created_at,
        before_id=first[-1].id,
    )
    assert [row.created_at for row in (*first, *second)] == times
    assert [row.properties for row in second] == [{"n": [4]}, {"n": [5]}]
