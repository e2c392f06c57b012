"""`doctor`: everything that a troubleshooting page would ask for, in one run."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click
import msgspec

from amber_sql.cli.database import target_options
from amber_sql.deploy.doctor import examine
from amber_sql.errors import FINDINGS

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@target_options
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def doctor(database_url: str | None, folder: Path, as_json: bool) -> None:
    """Examine this machine, the database and the project; exit 1 when there is a problem."""
    lines = examine(database_url, folder)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(lines)).decode())
    else:
        for line in lines:
            click.echo(f"{line.state:<8} {line.name}: {line.found}")
            if line.remedy:
                click.echo(f"         {line.remedy}")
    if any(line.state == "problem" for line in lines):
        sys.exit(FINDINGS)
