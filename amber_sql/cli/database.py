"""What the commands about databases share: their options, their talk, and asking before destroying."""

from __future__ import annotations

import os
import re
import sys
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from amber_sql.deploy.connect.target import database_url, describe
from amber_sql.errors import NoDatabaseUrl
from amber_sql.locate import migrations_dir, project

if TYPE_CHECKING:
    from collections.abc import Callable

    from amber_sql.deploy import Event
    from amber_sql.deploy.development import Loss


def target_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say which database and which folder a command is about."""
    return url_option(folder_option(command))


def url_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the option that says which database a command is about."""
    return click.option(
        "--database-url",
        metavar="URL",
        help="Any libpq URL. Default: DIRECT_DATABASE_URL, then DATABASE_URL."
        " A password belongs there or in a password file: options show in the process list.",
    )(command)


def folder_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the option that says which folder of migrations a command is about."""
    return click.option(
        "--migrations",
        "folder",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        default=lambda: project()[1],
        show_default="the project's, else Amber's own",
        help="The folder with the .sql files.",
    )(command)


def queries_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the option that says which queries a command is about."""
    return click.option(
        "--queries",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        default=lambda: project()[0],
        show_default="the project's, else Amber's own",
        help="The folder with the query files.",
    )(command)


def destroy_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of commands that destroy."""
    force = click.option("--force", is_flag=True, help="Do not ask: for where no terminal is.")
    remote = click.option(
        "--allow-remote",
        is_flag=True,
        help="Also on another machine, or with AMBER_ENV=production.",
    )
    return force(remote(command))


def say(event: Event) -> None:
    """Print an event of a deploy as it happens."""
    click.echo(str(event), err=True)


def embedded_name(folder: Path) -> str:
    """Return the embedded server's database for a folder of migrations: a project has its own.

    Its name begins as the project's folder does; the rest tells apart what is called `api` twice.
    """
    if folder == migrations_dir():
        return "amber"
    root = folder.resolve().parent
    begins = re.sub(r"[^\w-]+", "_", root.name, flags=re.ASCII)[:40]
    return f"{begins}_{sha256(os.fsencode(root)).hexdigest()[:8]}"


def development_url(given: str | None, folder: Path) -> str:
    """Return the database of a development command: the embedded one where none is named."""
    try:
        return database_url(given)
    except NoDatabaseUrl:
        from amber_sql.server import embedded  # starts a server  # noqa: PLC0415

        server = embedded()
        name = embedded_name(folder)
        server.ensure_database(name)
        click.echo("DATABASE_URL is not set: using the embedded database", err=True)
        return server.url(name)


def ask_name() -> Callable[[Loss], str] | None:
    """Return how to ask for a database's name; None where nobody sits at a terminal."""
    if not sys.stdin.isatty():
        return None

    def ask(loss: Loss) -> str:
        click.echo(f"This destroys {loss}", err=True)
        return str(click.prompt("Type the database's name to go on", err=True))

    return ask


def announce(url: str) -> None:
    """Say which database a command is about to change."""
    click.echo(f"database: {describe(url)}", err=True)
