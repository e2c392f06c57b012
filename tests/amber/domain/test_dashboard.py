"""queries/dashboard.sql: what it shows, counted by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from content import make

from amber_sql.models import MessageRole
from amber_sql.queries import dashboard

if TYPE_CHECKING:
    import psycopg

DAY = datetime(2031, 3, 9, tzinfo=UTC)
SPAN = {"since": DAY, "until": DAY + timedelta(days=2)}


def _answer(conn: psycopg.Connection, where: Any, at: datetime, latency: int, **given: Any) -> None:
    """Write an answer of 10 and 20 tokens at a moment."""
    default = {
        "role": MessageRole.ASSISTANT,
        "model": "small",
        "prompt_tokens": 10,
        "completion_tokens": 20,
    }
    made = make.message(conn, where, **default | given, latency_ms=latency)
    conn.execute("UPDATE messages SET created_at = %s WHERE id = %s", [at, made.id])


def _shop(conn: psycopg.Connection) -> Any:
    """Return a session with four answers: one before the span, two and one in it."""
    session = make.session(conn)
    _answer(conn, session, DAY - timedelta(microseconds=1), 9999)
    _answer(conn, session, DAY, 100)
    _answer(conn, session, DAY + timedelta(hours=23, minutes=59), 200, model="large")
    _answer(conn, session, DAY + timedelta(days=1), 300, model=None)
    _answer(conn, session, DAY + timedelta(days=2), 9999)
    return session


def test_days_are_utcs_and_the_end_is_not_in_them(conn: psycopg.Connection) -> None:
    """Whatever the session's time zone, and for the installation as for its owner."""
    session = _shop(conn)
    conn.execute("SET TIME ZONE 'Pacific/Auckland'")
    days = dashboard.messages_by_day(conn, installation_id=session.installation_id, **SPAN)
    assert [(d.day, d.message_count, d.prompt_tokens, d.completion_tokens) for d in days] == [
        (date(2031, 3, 9), 2, 20, 40),
        (date(2031, 3, 10), 1, 10, 20),
    ]
    (owner,) = conn.execute("SELECT user_id FROM installations").fetchone()
    second = make.session(conn, installation_id=make.installation(conn, user_id=owner).id)
    _answer(conn, second, DAY, 1)
    both = dashboard.messages_by_day_for_user(conn, user_id=owner, **SPAN)
    assert [(d.message_count, d.prompt_tokens) for d in both] == [(3, 30), (1, 10)]


def test_latency_is_interpolated(conn: psycopg.Connection) -> None:
    """p50 and p95 of the answers in the span; None where there was none."""
    session = _shop(conn)
    found = dashboard.latency(conn, installation_id=session.installation_id, **SPAN)
    assert (found.answer_count, found.p50, found.p95) == (3, 200, 290)
    none = dashboard.latency(conn, installation_id=make.installation(conn).id, **SPAN)
    assert (none.answer_count, none.p50, none.p95) == (0, None, None)


def test_cost_is_exact(conn: psycopg.Connection) -> None:
    """To the last digit, dearest first; a model without a price has no cost."""
    session = _shop(conn)
    found = dashboard.cost(
        conn,
        installation_id=session.installation_id,
        models=["small", "large"],
        prompt_prices=[Decimal("0.15"), Decimal(3)],
        completion_prices=[Decimal("0.6"), Decimal(15)],
        **SPAN,
    )
    assert [(c.model, c.cost) for c in found] == [
        ("large", Decimal("0.000330")),
        ("small", Decimal("0.0000135")),
        ("unknown", None),
    ]


def test_sessions_and_busiest(conn: psycopg.Connection) -> None:
    """Sessions by the day that they began, widgets by what was written there."""
    session = _shop(conn)
    silent = make.session(conn, installation_id=session.installation_id)
    conn.execute("UPDATE sessions SET created_at = %s", [DAY + timedelta(hours=3)])
    days = dashboard.sessions_by_day(conn, installation_id=silent.installation_id, **SPAN)
    assert [(d.session_count, d.spoken_count) for d in days] == [(2, 1)]
    (owner,) = conn.execute("SELECT user_id FROM installations").fetchone()
    busier = make.session(conn, installation_id=make.installation(conn, user_id=owner).id)
    for _ in range(5):
        _answer(conn, busier, DAY, 1)
    make.installation(conn, user_id=owner)
    found = dashboard.busiest_installations(conn, user_id=owner, **SPAN)
    assert [(b.installation_id, b.message_count) for b in found] == [
        (busier.installation_id, 5),
        (session.installation_id, 3),
    ]
