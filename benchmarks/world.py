"""A size → a migrated, filled database on a throw-away server, and the keys that are asked for.

The server keeps fsync, but does not wait for the disk at each commit: W5 would otherwise measure
the disk, and hide what each client costs. autovacuum would share the one core at moments of its
own choosing; tables are vacuumed after they are filled instead.
"""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
import psycopg

from amber_sql import locate
from amber_sql.deploy import migrate
from amber_sql.models import MessageRole
from amber_sql.server import Server

if TYPE_CHECKING:
    from typing import LiteralString

SETTINGS: dict[str, object] = {
    "shared_buffers": "1GB",
    "max_connections": 300,  # every contender has a pool of its own
    "max_wal_size": "8GB",
    "checkpoint_timeout": "1h",
    "synchronous_commit": "off",
    "autovacuum": "off",
}
BULK = 10_000
"""Rows of W6, and of the longest session of W4."""
ASKED = 1_009
"""Different keys that a workload cycles through: no contender answers from a cache of its own."""


class Size(msgspec.Struct, frozen=True):
    """How many rows there are; `big` are the messages of one long session."""

    users: int = 2_000
    installations: int = 5_000
    sessions: int = 50_000
    messages: int = 500_000
    big: int = BULK

    def times(self, scale: float) -> Size:
        """Return the size with `scale` times as many of everything but the long session."""
        return Size(*(max(1, int(x * scale)) for x in msgspec.structs.astuple(self)[:4]), self.big)


class World(msgspec.Struct, frozen=True):
    """A filled database and what to ask it for."""

    url: str
    size: Size

    def keys(self, work: str) -> list[Any]:
        """Return the keys of a workload, in an order that is the same for every contender."""
        dice = Random(work)  # noqa: S311  # the same ones each time is the point
        draw = {
            "W1": lambda: f"user_{dice.randrange(self.size.users)}",
            "W2": lambda: f"user_{dice.randrange(self.size.users)}",
            "W3": lambda: key(3, dice.randrange(self.size.installations)),
            "W4a": lambda: 1_000,
            "W4b": lambda: 10_000,
            "W5": lambda: key(1, dice.randrange(self.size.users)),
        }[work]
        return [draw() for _ in range(1 if work.startswith("W4") else ASKED)]


def key(kind: int, n: int) -> UUID:
    """Return the id of a row: 1 users, 2 subscriptions, 3 installations, 4 sessions, 5 the big ones."""
    return UUID(f"0190{kind:04x}-0000-7000-8000-{n:012x}")


BIG = key(5, 0)
"""The id of the installation with the long session, and of that session."""


def new_messages() -> list[tuple[Any, ...]]:
    """Return W6's rows as plain values, in the order of `messages.insert_many`."""
    began = datetime(2026, 3, 1, tzinfo=UTC)
    rows: list[tuple[Any, ...]] = []
    for n in range(BULK):
        at = began + timedelta(milliseconds=n)
        said = (MessageRole.USER, f"Where is my invoice? ({n})", None, None, None, None)
        answered = (
            MessageRole.ASSISTANT,
            f"Under Billing, Invoices. ({n})",
            "amber-small",
            240,
            21,
            900,
        )
        rows.append((BIG, BIG, n + 1, *(answered if n % 2 else said), at))
    return rows


def server() -> Server:
    """Return a server for a `with` block, gone with its folder after it."""
    folder = Path(tempfile.mkdtemp(prefix="amber-bench-"))
    folder.chmod(0o711)
    return Server(folder, settings=SETTINGS, disposable=True, timeout_s=600)


def fill(running: Server, name: str, size: Size) -> World:
    """Make the database `name` of that size."""
    running.ensure_database(name)
    migrate(running.url(name), locate.migrations_dir())
    return fill_migrated(running.url(name), size)


def fill_migrated(url: str, size: Size) -> World:
    """Fill a migrated, empty database."""
    text = (Path(__file__).parent / "fill.sql").read_text(encoding="utf-8")
    script: LiteralString = text % msgspec.structs.asdict(size)
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute(script)
        conn.execute("VACUUM (ANALYZE, FREEZE)")
        conn.execute("CHECKPOINT")
    return World(url, size)


def empty_bulk(running: Server) -> World:
    """Make the database that W6 writes to: one session, and no message yet."""
    return fill(running, "bench_bulk", Size(1, 1, 1, 0, 0))
