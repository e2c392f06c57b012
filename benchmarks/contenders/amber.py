"""amber-sql: generated functions on a held connection of our pool, and on the pool itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amber_sql import open_pool
from amber_sql.models import MessagesInsertManyParams
from amber_sql.queries import messages, users
from benchmarks.contenders.base import POOL, Sync
from benchmarks.generated.queries import accounts
from benchmarks.world import BIG

if TYPE_CHECKING:
    from uuid import UUID

    from amber_sql.models import Message, MessageWithSession, User
    from benchmarks.generated.models import Account


class Amber(Sync):
    """The sync functions."""

    name = "amber-sql"

    def open(self) -> None:
        """Take a connection of a pool, and open another for W7."""
        self.held = open_pool(self.world.url)
        self.pool = open_pool(self.world.url, min_size=POOL, max_size=POOL)
        self.conn = self.held.getconn()

    def close(self) -> None:
        """Give it back."""
        self.held.putconn(self.conn)
        self.held.close()
        self.pool.close()

    def w1(self, key: str) -> User | None:
        """Find a user by Clerk id."""
        return users.get_by_clerk_id(self.conn, clerk_id=key)

    def w2(self, key: str) -> Account | None:
        """Find a user with subscription and installations."""
        return accounts.get(self.conn, clerk_id=key)

    def w3(self, key: UUID) -> list[MessageWithSession]:
        """Read the ten newest messages with their sessions."""
        return messages.list_recent(self.conn, installation_id=key)

    def w4a(self, key: int) -> list[Message]:
        """Read 1,000 messages."""
        return messages.list_for_session(self.conn, installation_id=BIG, session_id=BIG, limit=key)

    w4b = w4a

    def w5(self, key: UUID) -> Any:
        """Count a message."""
        return accounts.count_one(self.conn, user_id=key)

    def w6(self, rows: list[tuple[Any, ...]]) -> int:
        """Insert 10,000 messages."""
        return messages.insert_many(self.conn, (MessagesInsertManyParams(*row) for row in rows))

    def w7(self, key: str) -> User | None:
        """Find a user over the pool."""
        return users.get_by_clerk_id(self.pool, clerk_id=key)
