"""`maintain`: the database's daily upkeep, for cron or a scheduler."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import click
import msgspec

from amber_sql.amber import partitions
from amber_sql.cli.database import announce, named_database, url_option
from amber_sql.cli.project import named_or_here, package_option
from amber_sql.deploy.connect.connection import connect
from amber_sql.deploy.connect.target import database_url as find_url
from amber_sql.deploy.settings import DEPLOY
from amber_sql.domain import days, retention

_DAYS = click.IntRange(min=1)


@click.command()
@url_option
@package_option
@click.option(
    "--ahead",
    type=click.IntRange(min=1, max=24),
    default=3,
    show_default=True,
    help="Months of usage_logs to make ahead.",
)
@click.option(
    "--keep",
    type=click.IntRange(min=1),
    default=13,
    show_default=True,
    help="Months of usage_logs to keep.",
)
@click.option(
    "--idle",
    type=_DAYS,
    default=90,
    show_default=True,
    help="Days after which an idle session is deleted.",
)
@click.option(
    "--blank",
    type=_DAYS,
    default=30,
    show_default=True,
    help="Days after which IP and user agent are blanked.",
)
@click.option(
    "--ledger",
    type=_DAYS,
    default=400,
    show_default=True,
    help="Days after a period's end that its ledger entries are kept, and retries of its message keys recognised.",
)
@click.option(
    "--events",
    type=_DAYS,
    default=90,
    show_default=True,
    help="Days after which a processed webhook event is deleted.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def maintain(
    *,
    database_url: str | None,
    package: str | None,
    ahead: int,
    keep: int,
    idle: int,
    blank: int,
    ledger: int,
    events: int,
    as_json: bool,
) -> None:
    """Do the daily upkeep: make partitions ahead, drop old ones, delete what has expired.

    That is idle sessions, the usage of ended periods, and processed webhook events. Then count the days
    that are over, which the dashboard would else count each time. Safe to repeat, and beside traffic;
    the role must own the tables.
    """
    url = find_url(named_database(database_url, named_or_here(package)))
    announce(url)
    now = datetime.now(UTC)

    def say(text: str) -> None:
        click.echo(text, err=True)

    with connect(url, DEPLOY, lambda event: say(str(event))) as conn:
        made = partitions.make_ahead(conn, now, ahead, say)
        dropped = partitions.drop_old(conn, now, keep, say)
        forgotten = retention.forget_visitors(
            conn, idle=timedelta(days=idle), blank=timedelta(days=blank), now=now
        )
        entries = retention.forget_usage(conn, ended=timedelta(days=ledger), now=now)
        processed = retention.forget_events(conn, processed=timedelta(days=events), now=now)
        # Last: what was forgotten has changed past days.
        counted = days.count_days(conn)
    if as_json:
        done = {
            "made": made,
            "dropped": dropped,
            "deleted": forgotten.deleted,
            "blanked": forgotten.blanked,
            "entries": entries,
            "events": processed,
            "days": counted,
        }
        click.echo(msgspec.json.encode(done).decode())
        return
    click.echo(f"partitions: {len(made)} made, {len(dropped)} dropped")
    click.echo(f"sessions: {forgotten.deleted} deleted, {forgotten.blanked} blanked")
    click.echo(f"usage ledger: {entries} deleted")
    click.echo(f"webhook events: {processed} deleted")
    click.echo(f"days: {counted} counted")
