"""`migrate diff`: what migrating from nothing gives, against what the target is."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from amber_sql.cli.database import target_options
from amber_sql.deploy.connect.connection import connect
from amber_sql.deploy.connect.target import database_url as find_url
from amber_sql.deploy.connect.target import describe
from amber_sql.deploy.drift import catalog_objects
from amber_sql.deploy.drift.differences import differences
from amber_sql.deploy.drift.role_grants import without_roles
from amber_sql.deploy.progress import log
from amber_sql.deploy.roles import Roles
from amber_sql.deploy.settings import Settings
from amber_sql.errors import FINDINGS

if TYPE_CHECKING:
    import psycopg

    from amber_sql.locate import Project

_MEND = """\
`-` is what {target} has, `+` is what the migrations make. Either write the change into a migration,
    amber-sql migrate new NAME
or take it back in the database, with the statements above, by
    psql "$DATABASE_URL\""""


@click.command()
@target_options()
@click.option("--exit-code", is_flag=True, help="Exit 1 when there is a difference.")
@click.option(
    "--scratch-url",
    metavar="URL",
    help="Make the scratch database on this server, and drop it after. Default: the embedded one.",
)
def diff(
    *, database_url: str | None, project: Project, exit_code: bool, scratch_url: str | None
) -> None:
    """Show how the database differs from what its migrations make."""
    from amber_sql.deploy.drift.missing_roles import of_known_roles  # noqa: PLC0415
    from amber_sql.deploy.scratch.scratch_database import scratch  # a deploy does without it  # noqa: PLC0415

    url = find_url(database_url)
    with connect(url, Settings(), log) as conn, scratch(project.migrations, scratch_url) as clean:
        _warn_of_versions(conn, clean)
        there = differences(catalog_objects.read(clean), catalog_objects.read(conn))
        found = of_known_roles(there, clean)
    if project.role_prefix:
        found = without_roles(found, Roles.with_prefix(project.role_prefix))
    for difference in found:
        click.echo(difference)
    if found:
        click.echo(_MEND.format(target=describe(url)), err=True)
    else:
        click.echo("no difference", err=True)
    if found and exit_code:
        sys.exit(FINDINGS)


def _warn_of_versions(conn: psycopg.Connection, clean: psycopg.Connection) -> None:
    """Say that two majors print some definitions differently."""
    here, there = (c.info.server_version // 10000 for c in (conn, clean))
    if here != there:
        click.echo(
            f"the database is PostgreSQL {here}, the scratch server {there}, and they print some"
            " definitions differently: name a server of the same version with --scratch-url",
            err=True,
        )
