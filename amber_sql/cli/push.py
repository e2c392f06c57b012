"""`push` and `reset`: a development database brought to the migrations on disk, remade if it must be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from amber_sql import deploy as deploys
from amber_sql.cli.database import (
    announce,
    ask_name,
    destroy_options,
    development_url,
    say,
    target_options,
)
from amber_sql.cli.package_commands import command_of
from amber_sql.cli.seed import seed as seed_from_files
from amber_sql.deploy import development
from amber_sql.errors import HistoryRefused

if TYPE_CHECKING:
    from amber_sql.locate import Project


@click.command()
@target_options(development=True)
@destroy_options
@click.option(
    "--force-reset",
    is_flag=True,
    help="Make the database anew where its history is not that of the files.",
)
def push(
    *,
    database_url: str | None,
    project: Project,
    force_reset: bool,
    force: bool,
    allow_remote: bool,
) -> None:
    """Bring a development database to the migrations on disk.

    Where its history is another, as after a change of branch, --force-reset makes it anew, without
    its rows.
    """
    url = development_url(database_url, project)
    announce(url)
    development.require(url, "push to", allow_remote=allow_remote)
    try:
        if not deploys.migrate(url, project.migrations, progress=say):
            click.echo("nothing to apply", err=True)
    except HistoryRefused:
        if not force_reset:
            raise
        development.permit(url, force=force, allow_remote=allow_remote, ask=ask_name())
        development.remake(url)
        deploys.migrate(url, project.migrations, progress=say)


@click.command()
@target_options(development=True)
@destroy_options
@click.option("--seed/--no-seed", default=True, show_default=True, help="Whether to run `seed`.")
@click.pass_context
def reset(
    context: click.Context,
    *,
    database_url: str | None,
    project: Project,
    force: bool,
    allow_remote: bool,
    seed: bool,
) -> None:
    """Drop the development database, apply every migration, and run `seed` where there are seeds."""
    url = development_url(database_url, project)
    announce(url)
    development.permit(url, force=force, allow_remote=allow_remote, ask=ask_name())
    development.remake(url)
    deploys.migrate(url, project.migrations, progress=say)
    command = command_of("seed", project)
    if command is None and project.seeds.is_dir():
        command = seed_from_files
    if seed and command is not None:
        known = {parameter.name for parameter in command.params}
        given = {name: value for name, value in context.params.items() if name in known}
        context.invoke(command, **(given | {"database_url": url}))
