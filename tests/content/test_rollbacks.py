"""Each migration can be undone, and done again, without a trace."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest
from content.catalog import snapshot
from target import database, target

from amber_sql import locate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from amber_sql.server import Server


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
    for number, (up, down) in enumerate(_migrations(), start=1):
        assert up.name.startswith(f"{number:04d}.")
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
