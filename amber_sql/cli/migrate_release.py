"""`migrate retire`: a release of which nothing runs any more no longer holds migrations back."""

from __future__ import annotations

import click

from amber_sql import deploy as deploys
from amber_sql.cli.database import url_option


@click.command()
@url_option
@click.argument("release", required=False)
def retire(database_url: str | None, release: str | None) -> None:
    """End RELEASE; without one, list the releases that may be running."""
    if release is not None:
        deploys.retire(database_url, release)
        click.echo(f"{release} is retired", err=True)
    for one in deploys.live_releases(database_url):
        queries = len(one.manifest.queries)
        click.echo(f"{one.release}  deployed {one.deployed_at:%Y-%m-%d %H:%M}, queries: {queries}")
