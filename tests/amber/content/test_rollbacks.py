"""Each migration can be undone, and done again, without a trace; and no row notices any of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest
from content.catalog import snapshot
from target import database, target

from amber_sql import locate
from amber_sql.amber.seed import seed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from amber_sql.server import Server

NOT_SEEDED = (
    "INSERT INTO erased_people (hash) VALUES (sha256('x'))",
    "INSERT INTO installation_days (installation_id, day) SELECT id, '2030-01-01' FROM installations LIMIT 1",
    """INSERT INTO message_rates (installation_id, session_id, recent)
       SELECT installation_id, id, ARRAY[now()] FROM sessions LIMIT 1""",
    """INSERT INTO stripe_subscriptions (user_id, stripe_subscription_id, stripe_customer_id)
       SELECT id, 'sub_1', 'cus_1' FROM users LIMIT 1""",
)
COLUMNS = """
    SELECT c.relname::text, array_agg(quote_ident(a.attname) ORDER BY a.attnum)
    FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
      AND NOT c.relispartition AND c.relname !~ '^(_?yoyo|_amber_)'
      AND a.attnum > 0 AND NOT a.attisdropped
    GROUP BY c.oid ORDER BY c.oid
"""


def _columns(conn: psycopg.Connection) -> dict[str, list[str]]:
    """Return the columns of each table, the oldest table first."""
    return dict(conn.execute(COLUMNS).fetchall())


def _rows(conn: psycopg.Connection, columns: dict[str, list[str]]) -> dict[str, list[tuple]]:
    """Return every value of these columns, as text."""
    return {
        table: conn.execute(
            f"SELECT ROW({', '.join(names)})::text FROM {table} ORDER BY 1"
        ).fetchall()
        for table, names in columns.items()
    }


def _world(conn: psycopg.Connection) -> dict[str, str]:
    """Write rows into every table, and return them as JSON."""
    seed(conn)
    for statement in NOT_SEEDED:
        conn.execute(statement)
    return {
        table: conn.execute(f"SELECT json_agg(t)::text FROM {table} AS t").fetchone()[0]
        for table in _columns(conn)
    }


def _migrations() -> list[tuple[Path, Path]]:
    """Return (up, down) of every migration, in order."""
    folder = locate.migrations_dir()
    ups = sorted(p for p in folder.glob("*.sql") if not p.name.endswith(".rollback.sql"))
    return [(up, up.with_name(f"{up.stem}.rollback.sql")) for up in ups]


@pytest.fixture
def empty(server_by_major: Server) -> Iterator[psycopg.Connection]:
    """Connect to an empty database on each major version in turn."""
    server = target(server_by_major.url("postgres"))
    with database(server) as name, psycopg.connect(server.url(name), autocommit=True) as conn:
        yield conn


def test_every_migration_has_a_rollback_and_says_what_it_follows() -> None:
    """NNNN.what.sql stands beside its rollback, opens with a comment, and depends on a known one."""
    known: set[str] = set()
    numbers = [int(up.name.split(".")[0]) for up, _ in _migrations()]
    assert len(set(numbers)) == len(numbers)
    for number, (up, down) in zip(numbers, _migrations(), strict=True):
        assert down.is_file()
        lines = up.read_text().splitlines()
        assert lines[0].startswith("-- ")
        depends = [line.split()[2:] for line in lines if line.startswith("-- depends:")]
        assert {name for names in depends for name in names} <= known
        assert depends or number == 1
        known.add(up.stem)


def test_up_down_up_leaves_the_same_catalog(empty: psycopg.Connection) -> None:
    """Undoing a migration gives the catalog from before it, doing it again the one from after."""
    undone: list[tuple[Path, list[tuple[str | None, ...]]]] = []
    for up, down in _migrations():
        before = snapshot(empty)
        undone.append((down, before))
        empty.execute(up.read_text())
        after = snapshot(empty)
        empty.execute(down.read_text())
        assert snapshot(empty) == before
        empty.execute(up.read_text())
        assert snapshot(empty) == after
    for down, before in reversed(undone):
        empty.execute(down.read_text())
        assert snapshot(empty) == before


def test_data_survives_every_later_migration(
    empty: psycopg.Connection, conn: psycopg.Connection
) -> None:
    """Each table is filled as soon as it is there; what comes after, done, undone, redone, leaves it be."""
    world = _world(conn)
    assert all(world.values()), "a table without rows shows nothing"
    filled: dict[str, list[str]] = {}
    for up, down in _migrations():
        before = _rows(empty, filled)
        for path in (up, down, up):
            empty.execute(path.read_text())
            assert _rows(empty, filled) == before, path.name
        for table, columns in _columns(empty).items():
            if table not in filled:
                names = ", ".join(columns)
                empty.execute(
                    f"INSERT INTO {table} ({names}) SELECT {names} FROM"
                    f" json_populate_recordset(NULL::{table}, %s::json)",
                    [world[table]],
                )
                filled[table] = columns
    assert filled.keys() == world.keys()
