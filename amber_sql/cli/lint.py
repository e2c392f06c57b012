"""`lint`: pending migrations, judged before they run."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from amber_sql import deploy as deploys
from amber_sql.cli.database import target_options
from amber_sql.cli.known_findings import baseline_options, new_findings, rules_of
from amber_sql.cli.report import counted, print_findings
from amber_sql.deploy.connect.target import database_url as find_url
from amber_sql.deploy.lint import lint as judge
from amber_sql.deploy.lint import readable, squawk
from amber_sql.errors import FINDINGS, BadMigrationFile, NoDatabaseUrl

if TYPE_CHECKING:
    from pathlib import Path

    from amber_sql.locate import Project

_NO_SQUAWK = (
    "squawk is not installed, so that only amber-sql's own rules were used:"
    " pip install 'amber-sql[lint]' brings it"
)


@click.command()
@target_options()
@click.option("--all", "everything", is_flag=True, help="Look at applied migrations, too.")
@baseline_options
def lint(
    *,
    database_url: str | None,
    project: Project,
    everything: bool,
    baseline: Path | None,
    update_baseline: bool,
) -> None:
    """Find statements in pending migrations that may block or fail in production.

    Where no database is named, in every migration. [tool.amber-sql.rules] switches rules off, squawk's
    as "squawk:its-name"; --baseline leaves out what was there on the first day.
    """
    folder, rules = project.migrations, rules_of(project)
    names = None if everything else _pending(database_url, folder)
    paths = sorted(folder.glob("*.sql"))
    files, unread = readable(p for p in paths if not p.name.endswith(".rollback.sql"))
    files = [file for file in files if names is None or file.name in names]
    more = squawk(files)
    if more is None:
        click.echo(_NO_SQUAWK, err=True)
    found = [*unread, *rules.left([*judge(files), *(more or [])])]
    found += rules.unmatched("lint", [path.name for path in paths])
    judged = {file.path.name for file in files} | {one.file for one in unread}
    found = [*new_findings(found, baseline, "lint", update=update_baseline, only=judged)]
    print_findings(found, "warning")
    total = len(files) + len(unread)
    click.echo(f"{counted(total, 'migration')}, {counted(len(found), 'finding')}", err=True)
    if found:
        sys.exit(FINDINGS)


def _pending(url: str | None, folder: Path) -> set[str] | None:
    """Return the pending ones' names; None where no database is named."""
    try:
        find_url(url)
    except NoDatabaseUrl:
        click.echo("DATABASE_URL is not set: judging every migration", err=True)
        return None
    try:
        return set(deploys.pending(url, folder))
    except BadMigrationFile:  # which is a finding
        click.echo("Not every file can be read: judging every migration", err=True)
        return None
