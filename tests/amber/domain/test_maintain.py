"""`amber-sql maintain`: partitions ahead, none of whose rows are lost, and visitors forgotten in time."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest
from click.testing import CliRunner
from content import make

from amber_sql.amber import partitions
from amber_sql.cli.main import cli
from amber_sql.domain import retention
from amber_sql.queries import sessions, usage_logs

if TYPE_CHECKING:
    from uuid import UUID

NOW = datetime(2031, 11, 15, tzinfo=UTC)


@pytest.fixture
def database_url(migrator_url: str) -> str:
    """Work as the migrator, which acts as the tables' owner."""
    return migrator_url


def _log(conn: psycopg.Connection, at: datetime) -> None:
    conn.execute("INSERT INTO usage_logs (event, created_at) VALUES ('x', %s)", [at])


def _where(conn: psycopg.Connection) -> list[str]:
    found = conn.execute("SELECT tableoid::regclass::text FROM usage_logs ORDER BY created_at")
    return [name for (name,) in found]


def _quiet(_: str) -> None:
    """Say nothing."""


def test_a_missing_month_loses_no_row(conn: psycopg.Connection) -> None:
    """Rows of months that nobody made wait in the default partition, and move to their own."""
    ends = [
        datetime(2031, 11, 1, tzinfo=UTC),
        datetime(2031, 11, 30, 23, 59, 59, 999999, tzinfo=UTC),
        datetime(2031, 12, 1, tzinfo=UTC),
        datetime(2032, 1, 31, tzinfo=UTC),
        datetime(2033, 5, 5, tzinfo=UTC),
    ]
    for at in ends:
        _log(conn, at)
    assert set(_where(conn)) == {"usage_logs_default"}
    made = partitions.make_ahead(conn, NOW, 3, _quiet)
    assert made == [
        f"usage_logs_{m}" for m in ("2031_11", "2031_12", "2032_01", "2032_02", "2033_05")
    ]
    assert _where(conn) == [
        f"usage_logs_{m}" for m in ("2031_11", "2031_11", "2031_12", "2032_01", "2033_05")
    ]
    assert partitions.make_ahead(conn, NOW, 3, _quiet) == []
    indexes = conn.execute(
        "SELECT count(*) FROM pg_index WHERE indrelid = 'usage_logs_2031_11'::regclass"
    ).fetchone()
    assert indexes == (4,)


def test_a_partition_is_made_beside_writers(conn: psycopg.Connection, database_url: str) -> None:
    """Rows written all along, none of them lost, none refused."""
    stop, written = threading.Event(), [0, 0, 0]

    def write(number: int) -> None:
        with psycopg.connect(database_url, autocommit=True) as own:
            while not stop.is_set():
                _log(own, NOW + timedelta(seconds=written[number]))
                written[number] += 1

    writers = [threading.Thread(target=write, args=(number,)) for number in range(3)]
    for writer in writers:
        writer.start()
    while sum(written) < 300:
        pass
    made = partitions.make_ahead(conn, NOW, 2, _quiet)
    stop.set()
    for writer in writers:
        writer.join()
    assert len(made) == 3
    assert len(_where(conn)) == sum(written)
    assert partitions.make_ahead(conn, NOW, 2, _quiet) == []


def test_a_table_in_use_is_waited_for(
    conn: psycopg.Connection, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lock that is not free is asked for briefly and again; it never queues for long."""
    monkeypatch.setattr(partitions, "LOCK_TIMEOUT", "50ms")
    monkeypatch.setattr(partitions, "PAUSE_S", 0.01)
    said: list[str] = []
    with psycopg.connect(database_url) as other:
        _log(other, NOW)
        with pytest.raises(psycopg.errors.LockNotAvailable):
            partitions.make_ahead(conn, NOW, 0, said.append)
    assert len(said) == partitions.TRIES - 1
    assert partitions.make_ahead(conn, NOW, 0, _quiet) == ["usage_logs_2031_11"]


def test_old_months_are_dropped(conn: psycopg.Connection) -> None:
    """Retention keeps whole months, this one not counted; the default partition follows."""
    partitions.make_ahead(conn, NOW - timedelta(days=70), 3, _quiet)
    for days in (70, 45, 10):
        _log(conn, NOW - timedelta(days=days))
    _log(conn, NOW - timedelta(days=900))
    dropped = partitions.drop_old(conn, NOW, 1, _quiet)
    assert "usage_logs_2031_09" in dropped
    assert "usage_logs_2031_10" not in dropped
    assert _where(conn) == ["usage_logs_2031_10", "usage_logs_2031_11"]


def _session(conn: psycopg.Connection, widget: UUID, days: int) -> UUID:
    """Open a session that was last used so many days ago."""
    made = make.session(conn, installation_id=widget, ip="203.0.113.1", user_agent="Firefox")
    seen = datetime.now(UTC) - timedelta(days=days)
    conn.execute("UPDATE sessions SET last_seen_at = %s WHERE id = %s", [seen, made.id])
    return made.id


def test_visitors_are_forgotten_in_time(conn: psycopg.Connection) -> None:
    """Whole after 90 days, IP and user agent after 30, at every installation."""
    widgets = [make.installation(conn).id for _ in range(3)]
    ids = {
        (widget, days): _session(conn, widget, days)
        for widget in widgets
        for days in (1, 29, 31, 89, 91)
    }
    spans = {"idle": timedelta(days=90), "blank": timedelta(days=30)}
    done = retention.forget_visitors(conn, **spans)
    assert (done.deleted, done.blanked) == (3, 6)
    for (widget, days), id_ in ids.items():
        found = sessions.get(conn, installation_id=widget, id=id_)
        if days == 91:
            assert found is None
        else:
            assert found is not None
            known = (found.ip, found.user_agent)
            assert known == ((None, None) if days > 30 else ("203.0.113.1", "Firefox"))
    assert retention.forget_visitors(conn, **spans) == retention.SessionCounts()


def test_who_chats_right_now_is_left(conn: psycopg.Connection, database_url: str) -> None:
    """A session that somebody holds is neither waited for nor deleted."""
    widget = make.installation(conn).id
    held, idle = _session(conn, widget, 99), _session(conn, widget, 99)
    spans = {"idle": timedelta(days=90), "blank": timedelta(days=30)}
    with psycopg.connect(database_url) as other:
        sessions.touch(other, installation_id=widget, id=held)
        assert retention.forget_visitors(conn, **spans).deleted == 1
    assert sessions.get(conn, installation_id=widget, id=held) is not None
    assert sessions.get(conn, installation_id=widget, id=idle) is None


def test_the_command_does_it_all(conn: psycopg.Connection, database_url: str) -> None:
    """`amber-sql maintain --json` says what it did, and repeated it has nothing to do."""
    _session(conn, make.installation(conn).id, 99)
    usage_logs.record(conn, event="x")
    arguments = ["maintain", "--database-url", database_url, "--json", "--ahead", "5"]
    first = CliRunner().invoke(cli, arguments)
    assert first.exit_code == 0, first.output
    done = json.loads(first.stdout)
    assert (len(done["made"]), done["deleted"]) == (3, 1)
    again = json.loads(CliRunner().invoke(cli, arguments).stdout)
    assert again == {
        "made": [], "dropped": [], "deleted": 0, "blanked": 0, "entries": 0, "events": 0,
        "days": 0,
    }  # fmt: skip
