"""amber_sql/deploy/seed*.py: a believable world, the same one however often it is written."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import TYPE_CHECKING

import psycopg
import pytest
from command import amber
from project import Project
from target import Target, database

from amber_sql.amber.seed import seed
from amber_sql.amber.seed_bulk import seed_messages
from amber_sql.amber.seed_world import PEOPLE
from amber_sql.models import Plan, SubscriptionStatus, WebhookStatus
from amber_sql.queries import installations, messages, subscriptions, users, webhook_events

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_postgresql.executors.noop import NoopExecutor

NOW = datetime(2026, 5, 20, 12, 0, 0, tzinfo=UTC)
TABLES = (
    "users", "subscriptions", "installations", "sessions", "messages", "api_keys",
    "webhook_events", "usage_logs",
)  # fmt: skip


def _rows(conn: psycopg.Connection) -> dict[str, list[tuple]]:
    """Return every row of every table."""
    return {
        table: conn.execute(f"SELECT t FROM {table} AS t ORDER BY t::text").fetchall()
        for table in TABLES
    }


def _said(conn: psycopg.Connection) -> list[tuple]:
    """Return what was said, by whom and when, without the keys that the server made."""
    return conn.execute(
        "SELECT i.client_id, s.session_key, s.ip, m.seq, m.role, m.content, m.created_at"
        " FROM messages AS m JOIN sessions AS s ON s.id = m.session_id"
        " JOIN installations AS i ON i.id = m.installation_id"
        " ORDER BY i.client_id, s.session_key, m.seq"
    ).fetchall()


@pytest.fixture(scope="module")
def world(pg_server: Target, _template: NoopExecutor) -> Iterator[psycopg.Connection]:
    """Connect to a database that was seeded once, for tests that only look."""
    with (
        database(pg_server, _template.template_dbname) as name,
        psycopg.connect(pg_server.url(name), autocommit=True) as conn,
    ):
        conn.execute("SET TIME ZONE 'UTC'")
        seed(conn, NOW)
        yield conn


def test_the_test_user_is_who_the_readme_says(world: psycopg.Connection) -> None:
    """Clerk id user_test, plan FREE, 100 messages, 30 days from now on, nothing used."""
    found = users.get_with_subscription(world, clerk_id="user_test")
    plan = found.subscription
    assert (plan.plan, plan.status) == (Plan.FREE, SubscriptionStatus.ACTIVE)
    assert (plan.message_limit, plan.messages_used) == (100, 0)
    assert (plan.current_period_start, plan.current_period_end) == (NOW, NOW + timedelta(days=30))


def test_seeding_twice_is_seeding_once(conn: psycopg.Connection) -> None:
    """Nothing is added, and what somebody changed since stays changed."""
    first = seed(conn, NOW)
    mara = first[1]
    subscriptions.change_plan(conn, user_id=mara.id, plan=Plan.ENTERPRISE)
    before = _rows(conn)
    again = seed(conn, NOW + timedelta(days=3))
    after = _rows(conn)
    assert [user.id for user in again] == [user.id for user in first]
    assert {t: len(rows) for t, rows in after.items()} == {
        t: len(rows) for t, rows in before.items()
    }
    assert all(after[table] == before[table] for table in TABLES if table != "users")


def test_the_world_is_the_same_every_time(conn: psycopg.Connection) -> None:
    """Removed and seeded again as of the same moment, everybody says the same."""
    people = seed(conn, NOW)
    said = _said(conn)
    assert said
    for user in people:
        users.delete(conn, id=user.id)
    seed(conn, NOW)
    assert _said(conn) == said


def test_the_world_has_everybody_and_every_plan(world: psycopg.Connection) -> None:
    """And a webhook that failed, for whoever writes a page about those."""
    people = users.list(world)
    assert [user.clerk_id for user in people] == [person.clerk_id for person in PEOPLE]
    plans = world.execute("SELECT plan::text FROM subscriptions").fetchall()
    assert {Plan(plan) for (plan,) in plans} == set(Plan)
    (failed,) = webhook_events.list_failed(world)
    assert failed.status is WebhookStatus.FAILED


def test_the_worlds_counters_are_what_was_written(world: psycopg.Connection) -> None:
    """Nobody has more widgets than their plan allows, and nothing was said in the future."""
    for user in users.list(world):
        owned = installations.list_for_user(world, user_id=user.id)
        allowed = subscriptions.get_for_user(world, user_id=user.id).installation_limit
        assert allowed == -1 or len(owned) <= allowed
        for widget in owned:
            assert installations.recount_messages(world, user_id=user.id, id=widget.id) == (
                widget.message_count
            )
            for message in messages.list_recent(world, installation_id=widget.id):
                assert message.created_at <= NOW
                assert message.session.message_count >= message.seq


def test_two_seeds_at_once_write_one_world(database_url: str, conn: psycopg.Connection) -> None:
    """The second waits for the first, and finds everything there."""

    def run() -> None:
        with psycopg.connect(database_url, autocommit=True) as own:
            seed(own, NOW)

    threads = [Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(users.list(conn)) == len(PEOPLE)
    (count,) = conn.execute("SELECT count(*) FROM installations").fetchone()
    assert count == sum(len(person.widgets) for person in PEOPLE)


def test_a_load_of_messages_tells_how_far_it_is(conn: psycopg.Connection) -> None:
    """Ever more, and at the end the number asked for."""
    told: list[int] = []
    assert seed_messages(conn, 2_500, told.append) == 2_500
    assert told[-1] == 2_500
    assert told == sorted(told)


def test_a_load_of_messages_is_topped_up(conn: psycopg.Connection) -> None:
    """What is missing later is added, no more, and counted."""
    added = [seed_messages(conn, count, lambda _: None) for count in (2_500, 2_530, 100)]
    assert added == [2_500, 30, 0]
    widget = installations.get_by_client_id(conn, client_id="client_bulk")
    assert widget.message_count == 2_530
    counted = conn.execute("SELECT count(*), sum(message_count) FROM sessions").fetchone()
    assert counted == (64, 2_530)
    assert conn.execute("SELECT count(*) FROM messages").fetchone() == (2_530,)


def test_an_interrupted_load_leaves_nothing(conn: psycopg.Connection) -> None:
    """Sessions, messages and counters are one transaction."""

    def interrupt(sent: int) -> None:
        if sent > 1_000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        seed_messages(conn, 5_000, interrupt)
    assert conn.execute("SELECT count(*) FROM sessions").fetchone() == (0,)
    assert installations.get_by_client_id(conn, client_id="client_bulk") is None


def test_the_command_says_what_it_wrote(database_url: str, conn: psycopg.Connection) -> None:
    """The people on the first line, the load and its speed on the second; no bar in a pipe."""
    done = amber("seed", "--messages", "3000", url=database_url)
    assert (done.returncode, done.stderr) == (0, "")
    people, load = done.stdout.splitlines()
    assert people == f"{len(PEOPLE)} users; user_test is test@example.com"
    assert re.fullmatch(r"3,000 messages in \d+\.\d s: [\d,]+ rows/s", load)
    assert amber("seed", url=database_url).stdout.splitlines() == [people]
    assert conn.execute("SELECT count(*) > 3000 FROM messages").fetchone() == (True,)


def test_reset_writes_amber_s_own_world(
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    """In its checkout, and by name from anywhere: the package's `seed` goes before the tool's."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.delenv("DIRECT_DATABASE_URL", raising=False)
    shop = Project(tmp_path / "aside", capsys)
    done = shop.run("reset", "--force")
    assert (done.code, "user_test" in done.out) == (0, True), done.err
    monkeypatch.chdir(tmp_path)
    done = shop.run("reset", "--force", "--package", "amber_sql")
    assert (done.code, "user_test" in done.out) == (0, True), done.err


@pytest.mark.parametrize("number", ["0", "-5", "many"])
def test_a_number_that_is_none_is_a_usage_error(database_url: str, number: str) -> None:
    """Nothing is seeded."""
    done = amber("seed", "--messages", number, url=database_url)
    assert done.returncode == 2
    assert "--messages" in done.stderr
