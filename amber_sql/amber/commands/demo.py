"""demo: the examples on a throw-away PostgreSQL, each as SQL, as Python, and as the rows it gave."""

from __future__ import annotations

import asyncio
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from amber_sql.cli.project import package_option
from amber_sql.cli.report import talk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amber_sql import Pool
    from amber_sql.amber.commands.demo_page import Example

ASYNC = "load_dashboard"
"""The example that is shown async; the others are shown sync."""


@click.command()
@package_option
@click.option(
    "--database-url",
    metavar="URL",
    help="Make a scratch database on this server, and drop it after. Default: a PostgreSQL of its"
    " own, whatever DATABASE_URL says.",
)
def demo(*, package: str | None, database_url: str | None) -> None:
    """Show what a service does, ten times: the SQL, the Python call, the typed rows."""
    from amber_sql import aio, open_pool  # noqa: PLC0415  # slow to import
    from amber_sql.amber import examples, examples_async  # noqa: PLC0415
    from amber_sql.amber.commands import demo_page as page  # noqa: PLC0415

    del package  # it brought us here

    async def awaited(example: Example, given: dict[str, Any]) -> Any:
        async with aio.open_pool(url) as pool:
            return await example.call(given | {"pool": pool})

    started = time.monotonic()
    with _database(database_url) as url, open_pool(url) as pool:
        given = seeded(pool)
        known: set[str] = set()
        talk.print(f"Migrated and seeded in {time.monotonic() - started:.1f} s.")
        pairs = zip(page.examples(examples), page.examples(examples_async), strict=True)
        for number, (example, twin) in enumerate(pairs, 1):
            if example.name == ASYNC:
                page.show(number, twin, asyncio.run(awaited(twin, given)), known)
            else:
                page.show(number, example, example.call(given), known)
    talk.print(f"All of it in {time.monotonic() - started:.1f} s, and nothing of it is left.")


def seeded(pool: Pool) -> dict[str, Any]:
    """Seed a migrated database, and return what the examples ask for."""
    from amber_sql.amber.seed import seed  # noqa: PLC0415
    from amber_sql.queries import installations  # noqa: PLC0415

    with pool.connection() as conn:
        user = seed(conn)[0]
        (installation,) = installations.list_active_with_sessions(conn, user_id=user.id)
    return {"pool": pool, "user": user, "session": installation.sessions[0]}


@contextmanager
def _database(server_url: str | None) -> Iterator[str]:
    """Give the URL of a migrated database that is gone after the block."""
    from psycopg.conninfo import make_conninfo  # noqa: PLC0415

    from amber_sql import deploy, locate  # noqa: PLC0415
    from amber_sql.server import temporary  # noqa: PLC0415

    migrations = locate.migrations_dir()
    if server_url is not None:
        from amber_sql.deploy.scratch.scratch_database import scratch  # noqa: PLC0415

        with scratch(migrations, server_url) as conn:
            yield make_conninfo(server_url, dbname=conn.info.dbname)
        return
    with temporary() as server:
        version = server.version
        talk.print(f"PostgreSQL {version // 10000}.{version % 10000}, in a folder of its own.")
        url = server.url("postgres")
        deploy.migrate(url, migrations)
        yield url
