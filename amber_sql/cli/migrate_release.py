"""`migrate retire`: a release of which nothing runs any more no longer holds migrations back."""

from __future__ import annotations

import click

from amber_sql import deploy as deploys
from amber_sql.cli.database import named_database, url_option
from amber_sql.cli.project import project_here


@click.command()
@url_option
@click.argument("release", required=False)
def retire(database_url: str | None, release: str | None) -> None:
    """List the releases that may be running; with RELEASE, say that it runs no more.

    What runs holds back migrations that would break it.
    """
    database_url = named_database(database_url, project_here())
    if release is not None:
        deploys.retire(database_url, release)
        click.echo(f"{release} is retired", err=True)
    for one in deploys.live_releases(database_url):
        queries = len(one.manifest.queries)
        click.echo(f"{one.release}  deployed {one.deployed_at:%Y-%m-%d %H:%M}, queries: {queries}")
