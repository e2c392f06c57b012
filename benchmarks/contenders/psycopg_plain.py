"""psycopg by hand, as fast as its documentation allows: prepared, binary, enums registered.

`tuple_row` reads a join and builds the structs by position; `class_row` gives what it can build
itself, one class a statement, so that nested rows take two or three.
"""

from __future__ import annotations

from itertools import starmap
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.rows import class_row
from psycopg.types.enum import EnumInfo, register_enum
from psycopg_pool import ConnectionPool

from amber_sql.models import Message, MessageWithSession, Session, User
from benchmarks import rows as build
from benchmarks.contenders import flat
from benchmarks.contenders.base import POOL, Sync
from benchmarks.generated.models import Account, Installation, Subscription
from benchmarks.world import BIG

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from psycopg import Connection
    from psycopg.rows import RowFactory

SQL: dict[str, Any] = dict(flat.percent())
COPY: Any = f"COPY messages ({', '.join(flat.COPY_COLUMNS)}) FROM STDIN (FORMAT binary)"


def register(conn: Connection[Any]) -> None:
    """Read enums as ours."""
    for name, enum in build.ENUMS.items():
        info = EnumInfo.fetch(conn, name)
        if info is None:
            raise LookupError(name)
        register_enum(info, conn, enum, mapping=[(member, member.value) for member in enum])
    conn.prepare_threshold = 0


class PsycopgPlain(Sync):
    """What both have in common."""

    def open(self) -> None:
        """Connect, and open a pool for W7."""
        self.conn = psycopg.connect(self.world.url, autocommit=True)
        register(self.conn)
        self.pool = ConnectionPool(
            self.world.url,
            min_size=POOL,
            max_size=POOL,
            open=True,
            kwargs={"autocommit": True},
            configure=register,
        )
        self.pool.wait()

    def close(self) -> None:
        """Disconnect."""
        self.pool.close()
        self.conn.close()


class TupleRow(PsycopgPlain):
    """Tuples, and structs made of them."""

    name = "psycopg tuple_row"

    def w1(self, key: str) -> User | None:
        """Find a user by Clerk id."""
        return _user(self.conn, key)

    def w2(self, key: str) -> Account | None:
        """Find a user with subscription and installations."""
        return build.account(self._all("w2", [key]))

    def w3(self, key: UUID) -> list[MessageWithSession]:
        """Read the ten newest messages with their sessions."""
        return [build.message_with_session(row) for row in self._all("w3", [key])]

    def w4a(self, key: int) -> list[Message]:
        """Read 1,000 messages."""
        return list(starmap(Message, self._all("w4", [BIG, BIG, key])))

    w4b = w4a

    def w5(self, key: UUID) -> Subscription:
        """Count a message."""
        return Subscription(*self._all("w5", [key])[0])

    def w6(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Insert 10,000 messages by COPY."""
        with self.conn.cursor() as cur, cur.copy(COPY) as copy:
            copy.set_types(list(flat.COPY_TYPES))
            for row in rows:
                copy.write_row(row)

    def w7(self, key: str) -> User | None:
        """Find a user over the pool."""
        with self.pool.connection() as conn:
            return _user(conn, key)

    def _all(self, name: str, values: Sequence[Any]) -> list[Any]:
        return self.conn.execute(SQL[name], values, binary=True).fetchall()


class ClassRow(PsycopgPlain):
    """What class_row makes: one class a statement."""

    name = "psycopg class_row"

    def w1(self, key: str) -> User | None:
        """Find a user by Clerk id."""
        with self.conn.cursor(binary=True, row_factory=class_row(User)) as cur:
            return cur.execute(SQL["w1"], [key]).fetchone()

    def w2(self, key: str) -> Account | None:
        """Find a user, then the subscription, then the installations."""
        if (user := self.w1(key)) is None:
            return None
        paid = self._all("w2_subscription", [user.id], class_row(Subscription))
        owned = self._all("w2_installations", [user.id], class_row(Installation))
        return Account(
            user.id,
            user.clerk_id,
            user.email,
            user.name,
            user.avatar_url,
            user.created_at,
            user.updated_at,
            paid[0] if paid else None,
            owned,
        )

    def w3(self, key: UUID) -> list[MessageWithSession]:
        """Read the ten newest messages, then their sessions."""
        said = self._all("w3_messages", [key], class_row(Message))
        ids = list({message.session_id for message in said})
        held = self._all("w3_sessions", [key, ids], class_row(Session))
        known = {session.id: session for session in held}
        return [
            MessageWithSession(
                *(getattr(m, name) for name in Message.__struct_fields__), known[m.session_id]
            )
            for m in said
        ]

    def w4a(self, key: int) -> list[Message]:
        """Read 1,000 messages."""
        return self._all("w4", [BIG, BIG, key], class_row(Message))

    w4b = w4a

    def w5(self, key: UUID) -> Subscription:
        """Count a message."""
        return self._all("w5", [key], class_row(Subscription))[0]

    def w6(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Insert 10,000 messages by executemany."""
        with self.conn.transaction(), self.conn.cursor() as cur:
            cur.executemany(SQL["w6"], rows)

    def w7(self, key: str) -> User | None:
        """Find a user over the pool."""
        with (
            self.pool.connection() as conn,
            conn.cursor(binary=True, row_factory=class_row(User)) as cur,
        ):
            return cur.execute(SQL["w1"], [key]).fetchone()

    def _all(self, name: str, values: Sequence[Any], rows: RowFactory[Any]) -> list[Any]:
        with self.conn.cursor(binary=True, row_factory=rows) as cur:
            return cur.execute(SQL[name], values).fetchall()


def _user(conn: Connection[Any], key: str) -> User | None:
    row = conn.execute(SQL["w1"], [key], binary=True).fetchone()
    return User(*row) if row else None
