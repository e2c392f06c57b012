"""One request, as the handler of a page sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amber_sql.studio import links

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from psycopg import AsyncConnection
    from starlette.requests import Request

    from amber_sql.compiler.pipeline import Build
    from amber_sql.studio.admission import Session
    from amber_sql.studio.relations import Schema, Table
    from amber_sql.studio.state import Studio


class Missing(Exception):
    """There is no such page; the text says what there is not."""


class Ask:
    """One request, as a handler sees it."""

    def __init__(self, studio: Studio, request: Request) -> None:
        self.studio, self.request = studio, request
        self.session: Session = request.state.session

    def path(self, name: str) -> str:
        """Return a part of the address. Raises Missing where no link of ours would say it so."""
        try:
            return links.decode(self.request.path_params[name])
        except ValueError:
            raise Missing("no such address") from None

    def one(self, name: str, otherwise: str = "") -> str:
        """Return what the query says of `name`, the last time where it does so twice."""
        return self.request.query_params.get(name, otherwise)

    def many(self, name: str) -> list[str]:
        """Return all that the query says of `name`."""
        return self.request.query_params.getlist(name)

    @property
    def given(self) -> list[tuple[str, str]]:
        """What stands behind the question mark, in its order."""
        return self.request.query_params.multi_items()

    def read(self, **more: Any) -> AbstractAsyncContextManager[AsyncConnection]:
        """Give a connection in a READ ONLY transaction; see `readonly.Reader.transaction`."""
        return self.studio.reader.transaction(**more)

    async def schema(self) -> Schema:
        """Return what the catalog says of tables; at most some seconds old."""
        return await self.studio.schema()

    async def table(self) -> Table:
        """Return the table that the address names. Raises Missing."""
        schema, name = self.path("schema"), self.path("table")
        found = (await self.schema()).table(schema, name)
        if found is None:
            found = (await self.studio.schema(fresh=True)).table(schema, name)
        if found is None:
            raise Missing(f"no table {schema}.{name}")
        return found

    async def build(self) -> Build:
        """Return the compiled project, waiting for it where it is not ready."""
        return await self.studio.compiled.get()
