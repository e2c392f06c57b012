"""aiosql on psycopg: its own loader and functions, structs made of the tuples that it gives."""

from __future__ import annotations

from itertools import starmap
from typing import TYPE_CHECKING, Any

import aiosql

from amber_sql.models import Message, MessageWithSession, User
from benchmarks import rows as build
from benchmarks.contenders.flat import COPY_COLUMNS, FILE
from benchmarks.contenders.psycopg_plain import PsycopgPlain
from benchmarks.generated.models import Subscription
from benchmarks.world import BIG

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from benchmarks.generated.models import Account


class Aiosql(PsycopgPlain):
    """Queries of flat.sql, called by name."""

    name = "aiosql"

    def open(self) -> None:
        """Load the file."""
        super().open()
        self.queries: Any = aiosql.from_path(FILE, "psycopg")

    def w1(self, key: str) -> User:
        """Find a user by Clerk id."""
        return User(*next(iter(self.queries.w1(self.conn, key=key))))

    def w2(self, key: str) -> Account | None:
        """Find a user with subscription and installations."""
        return build.account(list(self.queries.w2(self.conn, key=key)))

    def w3(self, key: UUID) -> list[MessageWithSession]:
        """Read the ten newest messages with their sessions."""
        return [build.message_with_session(row) for row in self.queries.w3(self.conn, key=key)]

    def w4a(self, key: int) -> list[Message]:
        """Read 1,000 messages."""
        rows = self.queries.w4(self.conn, installation_id=BIG, session_id=BIG, limit=key)
        return list(starmap(Message, rows))

    w4b = w4a

    def w5(self, key: UUID) -> Subscription:
        """Count a message."""
        return Subscription(*next(iter(self.queries.w5(self.conn, key=key))))

    def w6(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Insert 10,000 messages by executemany."""
        with self.conn.transaction():
            named = [dict(zip(COPY_COLUMNS, row, strict=True)) for row in rows]
            self.queries.w6(self.conn, named)

    def w7(self, key: str) -> User:
        """Find a user over the pool."""
        with self.pool.connection() as conn:
            return User(*next(iter(self.queries.w1(conn, key=key))))
