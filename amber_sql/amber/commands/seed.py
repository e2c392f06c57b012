"""seed: the test user and a small world, or a great many messages, into a migrated database."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from amber_sql.cli.database import (
    development_url,
    development_url_option,
    named_database,
    remote_option,
)
from amber_sql.cli.project import named_or_here, package_option
from amber_sql.cli.report import out, talk
from amber_sql.deploy import development

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@click.command()
@click.option(
    "--messages",
    "count",
    type=click.IntRange(min=1),
    metavar="N",
    help="Bring one installation, client_bulk, to N messages, by COPY.",
)
@development_url_option
@package_option
@remote_option
def seed(
    *, count: int | None, database_url: str | None, package: str | None, allow_remote: bool
) -> None:
    """Write the test user (Clerk id user_test) and a small world around them.

    What is there already stays as it is, so that seeding twice is seeding once. A database on
    another machine, or with AMBER_ENV=production, is refused (exit 5).
    """
    from amber_sql import open_pool  # noqa: PLC0415  # slow to import
    from amber_sql.amber.seed import seed as write  # noqa: PLC0415
    from amber_sql.amber.seed_bulk import seed_messages  # noqa: PLC0415

    project = named_or_here(package)
    url = development_url(named_database(database_url, project), project)
    development.require(url, "seed", allow_remote=allow_remote)
    with (
        open_pool(url, max_size=1, timeout=3, settings={"statement_timeout": "0"}) as pool,
        pool.connection() as conn,
    ):
        people = write(conn)
        out.print(f"{len(people)} users; {people[0].clerk_id} is {people[0].email}", markup=False)
        if count is None:
            return
        started = time.monotonic()
        with _bar(count) as progress:
            added = seed_messages(conn, count, progress)
        seconds = time.monotonic() - started
        out.print(f"{added:,} messages in {seconds:.1f} s: {added / seconds:,.0f} rows/s")


@contextmanager
def _bar(count: int) -> Iterator[Callable[[int], None]]:
    """Show how far it is, on stderr and only to a person."""
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    with Progress(
        TextColumn("messages"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[speed]}"),
        TimeRemainingColumn(),
        console=talk,
        disable=not talk.is_terminal,
        transient=True,
    ) as bar:
        task = bar.add_task("", total=count, speed="")
        started = time.monotonic()

        def sent_so_far(sent: int) -> None:
            speed = sent / (time.monotonic() - started)
            bar.update(task, completed=sent, speed=f"{speed:,.0f} rows/s")

        yield sent_so_far
