"""Deploys under fire: killed at every point, on every server, by either command, with nobody helping."""

from __future__ import annotations

import signal
import threading
import time
from typing import TYPE_CHECKING

import psycopg
import pytest
from deploy_world import COMMANDS, deploy, rows, running, start, until, write
from target import database

from amber_sql import deploy as deploys
from amber_sql.deploy.drift import catalog_objects

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from target import Target

pytest_plugins = ("deploy_plugin",)
pytestmark = pytest.mark.slow

TABLES = {
    "0001.one": "CREATE TABLE one (id int PRIMARY KEY, name text NOT NULL);"
    "INSERT INTO one SELECT n, 'name ' || n FROM generate_series(1, 1000) AS n;",
    "0001.one-": "DROP TABLE one;",
    "0002.two": "CREATE TABLE two (id int PRIMARY KEY); SELECT pg_sleep(0.01);",
    "0002.two-": "DROP TABLE two;",
    "0003.index": "-- transactional: false\nCREATE INDEX CONCURRENTLY one_name ON one (name);",
    "0003.index-": "DROP INDEX CONCURRENTLY one_name;",
    "0004.four": "ALTER TABLE two ADD COLUMN four text;",
    "0004.four-": "ALTER TABLE two DROP COLUMN four;",
}
SLEEPING = TABLES | {"0002.two": TABLES["0002.two"].replace("0.01", "60")}
NAMES = [name for name in TABLES if not name.endswith("-")]


@pytest.fixture
def clean(server_in_turn: Target, tmp_path: Path) -> Iterator[list[catalog_objects.CatalogObject]]:
    """Give the catalog that an undisturbed deploy of TABLES makes."""
    folder = write(tmp_path / "undisturbed", TABLES)
    with database(server_in_turn) as name:
        deploys.migrate(server_in_turn.url(name), folder)
        with psycopg.connect(server_in_turn.url(name), autocommit=True) as conn:
            yield catalog_objects.read(conn)


def holding(url: str, *statements: str) -> psycopg.Connection:
    """Return a session that sits in a transaction with the locks of these statements."""
    conn = psycopg.connect(url)
    for statement in statements:
        conn.execute(statement)  # type: ignore[call-overload]
    return conn


def mark_blocked(url: str, table: str) -> psycopg.Connection:
    """Let deploys run until they write to one of their own tables, and no further."""
    return holding(url, f"LOCK TABLE {table} IN SHARE MODE")


def block_nothing(_: str) -> None:
    return None


def begin_blocked(url: str) -> psycopg.Connection:
    """Let a deploy commit one migration with its mark, and not begin the next.

    Held at its mark, it lets a second session queue for what the next migration needs first;
    that one gets it as the deploy commits.
    """
    marking, beginning = mark_blocked(url, "_yoyo_migration"), psycopg.connect(url)

    def let_it_commit() -> None:
        until(running(url, 'INSERT INTO "public"."_yoyo_migration"', "Lock"))
        beginning.pgconn.send_query(b"BEGIN; LOCK TABLE yoyo_lock")
        until(running(url, "LOCK TABLE yoyo_lock", "Lock"))
        marking.close()

    threading.Thread(target=let_it_commit).start()
    return beginning


POINTS: dict[str, tuple[Callable[[str], psycopg.Connection | None], str, str, int]] = {
    # who is in the way, the statement that the deploy is in, what it waits for, what ran before
    "before the lock": (
        lambda url: holding(url, "SELECT pg_advisory_lock(1634558565, 1915581297)"),
        "",
        "%",
        0,
    ),
    "holding the lock": (
        lambda url: holding(url, "LOCK TABLE _yoyo_migration"),
        "_yoyo_migration",
        "Lock",
        1,
    ),
    "inside a statement": (block_nothing, "pg_sleep(60)", "%", 0),
    "between statement and mark": (
        lambda url: mark_blocked(url, "_yoyo_migration"),
        'INSERT INTO "public"."_yoyo_migration"',
        "Lock",
        1,
    ),
    "between mark and commit": (
        lambda url: mark_blocked(url, "_amber_migration"),
        'INSERT INTO "public"._amber_migration',
        "Lock",
        1,
    ),
    "after the mark": (begin_blocked, 'INSERT INTO "public".yoyo_lock', "Lock", 1),
    "inside CREATE INDEX CONCURRENTLY": (
        lambda url: holding(url, "LOCK TABLE one IN ROW EXCLUSIVE MODE"),
        "CREATE INDEX CONCURRENTLY",
        "Lock",
        1,
    ),
    "between an index and its mark": (
        lambda url: mark_blocked(url, "_yoyo_migration"),
        'INSERT INTO "public"."_yoyo_migration"',
        "Lock",
        2,
    ),
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM], ids=["kill", "term"])
@pytest.mark.parametrize("point", POINTS)
def test_the_next_deploy_heals_a_killed_one(
    *,
    empty_url: str,
    clean: list[catalog_objects.CatalogObject],
    tmp_path: Path,
    point: str,
    how: signal.Signals,
    command: str,
) -> None:
    """Wherever a deploy is killed, the next one ends with the catalog of a clean run in 15 seconds."""
    block, words, waiting, before = POINTS[point]
    folder = write(tmp_path / "migrations", SLEEPING if "sleep" in words else TABLES)
    if before:
        first = {name: TABLES[name] for name in NAMES[:before]}
        deploys.migrate(empty_url, write(tmp_path / "first", first))
    blocker = block(empty_url)
    process = start(command, empty_url, folder)
    if words:
        until(running(empty_url, words, waiting))
    else:
        until(
            lambda: rows(
                empty_url, "SELECT 1 FROM pg_stat_activity WHERE application_name ~ 'amber'"
            )
        )
        time.sleep(0.3)
    process.send_signal(how)
    process.communicate(timeout=10)
    if blocker:
        blocker.close()
    if point == "after the mark":
        assert ("0002.two",) in rows(empty_url, "SELECT migration_id FROM _yoyo_migration")
    write(folder, TABLES)
    started = time.monotonic()
    code, said = deploy(command, empty_url, folder)
    took = time.monotonic() - started
    assert (code, took < 15) == (0, True), said
    marks = rows(empty_url, "SELECT migration_id FROM _yoyo_migration ORDER BY 1")
    locks = rows(empty_url, "SELECT 1 FROM yoyo_lock")
    assert (marks, locks) == ([(name,) for name in NAMES], [])
    with psycopg.connect(empty_url, autocommit=True) as conn:
        assert catalog_objects.read(conn) == clean
    applied = rows(empty_url, "SELECT count(*) FROM _yoyo_log WHERE operation = 'apply'")
    assert applied == [(len(NAMES),)], "one was applied twice"
