"""What Amber's statements read at one busy installation, and how many of its updates are HOT.

    python benchmarks/buffers.py [messages]

Fills a throw-away server through `amber-sql seed`'s COPY, a million messages of 90 days unless told
otherwise, and prints the buffers that each statement touches before maintenance has counted the days
and behind it; then writes for ten seconds from twelve threads, and prints of each table the share of
updates that made no entry in any index.
"""

from __future__ import annotations

import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import psycopg

from amber_sql import deploy, locate
from amber_sql.amber.seed_bulk import CLIENT, seed_messages
from amber_sql.compiler.files.load import load_folder
from amber_sql.domain import metering
from amber_sql.domain.days import count_days
from amber_sql.models import Installation, MessageRole
from amber_sql.queries import installations, messages, sessions, subscriptions
from amber_sql.server import temporary

if TYPE_CHECKING:
    from collections.abc import Callable

MESSAGES = 1_000_000
THREADS = 12
SECONDS = 10
SESSIONS = 200
NOW = datetime.now(UTC)
MONTH = {"since": NOW - timedelta(days=31), "until": NOW}
PRICES = {
    "models": ["amber-small"],
    "prompt_prices": [Decimal(3)],
    "completion_prices": [Decimal(15)],
}
HOT = """
    SELECT relname, n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE n_tup_upd > 0 ORDER BY relname
"""


def main() -> int:
    """Fill, read, count, read again, write."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else MESSAGES
    with temporary() as server:
        server.ensure_database("amber")
        url = server.url("amber")
        deploy.migrate(url, locate.migrations_dir())
        with psycopg.connect(url, autocommit=True) as conn:
            seed_messages(conn, count, lambda _: None)
            conn.execute("VACUUM ANALYZE")
            busy = installations.get_by_client_id(conn, client_id=CLIENT)
            if busy is None:
                raise LookupError(CLIENT)
            before = _read(conn, busy)
            begun = time.perf_counter()
            days = count_days(conn)
            conn.execute("VACUUM ANALYZE installation_days")
            print(
                f"{count:,} messages at one installation; {days} days counted in {time.perf_counter() - begun:.1f} s\n"
            )
            print("| statement | buffers, nothing counted | buffers, days counted |\n|---|---|---|")
            for name, after in _read(conn, busy).items():
                print(f"| {name} | {before[name]:,} | {after:,} |")
            _write(url, conn, busy)
    return 0


def _read(conn: psycopg.Connection[Any], busy: Installation) -> dict[str, int]:
    """Return the buffers of each statement, what it writes rolled back."""
    one: dict[str, Any] = {"installation_id": busy.id, **MONTH, **PRICES}
    owner: dict[str, Any] = {"user_id": busy.user_id, **MONTH, "limit": None}
    lately = {"installation_id": busy.id, "blank_before": NOW - timedelta(days=30), "limit": None}
    asked: dict[str, dict[str, Any]] = {
        "dashboard.messages_by_day": one,
        "dashboard.messages_by_day_for_user": owner,
        "dashboard.latency": one,
        "dashboard.cost": one,
        "dashboard.sessions_by_day": one,
        "dashboard.busiest_installations": owner,
        "sessions.blank_visitors": lately,
        "installations.recount_messages": {"user_id": busy.user_id, "id": busy.id},
    }
    texts = {
        f"{query.module}.{query.name}": query
        for file in load_folder(locate.queries_dir())
        for query in file.queries
    }
    return {name: _buffers(conn, texts[name], given) for name, given in asked.items()}


def _buffers(conn: psycopg.Connection[Any], query: Any, given: dict[str, Any]) -> int:
    values = [given[parameter] for parameter in query.parameters]
    with conn.transaction(force_rollback=True):
        cursor = psycopg.RawCursor(conn)
        cursor.execute(
            f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) {query.sql}".encode(), values
        )
        (found,) = cursor.fetchone() or ([],)
    plan = found[0]["Plan"]
    return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])


def _write(url: str, conn: psycopg.Connection[Any], busy: Installation) -> None:
    """Chat from all threads, and print how many updates were HOT."""
    period = [
        sessions.start(conn, installation_id=busy.id, session_key=f"load {number}", ip="10.0.0.1")
        for number in range(SESSIONS)
    ]
    before = {name: (updates, hot) for name, updates, hot in conn.execute(HOT)}
    end = time.monotonic() + SECONDS
    written = [0] * THREADS

    def chat(number: int) -> None:
        with psycopg.connect(url, autocommit=True) as own:
            while time.monotonic() < end:
                session = period[(number + THREADS * written[number]) % SESSIONS]
                where = {"installation_id": busy.id, "session_id": session.id}
                later = NOW + timedelta(minutes=written[number])  # admitted, every time
                metering.admit_to_session(own, busy.id, session.id, now=later)
                metering.consume_message(own, busy.user_id, f"{number} {written[number]}")
                messages.append(own, **where, role=MessageRole.USER, content="Do you ship?")
                subscriptions.increment_messages_used(own, user_id=busy.user_id)
                written[number] += 1
            own.execute("SELECT pg_stat_force_next_flush()")

    threads = [threading.Thread(target=chat, args=(number,)) for number in range(THREADS)]
    _all(threads, threading.Thread.start)
    _all(threads, threading.Thread.join)
    time.sleep(1)  # until the statistics of ended connections are seen
    print(f"\n{sum(written):,} messages from {THREADS} threads in {SESSIONS} sessions\n")
    print("| table | updates | HOT |\n|---|---|---|")
    for name, updates, hot in conn.execute(HOT):
        updates_before, hot_before = before.get(name, (0, 0))
        if done := updates - updates_before:
            print(f"| {name} | {done:,} | {100 * (hot - hot_before) / done:.1f} % |")


def _all(threads: list[threading.Thread], do: Callable[[threading.Thread], None]) -> None:
    for thread in threads:
        do(thread)


if __name__ == "__main__":
    sys.exit(main())
