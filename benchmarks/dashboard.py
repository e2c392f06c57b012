"""The dashboard on a million messages, of which the asked installation has ten thousand.

    python benchmarks/dashboard.py

Prints for each statement the median and the worst of twenty calls, what was asked for (50 ms), and
the plan that a prepared statement ends up with; then the same with the days counted, as `amber-sql
maintain` does.
"""

from __future__ import annotations

import statistics
import sys
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import psycopg

from amber_sql import deploy, locate
from amber_sql.compiler.files.load import load_file
from amber_sql.domain.days import count_days
from amber_sql.queries import dashboard
from amber_sql.server import temporary

if TYPE_CHECKING:
    from collections.abc import Callable

ASKED_MS = 50
CALLS = 20
NOW = datetime.now(UTC)
SPAN = {"since": NOW - timedelta(days=30), "until": NOW}

FILL = """
INSERT INTO users (clerk_id, email) SELECT 'user_' || n, n || '@example.com' FROM generate_series(1, 100) AS n;
INSERT INTO installations (user_id, client_id, name)
SELECT u.id, u.clerk_id || ' ' || n, 'Shop ' || n FROM users AS u, generate_series(1, 5) AS n;
INSERT INTO sessions (installation_id, session_key, message_count, created_at)
SELECT i.id, 'visitor ' || n, 10, now() - n * interval '40 minutes'
FROM installations AS i, generate_series(1, 1000) AS n
WHERE i.name = 'Shop 1' OR i.client_id LIKE 'user_1 %';
INSERT INTO messages (
    installation_id, session_id, seq, role, content, model, prompt_tokens, completion_tokens,
    latency_ms, created_at
)
SELECT
    s.installation_id, s.id, n, CASE n % 2 WHEN 1 THEN 'USER' ELSE 'ASSISTANT' END::message_role,
    repeat('What was said. ', 10), CASE n % 4 WHEN 0 THEN 'large' WHEN 2 THEN 'small' END,
    n * 10, n * 20, n * 100, s.created_at + n * interval '3 seconds'
FROM generate_series(1, 10) AS n, sessions AS s
-- As they are written: those of one installation lie between everybody's.
ORDER BY s.created_at + n * interval '3 seconds';
UPDATE installations SET message_count = 10000 WHERE name = 'Shop 1' OR client_id LIKE 'user_1 %';
-- Twice: right behind the load, the first one found few pages that it could call visible to everybody.
VACUUM;
VACUUM ANALYZE;
"""


def main() -> int:
    """Fill a throw-away server, ask, and print; 1 if a statement took longer than was asked for."""
    with temporary() as server:
        server.ensure_database("amber")
        url = server.url("amber")
        deploy.migrate(url, locate.migrations_dir())
        with psycopg.connect(url, autocommit=True) as conn:
            for statement in filter(str.strip, FILL.split(";\n")):
                conn.execute(statement)  # type: ignore[arg-type]  # the text above
            (count,) = conn.execute("SELECT count(*) FROM messages").fetchone() or (0,)
            print(
                f"{count:,} messages: 10,000 of the asked installation and of its owner, 50,000 of a busy one"
            )
            too_slow = _ask(conn)
            print(f"\nThe same, with {count_days(conn)} days counted:")
            return max(too_slow, _ask(conn))


def _ask(conn: psycopg.Connection[Any]) -> int:
    asked = conn.execute(
        "SELECT id, user_id FROM installations WHERE name = 'Shop 1' LIMIT 1 OFFSET 50"
    ).fetchone()
    busy = conn.execute("SELECT id FROM users WHERE clerk_id = 'user_1'").fetchone()
    one = {"installation_id": asked[0], **SPAN}
    owner = {"user_id": asked[1], **SPAN}
    prices = {"prompt_prices": [Decimal(3)] * 2, "completion_prices": [Decimal(15)] * 2}
    statements: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
        "messages_by_day": (dashboard.messages_by_day, one),
        "messages_by_day_for_user": (dashboard.messages_by_day_for_user, owner),
        "latency": (dashboard.latency, one),
        "sessions_by_day": (dashboard.sessions_by_day, one),
        "cost": (dashboard.cost, {**one, "models": ["large", "small"], **prices}),
        "busiest_installations": (dashboard.busiest_installations, owner),
    }
    too_slow = _time(conn, statements, ASKED_MS)
    fivefold = {
        name: (function, {**given, "user_id": busy[0]})
        for name, (function, given) in statements.items()
        if "user_id" in given
    }
    print("\nThe busy owner, for comparison:")
    _time(conn, fivefold, None)
    return int(bool(too_slow))


def _time(
    conn: psycopg.Connection[Any],
    statements: dict[str, tuple[Callable[..., Any], dict[str, Any]]],
    asked: int | None,
) -> int:
    """Call each statement, print its times and plan; return how many were slower than was asked for."""
    too_slow = 0
    for name, (function, given) in statements.items():
        times = []
        for _ in range(CALLS):
            begun = time.perf_counter()
            function(conn, **given)
            times.append((time.perf_counter() - begun) * 1000)
        median, wanted = statistics.median(times), f", asked {asked} ms" if asked else ""
        too_slow += asked is not None and median > asked
        print(f"\n{name}: median {median:.1f} ms, worst {max(times):.1f} ms{wanted}")
        _explain(conn, name, given)
    return too_slow


def _explain(conn: psycopg.Connection[Any], name: str, given: dict[str, Any]) -> None:
    """Print the plan with its measured times."""
    loaded = load_file(locate.queries_dir() / "dashboard.sql", "queries/dashboard.sql", "dashboard")
    query = next(query for query in loaded.queries if query.name == name)
    values = [given.get(parameter) for parameter in query.parameters]
    cursor = psycopg.RawCursor(conn)
    cursor.execute(f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) {query.sql}", values)  # type: ignore[arg-type]
    for (line,) in cursor:
        print(f"    {line}")


if __name__ == "__main__":
    sys.exit(main())
