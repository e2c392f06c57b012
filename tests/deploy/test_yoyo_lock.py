"""Beside stock yoyo: its histories are adopted, its locks are waited for, and ours keep it out."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

import pytest
import yoyo
from deploy_world import running, until, write

from amber_sql import deploy as deploys
from amber_sql.deploy.settings import Settings
from amber_sql.errors import HistoryRefused, StockLocked

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from amber_sql.deploy import Event

TABLES = {
    "0001.a": "CREATE TABLE a (id int PRIMARY KEY, name text);",
    "0001.a-": "DROP TABLE a;",
    "0002.b": "-- transactional: false\nCREATE INDEX CONCURRENTLY a_name ON a (name);",
    "0002.b-": "DROP INDEX CONCURRENTLY a_name;",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder with a table and a concurrent index."""
    return write(tmp_path / "migrations", TABLES)


@pytest.fixture
def stock(empty_database_url: str) -> Iterator[yoyo.backends.DatabaseBackend]:
    """Give stock yoyo's own backend to the same database."""
    backend = yoyo.get_backend(empty_database_url.replace("postgresql:", "postgresql+psycopg:", 1))
    with backend:
        yield backend


def test_a_history_of_stock_yoyo_is_adopted_and_stock_yoyo_agrees(
    empty_database_url: str, stock: yoyo.backends.DatabaseBackend, folder: Path
) -> None:
    """Unverified, then adopted, then compared; and stock yoyo sees what ours applied."""
    migrations = yoyo.read_migrations(str(folder))
    with stock.lock():
        stock.apply_migrations(stock.to_apply(migrations)[:1])
    states = {v.name: v.state for v in deploys.status(empty_database_url, folder)}
    assert states == {"0001.a": "unverified", "0002.b": "pending"}
    events: list[Event] = []
    assert deploys.migrate(empty_database_url, folder, progress=events.append) == ["0002.b"]
    assert ("adopted", "0001.a") in [(event.kind, event.name) for event in events]
    assert {v.state for v in deploys.status(empty_database_url, folder)} == {"applied"}
    with stock.lock():
        assert len(stock.to_apply(yoyo.read_migrations(str(folder)))) == 0
    (folder / "0001.a.sql").write_text("SELECT 1;")
    with pytest.raises(HistoryRefused, match="edited"):
        deploys.migrate(empty_database_url, folder)


def test_a_row_of_living_stock_yoyo_is_waited_for(
    empty_database_url: str, stock: yoyo.backends.DatabaseBackend, folder: Path
) -> None:
    """While stock yoyo's session lives its row stays, and the deploy says whose it is."""
    deploys.migrate(
        empty_database_url, write(folder.parent / "first", {"0001.a": TABLES["0001.a"]})
    )
    with stock.lock(), pytest.raises(StockLocked, match=f"process {os.getpid()} .*server process"):
        deploys.migrate(empty_database_url, folder, settings=Settings(lock_wait=0.2))
    assert deploys.migrate(empty_database_url, folder) == ["0002.b"]


def test_a_row_of_dead_stock_yoyo_is_removed(
    empty_database_url: str, stock: yoyo.backends.DatabaseBackend, folder: Path
) -> None:
    """No session is left that may have written the row: it is stale, and healed."""
    with stock.transaction():
        stock.execute("INSERT INTO yoyo_lock VALUES (1, now() AT TIME ZONE 'UTC', 4242)")
    stock.connection.close()
    events: list[Event] = []
    deploys.migrate(empty_database_url, folder, progress=events.append)
    assert ("healed", "yoyo_lock") in [(event.kind, event.name) for event in events]


def test_stock_yoyo_waits_for_our_transaction(
    empty_database_url: str, stock: yoyo.backends.DatabaseBackend, tmp_path: Path
) -> None:
    """A stock apply during our migration starts after our commit, and finds nothing to do."""
    folder = write(tmp_path / "slow", {"0001.a": "CREATE TABLE a (id int); SELECT pg_sleep(1);"})
    ours = threading.Thread(target=deploys.migrate, args=(empty_database_url, folder))
    deploys.migrate(empty_database_url, write(tmp_path / "none", {"0000.z": "SELECT 1;"}))
    write(folder, {"0000.z": "SELECT 1;"})
    ours.start()
    until(running(empty_database_url, "pg_sleep"))
    with stock.lock():
        todo = stock.to_apply(yoyo.read_migrations(str(folder)))
    ours.join()
    assert len(todo) == 0
