"""`roles`: the four database roles, made or brought up to date."""

from __future__ import annotations

import click

from amber_sql.cli.database import announce, named_database, say, url_option
from amber_sql.cli.project import named_or_here, package_option, project_here
from amber_sql.deploy import roles as database_roles
from amber_sql.deploy.connect.connection import connect
from amber_sql.deploy.connect.target import database_url as find_url
from amber_sql.deploy.settings import DEPLOY
from amber_sql.errors import NoRolePrefix


@click.command()
@url_option
@package_option
@click.option(
    "--prefix", help="What their names begin with. Default: role-prefix of the project's settings."
)
def roles(*, database_url: str | None, package: str | None, prefix: str | None) -> None:
    """Create four database roles, owner, migrator, app and read, or bring them up to date.

    Everything in the schema public then belongs to owner, and PUBLIC loses its rights on the
    database and on that schema. Run it as a superuser, or as the owner of the database and its
    objects with CREATEROLE. No role has a password: set those with ALTER ROLE … PASSWORD.
    """
    project = named_or_here(package) if package or not prefix else project_here()
    if project is not None:
        prefix = prefix or project.role_prefix
    if not prefix:
        raise NoRolePrefix
    url = find_url(named_database(database_url, project))
    announce(url)
    wanted = database_roles.Roles.with_prefix(prefix)
    with connect(url, DEPLOY, say) as conn:
        database_roles.provision(conn, wanted)
    for name, may in (
        (wanted.owner, "owns everything, cannot log in"),
        (wanted.migrator, "deploys"),
        (wanted.app, "reads and writes rows"),
        (wanted.read, "reads"),
    ):
        click.echo(f"{name}  {may}")
