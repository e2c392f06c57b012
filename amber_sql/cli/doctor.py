"""`doctor`: examines machine, database and project, and prints each problem with its remedy."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click
import msgspec

from amber_sql.cli.database import target_options
from amber_sql.cli.project import named_or_here
from amber_sql.deploy.doctor import examine
from amber_sql.errors import FINDINGS

if TYPE_CHECKING:
    from amber_sql.locate import Project


@click.command()
@target_options(required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def doctor(*, database_url: str | None, project: Project | None, as_json: bool) -> None:
    """Examine this machine, the database and the project; exit 1 when there is a problem."""
    lines = examine(database_url, project)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(lines)).decode())
    else:
        for line in lines:
            click.echo(f"{line.state:<8} {line.name}: {line.found}")
            if line.remedy:
                click.echo(f"         {line.remedy}")
    if project is None:
        named_or_here()  # says why there is none
    if any(line.state == "problem" for line in lines):
        sys.exit(FINDINGS)
