"""`seed`: seeds/*.sql → rows in a development database, a transaction a file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click
import psycopg

from amber_sql.cli.database import announce, development_url, remote_option, target_options
from amber_sql.deploy import development
from amber_sql.deploy.apply.failure import failed
from amber_sql.deploy.apply.simple_query import run_text
from amber_sql.deploy.apply.transaction_outcome import Outcome
from amber_sql.deploy.connect.connection import connect
from amber_sql.deploy.files.migration_file import MigrationFile, read
from amber_sql.deploy.files.refusals import refuse_unrunnable
from amber_sql.deploy.progress import log
from amber_sql.deploy.settings import Settings
from amber_sql.errors import NoSeeds

if TYPE_CHECKING:
    from pathlib import Path

    from amber_sql.locate import Project


@click.command()
@target_options(development=True)
@remote_option
def seed(*, database_url: str | None, project: Project, allow_remote: bool) -> None:
    """Fill a development database: run each of seeds/*.sql once, in the order of their names.

    A file is one transaction. Whether it may be repeated is for its SQL to say, as by ON CONFLICT
    DO NOTHING. A database on another machine, or with AMBER_ENV=production, is refused (exit 5).
    """
    files = [read(path) for path in _in_order(project.seeds)]
    if not files:
        raise NoSeeds(folder=project.seeds)
    for file in files:
        refuse_unrunnable(file)
    url = development_url(database_url, project)
    announce(url)
    development.require(url, "seed", allow_remote=allow_remote)
    for file in files:
        _run(url, file)
        click.echo(f"seeded {file.path.name}", err=True)


def _in_order(folder: Path) -> list[Path]:
    """Return the .sql files; numbers in their names count as numbers, so that 10 follows 9."""
    return sorted(
        (path for path in folder.glob("*.sql") if path.is_file()),
        key=lambda path: [
            (int(part), "") if part.isdecimal() else (0, part)
            for part in re.split(r"(\d+)", path.name)
        ],
    )


def _run(url: str, file: MigrationFile) -> None:
    """Run a file on a connection of its own: what it SETs, as a dump does, is not the next one's."""
    with connect(url, Settings(), log) as conn:
        outcome = Outcome(conn)
        try:
            with conn.transaction():
                outcome.began()
                run_text(conn, file.text)
        except psycopg.Error as error:
            raise failed(error, file.path.name, file, conn=conn, kept=outcome.look()) from None
