"""One running studio: its database, its project, and what it has found out about both."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from amber_sql.deploy.connect.target import parse
from amber_sql.runtime import conninfo
from amber_sql.studio.admission import Doors
from amber_sql.studio.compiled import Compiled
from amber_sql.studio.readonly import Reader
from amber_sql.studio.relation_reading import read_schema

if TYPE_CHECKING:
    from amber_sql.locate import Project
    from amber_sql.studio.relations import Schema

KEPT = 5.0
"""Seconds for which the catalog is not read again."""
FORMS = 3
"""Forms that are answered at once: each may have a connection that writes, and locks."""


class Studio:
    """What handlers share."""

    def __init__(self, url: str, project: Project, port: int, *, write: bool = False) -> None:
        self.url, self.project, self.write = url, project, write
        self.doors = Doors(port)
        role = f"{project.role_prefix}_read" if project.role_prefix else None
        self.reader = Reader(url, role)
        self.forms = asyncio.Semaphore(FORMS)
        self.compiled = Compiled(url, project)
        params = parse(url)
        self.database = conninfo.printable(params.get("dbname", "") or params.get("user", ""))
        self.server = conninfo.describe(params)
        self.name = project.installed or project.root.name
        self._schema: Schema | None = None
        self._read_at = float("-inf")

    async def schema(self, *, fresh: bool = False) -> Schema:
        """Return what the catalog says; at most some seconds old, or just read."""
        if fresh or self._schema is None or time.monotonic() - self._read_at > KEPT:
            async with self.reader.transaction(own_path=True) as conn:
                self._schema = await read_schema(conn)
            self._read_at = time.monotonic()
        return self._schema

    async def close(self) -> None:
        """Give back what is open."""
        await self.reader.close()
