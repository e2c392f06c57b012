"""asyncpg: prepared by its own cache, enums decoded by a codec, Record → struct by position."""

from __future__ import annotations

from itertools import starmap
from typing import TYPE_CHECKING, Any

import asyncpg

from amber_sql.models import Message, MessageWithSession, User
from benchmarks import rows as build
from benchmarks.contenders import flat
from benchmarks.contenders.base import POOL, Async
from benchmarks.generated.models import Subscription
from benchmarks.world import BIG

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from benchmarks.generated.models import Account

SQL = flat.dollar()


async def register(conn: Any) -> None:
    """Read enums as ours: a look-up a value, the cheapest that a codec can do."""
    for name, enum in build.ENUMS.items():
        await conn.set_type_codec(
            name,
            schema="public",
            encoder=str.encode,
            decoder={member.value.encode(): member for member in enum}.__getitem__,
            format="binary",
        )


class Asyncpg(Async):
    """A held connection; W7 over its own pool."""

    name = "asyncpg → Struct"

    async def start(self) -> None:
        """Connect."""
        self.conn: Any = await asyncpg.connect(self.world.url)
        await register(self.conn)
        self.pool: Any = await asyncpg.create_pool(
            self.world.url, min_size=POOL, max_size=POOL, init=register
        )

    async def stop(self) -> None:
        """Disconnect."""
        await self.pool.close()
        await self.conn.close()

    async def w1(self, key: str) -> User:
        """Find a user by Clerk id."""
        return User(*await self.conn.fetchrow(SQL["w1"], key))

    async def w2(self, key: str) -> Account | None:
        """Find a user with subscription and installations."""
        return build.account([tuple(row) for row in await self.conn.fetch(SQL["w2"], key)])

    async def w3(self, key: UUID) -> list[MessageWithSession]:
        """Read the ten newest messages with their sessions."""
        rows = await self.conn.fetch(SQL["w3"], key)
        return [build.message_with_session(tuple(row)) for row in rows]

    async def w4a(self, key: int) -> list[Message]:
        """Read 1,000 messages."""
        return list(starmap(Message, await self.conn.fetch(SQL["w4"], BIG, BIG, key)))

    w4b = w4a

    async def w5(self, key: UUID) -> Subscription:
        """Count a message."""
        return Subscription(*await self.conn.fetchrow(SQL["w5"], key))

    async def w6(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Insert 10,000 messages by COPY."""
        await self.conn.copy_records_to_table(
            "messages", records=rows, columns=list(flat.COPY_COLUMNS)
        )

    async def w7(self, key: str) -> User:
        """Find a user over the pool."""
        return User(*await self.pool.fetchrow(SQL["w1"], key))
