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
from amber_sql.deploy import development
from amber_sql.errors import HistoryRefused
from amber_sql.locate import migrations_dir

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@target_options
@destroy_options
@click.option(
    "--force-reset", is_flag=True, help="Remake the database if its history was rewritten."
)
def push(
    database_url: str | None, folder: Path, force_reset: bool, force: bool, allow_remote: bool
) -> None:
    """Bring a development database to the migrations on disk."""
    url = development_url(database_url, folder)
    announce(url)
    try:
        if not deploys.migrate(url, folder, progress=say):
            click.echo("nothing to apply", err=True)
    except HistoryRefused:
        if not force_reset:
            raise
        development.permit(url, force=force, allow_remote=allow_remote, ask=ask_name())
        development.remake(url)
        deploys.migrate(url, folder, progress=say)


@click.command()
@target_options
@destroy_options
@click.option(
    "--seed/--no-seed",
    default=True,
    show_default=True,
    help="Write the test data; Amber's own only.",
)
@click.pass_context
def reset(
    context: click.Context,
    *,
    database_url: str | None,
    folder: Path,
    force: bool,
    allow_remote: bool,
    seed: bool,
) -> None:
    """Drop the development database, migrate it from nothing, and seed it."""
    url = development_url(database_url, folder)
    development.permit(url, force=force, allow_remote=allow_remote, ask=ask_name())
    development.remake(url)
    deploys.migrate(url, folder, progress=say)
    root = context.find_root().command
    command = root.get_command(context, "seed") if isinstance(root, click.Group) else None
    if seed and folder == migrations_dir() and command is not None:
        context.invoke(command, database_url=url)
