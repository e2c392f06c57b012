"""SQLAlchemy on asyncpg: the same as sqlalchemy_sync.py, awaited.

The default begins and ends a transaction around each call; the
AUTOCOMMIT engine does not, so that nobody is handicapped by round trips.
"""

from __future__ import annotations

from itertools import starmap
from typing import TYPE_CHECKING, Any

from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

from amber_sql.models import Message, User
from benchmarks import rows as build
from benchmarks.contenders.base import Async
from benchmarks.contenders.sqlalchemy_work import CORE, INSERT, OPTIONS, ORM, entities, named
from benchmarks.generated.models import Subscription

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.world import World


class Engine(Async):
    """What both have in common: an engine and its pool."""

    isolation: str | None = None

    def __init__(self, world: World) -> None:
        super().__init__(world)
        options: dict[str, Any] = {"isolation_level": self.isolation} if self.isolation else {}
        url = world.url.replace("postgresql://", "postgresql+asyncpg://")
        self.engine = create_async_engine(url, **OPTIONS, **options)

    async def stop(self) -> None:
        """Disconnect."""
        await self.engine.dispose()


class Orm(Engine):
    """Entities."""

    name = "SQLAlchemy ORM, asyncpg"

    async def start(self) -> None:
        """Make the factory of sessions."""
        self.session = async_sessionmaker(self.engine, expire_on_commit=False)

    def ask(self, name: str, key: Any) -> tuple[Any, ...]:
        """Return a statement and what it is executed with."""
        return (ORM[name](key),)

    async def w1(self, key: Any) -> Any:
        """Find a user by Clerk id."""
        async with self.session() as session:
            return (await session.scalars(*self.ask("w1", key))).one_or_none()

    async def w2(self, key: Any) -> Any:
        """Find a user with subscription and installations."""
        async with self.session() as session:
            return (await session.scalars(*self.ask("w2", key))).unique().one_or_none()

    async def w3(self, key: Any) -> Any:
        """Read the ten newest messages with their sessions."""
        async with self.session() as session:
            return (await session.scalars(*self.ask("w3", key))).all()

    async def w4a(self, key: Any) -> Any:
        """Read 1,000 messages."""
        async with self.session() as session:
            return (await session.scalars(*self.ask("w4", key))).all()

    w4b = w4a
    w7 = w1

    async def w5(self, key: Any) -> Any:
        """Count a message."""
        async with self.session() as session:
            counted = (await session.scalars(*self.ask("w5", key))).one()
            await session.commit()
            return counted

    async def w6(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Insert 10,000 messages by add_all()."""
        async with self.session() as session:
            session.add_all(entities(rows))
            await session.commit()


class Core(Engine):
    """Rows, and structs made of them."""

    name = "SQLAlchemy Core, asyncpg"

    async def w1(self, key: Any) -> User:
        """Find a user by Clerk id."""
        async with self.engine.connect() as conn:
            return User(*(await conn.execute(CORE["w1"](key))).one())

    async def w2(self, key: Any) -> Any:
        """Find a user with subscription and installations."""
        async with self.engine.connect() as conn:
            return build.account((await conn.execute(CORE["w2"](key))).all())

    async def w3(self, key: Any) -> list[Any]:
        """Read the ten newest messages with their sessions."""
        async with self.engine.connect() as conn:
            rows = (await conn.execute(CORE["w3"](key))).all()
            return [build.message_with_session(row) for row in rows]

    async def w4a(self, key: Any) -> list[Message]:
        """Read 1,000 messages."""
        async with self.engine.connect() as conn:
            return list(starmap(Message, (await conn.execute(CORE["w4"](key)))))

    w4b = w4a
    w7 = w1

    async def w5(self, key: Any) -> Subscription:
        """Count a message."""
        async with self.engine.begin() as conn:
            return Subscription(*(await conn.execute(CORE["w5"](key))).one())

    async def w6(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Insert 10,000 messages by insert()."""
        async with self.engine.begin() as conn:
            await conn.execute(INSERT, named(rows))


class OrmAutocommit(Orm):
    """Without BEGIN and ROLLBACK around a read."""

    name = "SQLAlchemy ORM, asyncpg, AUTOCOMMIT"
    isolation = "AUTOCOMMIT"


class CoreAutocommit(Core):
    """Without BEGIN and ROLLBACK around a read."""

    name = "SQLAlchemy Core, asyncpg, AUTOCOMMIT"
    isolation = "AUTOCOMMIT"
