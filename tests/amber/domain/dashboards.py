"""A widget with past days, and what its dashboard should show: counted from the messages, each time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from content import make

from amber_sql.queries import dashboard

if TYPE_CHECKING:
    from uuid import UUID

    import psycopg

DAYS = 6
TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
FIRST = TODAY - timedelta(days=DAYS)
PRICES = {
    "models": ["large", "small"],
    "prompt_prices": [Decimal(3), Decimal("0.15")],
    "completion_prices": [Decimal(15), Decimal("0.6")],
}
SPANS = [
    (FIRST - timedelta(days=30), TODAY + timedelta(days=1)),
    (FIRST + timedelta(hours=5), TODAY - timedelta(hours=7)),
    (FIRST + timedelta(days=2), FIRST + timedelta(days=3)),
    (FIRST + timedelta(hours=1), FIRST + timedelta(hours=23)),
    (FIRST, FIRST),
    (TODAY, FIRST),
]

# A session each four hours, every fourth without a word; of the others every third goes on for days.
FILL = """
    WITH visit AS (
        INSERT INTO sessions (installation_id, session_key, message_count, ip, last_seen_at, created_at)
        SELECT %(id)s, 'past ' || n, CASE WHEN n %% 4 = 0 THEN 0 ELSE 6 END, '10.0.0.1', at, at
        FROM generate_series(0, 6 * %(days)s - 1) AS n
        CROSS JOIN LATERAL (SELECT %(first)s + n * interval '4 hours' AS at) AS moment
        RETURNING installation_id, id, created_at, message_count, substr(session_key, 6)::integer AS n
    )
    INSERT INTO messages (
        installation_id, session_id, seq, role, content, model, prompt_tokens, completion_tokens, latency_ms, created_at
    )
    SELECT
        v.installation_id, v.id, seq, CASE seq %% 2 WHEN 1 THEN 'USER' ELSE 'ASSISTANT' END::message_role, 'x',
        (ARRAY['large', 'small', NULL])[1 + v.n %% 3], v.n + seq, seq, NULLIF(seq * 100 + v.n, 205),
        LEAST(
            v.created_at + seq * CASE WHEN v.n %% 3 = 0 THEN interval '9 hours' ELSE interval '1 minute' END, now()
        )
    FROM visit AS v CROSS JOIN generate_series(1, v.message_count) AS seq
"""
_SPAN = (
    "{0}.installation_id = %(id)s AND {0}.created_at >= %(since)s AND {0}.created_at < %(until)s"
)
_DAY = "(m.created_at AT TIME ZONE 'UTC')::date"
TRUTH = {
    "messages_by_day": f"""
        SELECT {_DAY}, count(*), coalesce(sum(prompt_tokens), 0), coalesce(sum(completion_tokens), 0)
        FROM messages AS m WHERE {_SPAN.format("m")} GROUP BY 1 ORDER BY 1""",
    "latency": f"""
        SELECT count(latency_ms), percentile_cont(0.5) WITHIN GROUP (ORDER BY latency_ms),
            percentile_cont(0.95) WITHIN GROUP (ORDER BY latency_ms)
        FROM messages AS m WHERE {_SPAN.format("m")} AND role = 'ASSISTANT'""",
    "cost": f"""
        SELECT coalesce(model, 'unknown'), count(*), coalesce(sum(prompt_tokens), 0), coalesce(sum(completion_tokens), 0)
        FROM messages AS m WHERE {_SPAN.format("m")} AND role = 'ASSISTANT' GROUP BY 1 ORDER BY 1""",
    "sessions_by_day": f"""
        SELECT {_DAY}, count(*), count(*) FILTER (WHERE message_count > 0)
        FROM sessions AS m WHERE {_SPAN.format("m")} GROUP BY 1 ORDER BY 1""",
}


def widget(conn: psycopg.Connection) -> tuple[UUID, UUID]:
    """Add somebody's widget with six days behind it; return its owner and its id."""
    made = make.installation(conn)
    conn.execute(FILL, {"id": made.id, "days": DAYS, "first": FIRST})
    conn.execute("UPDATE installations SET message_count = (SELECT count(*) FROM messages)")
    return made.user_id, made.id


def shown(conn: psycopg.Connection, owner: UUID, id_: UUID) -> list[Any]:
    """Return all that the dashboard shows of each of SPANS."""
    found: list[Any] = []
    for since, until in SPANS:
        span = {"since": since, "until": until}
        one = {"installation_id": id_, **span}
        by_day = [_plain(row) for row in dashboard.messages_by_day(conn, **one)]
        of_user = dashboard.messages_by_day_for_user(conn, user_id=owner, **span)
        busiest = dashboard.busiest_installations(conn, user_id=owner, **span)
        cost = dashboard.cost(conn, **one, **PRICES)
        assert [_plain(row) for row in of_user] == by_day
        assert [row.message_count for row in busiest] == [n for n in [_sum(by_day)] if n]
        found += [
            by_day,
            _plain(dashboard.latency(conn, **one)),
            sorted(_plain(row)[:4] for row in cost),
            [_plain(row) for row in dashboard.sessions_by_day(conn, **one)],
        ]
    return found


def counted(conn: psycopg.Connection, id_: UUID) -> list[Any]:
    """Return the same, as the messages and sessions say it."""
    found: list[Any] = []
    for since, until in SPANS:
        for name, text in TRUTH.items():
            given = {"id": id_, "since": since, "until": until}
            rows = [tuple(map(_number, row)) for row in conn.execute(text, given)]
            found.append(rows[0] if name == "latency" else rows)
    return found


def days(conn: psycopg.Connection) -> list[date]:
    """Return the days that stand counted."""
    rows = conn.execute("SELECT day FROM installation_days WHERE is_counted ORDER BY day")
    return [day for (day,) in rows]


def _plain(row: Any) -> tuple[Any, ...]:
    return tuple(getattr(row, name) for name in row.__struct_fields__)


def _number(value: Any) -> Any:
    return int(value) if isinstance(value, Decimal) else value


def _sum(by_day: list[tuple[Any, ...]]) -> int:
    return sum(row[1] for row in by_day)
