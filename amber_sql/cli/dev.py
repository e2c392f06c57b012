"""`dev`: the embedded PostgreSQL, up and migrated; prints its URL."""

from __future__ import annotations

import click

from amber_sql.cli.database import embedded_name
from amber_sql.cli.project import named_or_here, package_option
from amber_sql.cli.report import out, talk


@click.command()
@package_option
@click.option("--stop", is_flag=True, help="Stop the server; its data stays.")
def dev(*, package: str | None, stop: bool) -> None:
    """Start the embedded PostgreSQL, bring it to the migrations, and print its URL.

    \b
    export DATABASE_URL=$(amber-sql dev)
    """  # noqa: D301  # click wants the character \b itself
    from amber_sql import deploy  # noqa: PLC0415  # slow to import
    from amber_sql.server import embedded  # noqa: PLC0415

    if stop:
        embedded().stop()
        talk.print("Stopped; `amber-sql dev` starts it again.")
        return
    project = named_or_here(package)
    server = embedded()
    name = embedded_name(project)
    server.ensure_database(name)
    url = server.url(name)
    applied = deploy.migrate(url, project.migrations)
    talk.print(
        f"PostgreSQL {server.version // 10000} is up, {len(applied)} migration(s) applied to {name}."
    )
    out.print(url, markup=False)
