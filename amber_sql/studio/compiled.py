"""The project's queries, described in the background by the database that is looked at.

The pages do not wait for it: a second or three after the start it is there. Nothing is executed, so
a database that can only be read will do; where its version is none that types are proven on, the
embedded server answers instead.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import psycopg

from amber_sql.errors import AmberError, UnknownServerVersion
from amber_sql.runtime import conninfo

if TYPE_CHECKING:
    from amber_sql.compiler.pipeline import Build
    from amber_sql.locate import Project


class Compiled:
    """A Build that is made once, and again where somebody asks for it."""

    def __init__(self, url: str, project: Project) -> None:
        self._url, self._project = url, project
        self._task: asyncio.Task[Build] | None = None

    def start(self) -> None:
        """Begin, unless that was done."""
        if self._task is None:
            self._task = asyncio.create_task(asyncio.to_thread(self._make))

    def again(self) -> None:
        """Forget what was found: files or database have changed."""
        self._task = None

    @property
    def ready(self) -> Build | None:
        """What was found, where it is there already; begins otherwise."""
        self.start()
        task = self._task
        if task is None or not task.done() or task.cancelled() or task.exception() is not None:
            return None
        return task.result()

    @property
    def failure(self) -> str:
        """Why there is none, in one sentence; empty while there is hope."""
        task = self._task
        if task is None or not task.done() or task.cancelled():
            return ""
        error = task.exception()
        return conninfo.printable(str(error).strip() or type(error).__name__) if error else ""

    async def get(self) -> Build:
        """Wait for it. Raises what stopped it."""
        self.start()
        assert self._task is not None  # noqa: S101  # just begun
        return await asyncio.shield(self._task)

    def _make(self) -> Build:
        from amber_sql.compiler.pipeline import compile_queries  # slow to import  # noqa: PLC0415

        try:
            with psycopg.connect(
                conninfo.target(self._url, None).conninfo,
                autocommit=True, prepare_threshold=None, application_name="amber-sql studio (describe)",
            ) as conn:  # fmt: skip
                conn.execute("SET default_transaction_read_only = on")
                return compile_queries(conn, self._project.queries)
        except UnknownServerVersion:
            from amber_sql.deploy.scratch.build import build  # noqa: PLC0415

            return build(self._project.queries, self._project.migrations)
        except psycopg.OperationalError as error:
            if isinstance(error, AmberError):
                raise
            raise conninfo.target(self._url, None).unreachable(
                error, "Check DATABASE_URL."
            ) from None
