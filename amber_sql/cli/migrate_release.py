"""`migrate retire`: a release of which nothing runs any more no longer holds migrations back."""

from __future__ import annotations

import click

from amber_sql import deploy as deploys
from amber_sql.cli.database import named_database, url_option
from amber_sql.cli.project import named_or_here, package_option, project_here


@click.command()
@url_option
@package_option
@click.argument("release", required=False)
def retire(*, database_url: str | None, package: str | None, release: str | None) -> None:
    """List the releases that may still be running; with RELEASE, end that one.

    A migration that would break a query of a running release is refused.
    """
    database_url = named_database(
        database_url, named_or_here(package) if package else project_here()
    )
    if release is not None:
        deploys.retire(database_url, release)
        click.echo(f"{release} is retired", err=True)
    live = deploys.live_releases(database_url)
    if not live:
        click.echo("No release is running: none was deployed, or each was retired.", err=True)
    for one in live:
        queries = len(one.manifest.queries)
        click.echo(f"{one.release}  deployed {one.deployed_at:%Y-%m-%d %H:%M}, queries: {queries}")
