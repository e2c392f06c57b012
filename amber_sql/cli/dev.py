"""dev: the embedded PostgreSQL, up and migrated; prints its URL."""

from __future__ import annotations

import click

from amber_sql import locate
from amber_sql.cli.database import embedded_name
from amber_sql.cli.report import out, talk


@click.command()
@click.option("--stop", is_flag=True, help="Stop the server; its data stays.")
def dev(*, stop: bool) -> None:
    """Start the embedded PostgreSQL, bring it to the migrations, and print its URL.

    \b
    export DATABASE_URL=$(amber-sql dev)
    """  # noqa: D301  # click wants the character \b itself
    from amber_sql import deploy  # noqa: PLC0415  # slow to import
    from amber_sql.server import embedded  # noqa: PLC0415

    server = embedded()
    if stop:
        server.stop()
        talk.print("Stopped; `amber-sql dev` starts it again.")
        return
    folder = locate.project()[1]
    name = embedded_name(folder)
    server.ensure_database(name)
    url = server.url(name)
    applied = deploy.migrate(url, folder)
    talk.print(
        f"PostgreSQL {server.version // 10000} is up, {len(applied)} migration(s) applied to {name}."
    )
    out.print(url, markup=False)
