"""amber-sql under asyncio: generated functions on a held connection of our pool, and on the pool itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amber_sql.aio import open_pool
from amber_sql.aio.queries import messages, users
from amber_sql.models import MessagesInsertManyParams
from benchmarks.contenders.base import POOL, Async
from benchmarks.generated.aio.queries import accounts
from benchmarks.world import BIG

if TYPE_CHECKING:
    from uuid import UUID

    from amber_sql.models import Message, MessageWithSession, User
    from benchmarks.generated.models import Account


class AmberAsync(Async):
    """The coroutine functions."""

    name = "amber-sql, async"

    async def start(self) -> None:
        """Take a connection of a pool, and open another for W7."""
        self.held = open_pool(self.world.url)
        self.pool = open_pool(self.world.url, min_size=POOL, max_size=POOL)
        await self.held.open()
        await self.pool.open()
        self.conn = await self.held.getconn()

    async def stop(self) -> None:
        """Give it back."""
        await self.held.putconn(self.conn)
        await self.held.close()
        await self.pool.close()

    async def w1(self, key: str) -> User | None:
        """Find a user by Clerk id."""
        return await users.get_by_clerk_id(self.conn, clerk_id=key)

    async def w2(self, key: str) -> Account | None:
        """Find a user with subscription and installations."""
        return await accounts.get(self.conn, clerk_id=key)

    async def w3(self, key: UUID) -> list[MessageWithSession]:
        """Read the ten newest messages with their sessions."""
        return await messages.list_recent(self.conn, installation_id=key)

    async def w4a(self, key: int) -> list[Message]:
        """Read 1,000 messages."""
        return await messages.list_for_session(
            self.conn, installation_id=BIG, session_id=BIG, limit=key
        )

    w4b = w4a

    async def w5(self, key: UUID) -> Any:
        """Count a message."""
        return await accounts.count_one(self.conn, user_id=key)

    async def w6(self, rows: list[tuple[Any, ...]]) -> int:
        """Insert 10,000 messages."""
        return await messages.insert_many(
            self.conn, (MessagesInsertManyParams(*row) for row in rows)
        )

    async def w7(self, key: str) -> User | None:
        """Find a user over the pool."""
        return await users.get_by_clerk_id(self.pool, clerk_id=key)
