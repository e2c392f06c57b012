"""SQLAlchemy on psycopg: ORM with a session a call, Core with a connection a call.

As its documentation has it. The default begins and ends a transaction around each call; the
AUTOCOMMIT engine does not, so that nobody is handicapped by round trips.
"""

from __future__ import annotations

from itertools import starmap
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

from amber_sql.models import Message, User
from benchmarks import rows as build
from benchmarks.contenders.base import Sync
from benchmarks.contenders.sqlalchemy_work import CORE, INSERT, OPTIONS, ORM, TUNED, entities, named
from benchmarks.generated.models import Subscription

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.world import World


class Engine(Sync):
    """What both have in common: an engine and its pool."""

    isolation: str | None = None

    def __init__(self, world: World) -> None:
        super().__init__(world)
        options: dict[str, Any] = {"isolation_level": self.isolation} if self.isolation else {}
        url = world.url.replace("postgresql://", "postgresql+psycopg://")
        self.engine = create_engine(url, **OPTIONS, **options)

    def close(self) -> None:
        """Disconnect."""
        self.engine.dispose()


class Orm(Engine):
    """Entities."""

    name = "SQLAlchemy ORM, psycopg"

    def open(self) -> None:
        """Make the factory of sessions."""
        self.session = sessionmaker(self.engine, expire_on_commit=False)

    def ask(self, name: str, key: Any) -> tuple[Any, ...]:
        """Return a statement and what it is executed with."""
        return (ORM[name](key),)

    def w1(self, key: Any) -> Any:
        """Find a user by Clerk id."""
        with self.session() as session:
            return session.scalars(*self.ask("w1", key)).one_or_none()

    def w2(self, key: Any) -> Any:
        """Find a user with subscription and installations."""
        with self.session() as session:
            return session.scalars(*self.ask("w2", key)).unique().one_or_none()

    def w3(self, key: Any) -> Any:
        """Read the ten newest messages with their sessions."""
        with self.session() as session:
            return session.scalars(*self.ask("w3", key)).all()

    def w4a(self, key: Any) -> Any:
        """Read 1,000 messages."""
        with self.session() as session:
            return session.scalars(*self.ask("w4", key)).all()

    w4b = w4a
    w7 = w1

    def w5(self, key: Any) -> Any:
        """Count a message."""
        with self.session() as session:
            counted = session.scalars(*self.ask("w5", key)).one()
            session.commit()
            return counted

    def w6(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Insert 10,000 messages by add_all()."""
        with self.session() as session:
            session.add_all(entities(rows))
            session.commit()


class Core(Engine):
    """Rows, and structs made of them."""

    name = "SQLAlchemy Core, psycopg"

    def w1(self, key: Any) -> User:
        """Find a user by Clerk id."""
        with self.engine.connect() as conn:
            return User(*conn.execute(CORE["w1"](key)).one())

    def w2(self, key: Any) -> Any:
        """Find a user with subscription and installations."""
        with self.engine.connect() as conn:
            return build.account(conn.execute(CORE["w2"](key)).all())

    def w3(self, key: Any) -> list[Any]:
        """Read the ten newest messages with their sessions."""
        with self.engine.connect() as conn:
            rows = conn.execute(CORE["w3"](key)).all()
            return [build.message_with_session(row) for row in rows]

    def w4a(self, key: Any) -> list[Message]:
        """Read 1,000 messages."""
        with self.engine.connect() as conn:
            return list(starmap(Message, conn.execute(CORE["w4"](key))))

    w4b = w4a
    w7 = w1

    def w5(self, key: Any) -> Subscription:
        """Count a message."""
        with self.engine.begin() as conn:
            return Subscription(*conn.execute(CORE["w5"](key)).one())

    def w6(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Insert 10,000 messages by insert()."""
        with self.engine.begin() as conn:
            conn.execute(INSERT, named(rows))


class OrmAutocommit(Orm):
    """Without BEGIN and ROLLBACK around a read."""

    name = "SQLAlchemy ORM, psycopg, AUTOCOMMIT"
    isolation = "AUTOCOMMIT"


class CoreAutocommit(Core):
    """Without BEGIN and ROLLBACK around a read."""

    name = "SQLAlchemy Core, psycopg, AUTOCOMMIT"
    isolation = "AUTOCOMMIT"


class OrmTuned(OrmAutocommit):
    """With statements made once, and W2 by joins alone."""

    name = "SQLAlchemy ORM, psycopg, AUTOCOMMIT, tuned"

    def ask(self, name: str, key: Any) -> tuple[Any, ...]:
        """Return a statement and what it is executed with."""
        return TUNED[name], {"key": key}
