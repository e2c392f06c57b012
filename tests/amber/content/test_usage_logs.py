"""queries/usage_logs.sql: what happened, by day and by installation."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from content import make

from amber_sql.errors import RowNotFound
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
    span = {"since": times[3], "until": times[1]}
    some = usage_logs.list_for_installation(conn, installation_id=widget.id, **span)
    assert [row.created_at for row in some] == times[2:4]
    assert usage_logs.list_for_installation(conn, installation_id=widget.id, event="none") == []


def _both(conn: psycopg.Connection) -> tuple[Any, Any]:
    """Return somebody's id, and that of somebody else's widget."""
    return make.user(conn).id, make.installation(conn).id


def test_a_user_and_anothers_installation_are_refused(conn: psycopg.Connection) -> None:
    """The pair does not belong together: nothing is written, and the call says so."""
    user_id, widget_id = _both(conn)
    with pytest.raises(RowNotFound, match=r"usage_logs\.record"):
        usage_logs.record(conn, event="x", user_id=user_id, installation_id=widget_id)
    with pytest.raises(RowNotFound):
        usage_logs.record(conn, event="x", user_id=user_id, installation_id=uuid4())
    assert usage_logs.list_for_installation(conn, installation_id=widget_id) == []


def test_a_pair_that_belongs_together_is_written(conn: psycopg.Connection) -> None:
    """The owner and their own widget; and either of them alone."""
    widget = make.installation(conn)
    usage_logs.record(conn, event="x", user_id=widget.user_id, installation_id=widget.id)
    usage_logs.record(conn, event="x", user_id=widget.user_id)
    usage_logs.record(conn, event="x", installation_id=widget.id)
    (count,) = conn.execute("SELECT count(*) FROM usage_logs").fetchone()
    assert count == 3


def test_of_many_rows_those_whose_pair_fits_are_written(conn: psycopg.Connection) -> None:
    """The count says how many; the others are left out."""
    user_id, widget_id = _both(conn)
    own = make.installation(conn, user_id=user_id)
    rows = [_row(user_id=user_id, installation_id=id_) for id_ in (own.id, widget_id, None)]
    assert usage_logs.record_many(conn, rows) == 2
    assert usage_logs.list_for_installation(conn, installation_id=widget_id) == []
