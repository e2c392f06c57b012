"""`migrate deploy`, `migrate up`, `migrate down`: one path, each with its own options and refusals."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from amber_sql import deploy as deploys
from amber_sql.cli.database import (
    announce,
    development_url,
    remote_option,
    say,
    target_options,
)
from amber_sql.cli.manifest import read_manifest
from amber_sql.cli.report import counted
from amber_sql.deploy import development
from amber_sql.deploy.settings import Settings, from_environment

if TYPE_CHECKING:
    from amber_sql.locate import Project


@click.command()
@target_options()
@click.option(
    "--wait", type=float, metavar="SECONDS", help="How long to wait for the database. Default: 15."
)
@click.option(
    "--lock-wait",
    type=float,
    metavar="SECONDS",
    help="How long to wait for another deploy. Default: 600.",
)
@click.option(
    "--running",
    "manifests",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    multiple=True,
    metavar="FILE",
    help="The manifest of one more release that runs now.",
)
@click.option(
    "--allow-ahead",
    is_flag=True,
    help="Deploy although the database has migrations that this release does not know.",
)
def deploy(
    *,
    database_url: str | None,
    project: Project,
    wait: float | None,
    lock_wait: float | None,
    manifests: tuple[Path, ...],
    allow_ahead: bool,
) -> None:
    """Apply pending migrations; safe to repeat, and from several machines at once.

    The queries of the project are remembered as running, so that a later migration that breaks one
    of them is refused.
    """
    base = from_environment()
    settings = _with(base, wait, lock_wait, allow_ahead=allow_ahead)
    started = time.monotonic()
    applied = deploys.migrate(
        database_url,
        project.migrations,
        progress=say,
        settings=settings,
        queries=project.queries if project.queries.is_dir() else None,
        running=[read_manifest(path) for path in manifests],
    )
    what = f"{counted(len(applied), 'migration')} applied" if applied else "nothing to apply"
    click.echo(f"{what} in {time.monotonic() - started:.2f} s", err=True)


@click.command()
@target_options(development=True)
def up(*, database_url: str | None, project: Project) -> None:
    """Apply pending migrations to the development database."""
    url = development_url(database_url, project)
    announce(url)
    if not deploys.migrate(url, project.migrations, progress=say):
        click.echo("nothing to apply", err=True)


@click.command()
@target_options(development=True)
@click.option(
    "-n", "count", type=click.IntRange(1), default=1, show_default=True, help="How many migrations."
)
@remote_option
def down(*, database_url: str | None, project: Project, count: int, allow_remote: bool) -> None:
    """Undo the last migration of the development database, or several.

    Releases that need them end with them. A database on another machine, or with
    AMBER_ENV=production, is refused (exit 5); with --allow-remote its releases still hold their
    migrations back until `migrate retire` ends them.
    """
    url = development_url(database_url, project)
    development.require(url, "undo migrations of", allow_remote=allow_remote)
    announce(url)
    if not deploys.rollback(url, project.migrations, count, progress=say):
        click.echo("nothing to undo", err=True)


def _with(
    base: Settings, wait: float | None, lock_wait: float | None, *, allow_ahead: bool
) -> Settings:
    """Return `base` with what was given on the command line."""
    return Settings(
        connect_wait=base.connect_wait if wait is None else wait,
        lock_wait=base.lock_wait if lock_wait is None else lock_wait,
        lock_timeout=base.lock_timeout,
        retry_for=base.retry_for,
        statement_timeout=base.statement_timeout,
        allow_ahead=allow_ahead,
    )
