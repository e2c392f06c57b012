"""The runtime's four faces behind one: sync or async, on psycopg's plain connection or a pool's.

Whatever a test says of one face must hold for all of them.
"""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from contextvars import copy_context
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar
from uuid import UUID  # noqa: TC003  # the runtime reads the annotations

import msgspec
import psycopg

from amber_sql import runtime
from amber_sql.runtime import OpenEnum, Statement, aio

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

R = TypeVar("R")

FACES = ("plain", "pool", "async_plain", "async_pool")

SCHEMA = """
CREATE TYPE mood AS ENUM ('HAPPY', 'SAD', 'ÜBER "x", \\y');
CREATE TYPE pair AS (label text, amount int);
CREATE DOMAIN email AS text CHECK (VALUE LIKE '%@%');
CREATE DOMAIN score AS int;
CREATE TYPE span AS RANGE (subtype = float8);
CREATE TABLE thing (id uuid PRIMARY KEY, name text NOT NULL, mood mood, size int);
"""


ANEW = f"DROP SCHEMA public CASCADE; CREATE SCHEMA public; {SCHEMA}"


class Mood(OpenEnum):
    """The enum that SCHEMA knows under the same name, as an older release saw it."""

    HAPPY = "HAPPY"
    SAD = "SAD"


class Pair(msgspec.Struct, frozen=True, gc=False):
    """A composite."""

    label: str | None
    amount: int | None
    __pg_types__: ClassVar[tuple[str, ...]] = ("text", "int4")


class Thing(msgspec.Struct, frozen=True, gc=False):
    """A row of the table, and what a bulk insert takes."""

    id: UUID
    name: str
    mood: Mood | None
    size: int | None
    __pg_types__: ClassVar[tuple[str, ...]] = ("uuid", "text", "", "int4")


PARAMS = {"id": "uuid", "name": "text", "mood": "enum", "size": "int4"}
ADD = Statement(
    "things.add",
    "INSERT INTO thing (id, name, mood, size) VALUES ($1, $2, $3, $4) RETURNING *",
    Thing,
    params=PARAMS,
    nullable=("mood", "size"),
)
INSERT = "INSERT INTO thing (id, name, mood, size) VALUES ($1, $2, $3, $4)"
ALL = Statement("things.all", "SELECT id, name, mood, size FROM thing ORDER BY size, name", Thing)
GET = Statement("things.get", "SELECT * FROM thing WHERE id = $1", Thing, params={"id": "uuid"})
COUNT = Statement("things.count", "SELECT count(*) FROM thing", scalar=int)
CLEAR = Statement("things.clear", "DELETE FROM thing")


class Face:
    """One way to call the runtime. `conn` is what the verbs get, unless they are told otherwise."""

    def __init__(self, kind: str, url: str, **options: Any) -> None:
        self.kind = kind
        self.url = url
        self.is_async = kind.startswith("async")
        self.verbs: Any = aio if self.is_async else runtime
        self.stack = ExitStack()
        self.loop = self.stack.enter_context(asyncio.Runner())
        try:
            self.conn: Any = self.open(kind, **options)
        except BaseException:
            self.close()
            raise

    def open(self, kind: str, url: str = "", **options: Any) -> Any:
        """Open one more connection or pool; it is closed with the face."""
        if kind.endswith("pool"):
            opened = self.verbs.open_pool(url or self.url, **options)
            if self.is_async:
                self.wait(opened.open())
        else:
            cls = psycopg.AsyncConnection if self.is_async else psycopg.Connection
            opened = self.wait(cls.connect(url or self.url, **({"autocommit": True} | options)))
        self.stack.callback(lambda: self.wait(opened.close()))
        return opened

    def wait(self, result: Any) -> Any:
        """Return a result, or what a coroutine makes of it."""
        if not asyncio.iscoroutine(result):
            return result

        async def whole() -> Any:
            return await result

        return self.loop.run(whole(), context=copy_context())

    def one(self, statement: Statement[R], *args: object, conn: Any = None) -> R:
        """Call `one`."""
        return self.wait(self.verbs.one(conn or self.conn, statement, args))

    def optional(self, statement: Statement[R], *args: object, conn: Any = None) -> R | None:
        """Call `optional`."""
        return self.wait(self.verbs.optional(conn or self.conn, statement, args))

    def many(self, statement: Statement[R], *args: object, conn: Any = None) -> list[R]:
        """Call `many`."""
        return self.wait(self.verbs.many(conn or self.conn, statement, args))

    def affected(self, statement: Statement[Any], *args: object, conn: Any = None) -> int:
        """Call `affected`."""
        return self.wait(self.verbs.affected(conn or self.conn, statement, args))

    def script(self, sql: str, conn: Any = None) -> None:
        """Call `script`."""
        self.wait(self.verbs.script(conn or self.conn, Statement("world.script", sql)))

    def insert_many(
        self, statement: Statement[Any], rows: Iterable[msgspec.Struct], conn: Any = None
    ) -> int:
        """Call `insert_many`."""
        return self.wait(self.verbs.insert_many(conn or self.conn, statement, rows))

    def returning_many(
        self, statement: Statement[R], rows: Iterable[msgspec.Struct], conn: Any = None
    ) -> list[R]:
        """Call `returning_many`."""
        return self.wait(self.verbs.returning_many(conn or self.conn, statement, rows))

    def stream(
        self,
        statement: Statement[R],
        *args: object,
        conn: Any = None,
        each: Callable[[R], object] = lambda _: None,
    ) -> list[R]:
        """Read a stream to its end, calling `each` for each row."""
        if not self.is_async:
            with self.verbs.stream(conn or self.conn, statement, args) as rows:
                return [row for row in rows if each(row) is None]

        async def read() -> list[R]:
            async with self.verbs.stream(conn or self.conn, statement, args) as rows:
                return [row async for row in rows if each(row) is None]

        return self.wait(read())

    def within(self, block: Any, work: Callable[..., Any]) -> Any:
        """Run `work` inside a context manager of either kind."""
        if not self.is_async:
            with block as entered:
                return work(entered)

        async def enter() -> Any:
            async with block as entered:
                result = work(entered)
                return await result if asyncio.iscoroutine(result) else result

        return self.wait(enter())

    def connection(self, work: Callable[..., Any]) -> Any:
        """Run `work` with a connection: the plain one, or one of the pool's."""
        if not self.kind.endswith("pool"):
            return self.wait(work(self.conn))
        return self.within(self.conn.connection(), work)

    def close(self) -> None:
        """Close everything that was opened."""
        self.stack.close()


def value(
    sql: str, scalar: Any, *types: str, name: str = "a.query", scalar_type: str = ""
) -> Statement[Any]:
    """Return a statement with one value, whose parameters have these types."""
    params = {f"p{number}": pg_type for number, pg_type in enumerate(types, 1)}
    nullable = (*params, *(f"{name}[]" for name in params))
    return Statement(
        name, sql, scalar=scalar, scalar_type=scalar_type, params=params, nullable=nullable
    )


def rows(sql: str, row: type[R], args: Sequence[str] = (), name: str = "a.query") -> Statement[R]:
    """Return a statement with rows."""
    params = {f"p{i}": t for i, t in enumerate(args, 1)}
    return Statement(name, sql, row, params=params, nullable=tuple(params))
