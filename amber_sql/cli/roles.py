"""`roles`: the four database roles, made or brought up to date."""

from __future__ import annotations

import click

from amber_sql.cli.database import announce
from amber_sql.deploy import roles as database_roles
from amber_sql.deploy.connect.connection import connect
from amber_sql.deploy.connect.target import database_url as find_url
from amber_sql.deploy.settings import DEPLOY


@click.command()
@click.option(
    "--database-url",
    metavar="URL",
    help="Of a role that may create roles. Default: DIRECT_DATABASE_URL, then DATABASE_URL.",
)
@click.option("--prefix", default="amber", show_default=True, help="What the names begin with.")
def roles(database_url: str | None, prefix: str) -> None:
    """Provision the roles owner, migrator, app and read; safe to repeat.

    Run it after the first deploy. No role has a password: set those with ALTER ROLE … PASSWORD.
    """
    url = find_url(database_url)
    announce(url)
    wanted = database_roles.Roles.with_prefix(prefix)
    with connect(url, DEPLOY, lambda event: click.echo(str(event), err=True)) as conn:
        database_roles.provision(conn, wanted)
    for name, may in (
        (wanted.owner, "owns everything, cannot log in"),
        (wanted.migrator, "deploys"),
        (wanted.app, "reads and writes rows"),
        (wanted.read, "reads"),
    ):
        click.echo(f"{name}  {may}")
