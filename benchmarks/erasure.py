"""100,000 webhook events → how long erasing one person takes, what it reads, and what the index costs.

    python -m benchmarks.erasure [events]

A database of its own, made and dropped on an embedded server. Everybody shares a domain and has
neighbours whose names begin or end like theirs; the events are a kilobyte or two, as Stripe's are.
"""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg

from amber_sql import deploy, locate
from amber_sql.compiler.files.load import load_folder
from amber_sql.domain import people
from amber_sql.queries import subscriptions, users
from amber_sql.server import temporary

if TYPE_CHECKING:
    from collections.abc import Iterator

EVENTS = 100_000
KEY = b"the key of a benchmark"
FILL = """
INSERT INTO webhook_events (provider, event_id, object_key, type, payload, occurred_at, status,
    next_attempt_at, processed_at)
SELECT
    'STRIPE', 'evt_' || n, 'in_' || n, 'invoice.paid',
    jsonb_build_object('id', 'evt_' || n, 'type', 'invoice.paid', 'data', jsonb_build_object(
        'object', jsonb_build_object(
            'id', 'in_' || n, 'customer', 'cus_' || n %% 20000, 'customer_email',
            'jo' || n %% 20000 || '@example.com', 'lines', (
                SELECT jsonb_agg(jsonb_build_object('id', 'il_' || n || '_' || i, 'amount', i * 100,
                    'description', repeat('Seats ', 8), 'price', jsonb_build_object('id', 'price_pro')))
                FROM generate_series(1, 8) AS i
            ),
            'metadata', jsonb_build_object('order', n, 'note', md5(n::text))
        )
    )),
    now() - n * interval '1 minute', CASE WHEN n %% 100 = 0 THEN 'PENDING' ELSE 'PROCESSED' END::webhook_status,
    CASE WHEN n %% 100 = 0 THEN now() END, CASE WHEN n %% 100 > 0 THEN now() END
FROM generate_series(%s::int, %s::int) AS n
"""
LOGS = """
INSERT INTO usage_logs (event, properties)
SELECT 'message.sent', jsonb_build_object('role', 'USER', 'by', 'jo' || n || '@example.com')
FROM generate_series(1, %s::int) AS n
"""
UPDATE = "UPDATE webhook_events SET attempts = attempts + 1 WHERE event_id LIKE 'evt_%7'"


@contextmanager
def _timed(what: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    print(f"{what:<58} {time.perf_counter() - start:8.2f} s")


def _buffers(plan: dict[str, Any]) -> int:
    return int(plan["Shared Hit Blocks"]) + int(plan["Shared Read Blocks"])


def _explain(conn: psycopg.Connection[Any], name: str, *args: object) -> None:
    """Run one of our statements under EXPLAIN, roll it back, and say what it read."""
    module, _, query = name.partition(".")
    files = {file.module: file for file in load_folder(locate.queries_dir())}
    sql = next(one.sql for one in files[module].queries if one.name == query)
    with conn.transaction(force_rollback=True):
        cursor = psycopg.RawCursor(conn)
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}".encode(), args)
        ((plan,),) = cursor.fetchall()[0]
    print(f"{name:<58} {plan['Execution Time'] / 1000:8.2f} s {_buffers(plan['Plan']):>9,} buffers")


def main(events: int) -> None:
    """Fill, measure, print."""
    with temporary() as server:
        url = server.url("postgres")
        deploy.migrate(url, locate.migrations_dir())
        with psycopg.connect(url, autocommit=True) as conn:
            half = events // 2
            with _timed(f"{half:,} events in, with the index of mentions"):
                conn.execute(FILL, [1, half])
            with _timed("a tenth of them claimed, with it"):
                conn.execute(UPDATE)
            index = conn.execute(
                "SELECT pg_get_indexdef('webhook_events_mentions_idx'::regclass)"
            ).fetchone()
            conn.execute("DROP INDEX webhook_events_mentions_idx")
            with _timed(f"{half:,} events in, without it"):
                conn.execute(FILL, [half + 1, events])
            with _timed("a tenth of all claimed, without it"):
                conn.execute(UPDATE)
            with _timed(f"the index built over {events:,} events"):
                conn.execute(index[0] if index else "")
            conn.execute(LOGS, [events])
            conn.execute("VACUUM ANALYZE")
            sizes = conn.execute(
                "SELECT pg_size_pretty(pg_relation_size('webhook_events_mentions_idx')),"
                " pg_size_pretty(pg_table_size('webhook_events'))"
            ).fetchone()
            print(f"index {sizes[0]}, table {sizes[1]}" if sizes else "")
            user = users.create(conn, clerk_id="user_77", email="jo77@example.com")
            subscriptions.create(
                conn, user_id=user.id, stripe_customer_id="cus_77", stripe_subscription_id="sub_77"
            )
            ids = ["user_77", "cus_77", "sub_77", str(user.id)]
            _explain(conn, "webhook_events.forget", ids, [user.email], None)
            _explain(conn, "usage_logs.forget", user.id, [*ids, user.email])
            with _timed(f"people.erase among {events:,} events and usage logs"):
                people.erase(conn, user.id, key=KEY)
            left = conn.execute(
                "SELECT count(*) FILTER (WHERE payload::text LIKE '%jo77@%'),"
                " count(*) FILTER (WHERE payload = '{}') FROM webhook_events"
            ).fetchone()
            print(f"(mentions left, events emptied): {left}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else EVENTS)
