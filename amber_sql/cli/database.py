"""What the commands about databases share: their options, their talk, and asking before destroying."""

from __future__ import annotations

import os
import re
import sys
from functools import wraps
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import click

from amber_sql.cli.env_file import find_database
from amber_sql.cli.project import project_options
from amber_sql.deploy.connect.target import database_url as find_url
from amber_sql.deploy.connect.target import describe
from amber_sql.errors import NoDatabaseUrl

if TYPE_CHECKING:
    from collections.abc import Callable

    from amber_sql.cli.project import Decorator
    from amber_sql.deploy import Event
    from amber_sql.deploy.development import Loss
    from amber_sql.locate import Project


def target_options(*, required: bool = True, development: bool = False) -> Decorator:
    """Add the options that say which project and which database a command is about.

    The command gets `project`, and `database_url` from the option, the environment or the
    project's .env; None where nothing names one.
    """

    def add(command: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(command)
        def with_target(*, project: Project, database_url: str | None, **more: Any) -> Any:
            url = named_database(database_url, project)
            return command(project=project, database_url=url, **more)

        option = development_url_option if development else url_option
        return option(project_options(required=required)(with_target))

    return add


def url_option(
    command: Callable[..., Any], otherwise: str = "the project's .env"
) -> Callable[..., Any]:
    """Add the option that says which database a command is about."""
    return click.option(
        "--database-url",
        metavar="URL",
        help="The database, by any URL that libpq takes. Default: DIRECT_DATABASE_URL, then"
        f" DATABASE_URL, then {otherwise}. A password belongs there or in a password file, since"
        " options show in the process list.",
    )(command)


def development_url_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the same option for a command that falls back to the embedded server."""
    return url_option(command, "the project's .env, then the embedded server")


def scratch_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the option that says on which server a scratch database is made."""
    return click.option(
        "--database-url",
        metavar="URL",
        help="Make a scratch database on this server, and drop it after. Default: the embedded"
        " PostgreSQL, whatever DATABASE_URL says.",
    )(command)


def named_database(given: str | None, project: Project | None) -> str | None:
    """Return the database that a command is about; None where nothing names one."""
    try:
        return find_url(given)
    except NoDatabaseUrl:
        return find_database(project.root) if project and not project.installed else None


def destroy_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of commands that destroy."""
    force = click.option("--force", is_flag=True, help="Do not ask: for where no terminal is.")
    return force(remote_option(command))


def remote_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the option without which a command refuses what is no development database."""
    return click.option(
        "--allow-remote",
        is_flag=True,
        help="Also on another machine, or with AMBER_ENV=production.",
    )(command)


def say(event: Event) -> None:
    """Print an event of a deploy as it happens."""
    click.echo(str(event), err=True)


def embedded_name(project: Project) -> str:
    """Return the embedded server's database for a project: each has its own.

    Its name begins as the project's folder does; the rest tells apart what is called `api` twice.
    """
    if project.installed:
        return project.installed
    begins = re.sub(r"[^\w-]+", "_", project.root.name, flags=re.ASCII)[:40]
    return f"{begins}_{sha256(os.fsencode(project.root)).hexdigest()[:8]}"


def development_url(given: str | None, project: Project) -> str:
    """Return the database of a development command: the embedded one where none is named."""
    if given is not None:
        return given
    from amber_sql.server import embedded  # starts a server  # noqa: PLC0415

    server = embedded()
    name = embedded_name(project)
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
