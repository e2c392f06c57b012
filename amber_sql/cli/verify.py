"""`verify`: in CI, what a deploy would refuse."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from amber_sql.cli.database import scratch_option
from amber_sql.cli.manifest import read_manifest
from amber_sql.cli.project import project_options
from amber_sql.errors import FINDINGS

if TYPE_CHECKING:
    from amber_sql.deploy.compat.manifest import Manifest
    from amber_sql.locate import Project


@click.command()
@project_options()
@scratch_option
@click.option(
    "--against",
    required=True,
    metavar="REF",
    help="The release that runs: a git revision, a wheel or a manifest.",
)
@click.option(
    "--order",
    type=click.Choice(["migrations-first", "code-first"]),
    default="migrations-first",
    show_default=True,
    help="What a deploy does first.",
)
def verify(*, project: Project, against: str, order: str, database_url: str | None) -> None:
    """Find in CI what a deploy would break.

    The queries of REF are prepared on today's schema, and today's queries on REF's.
    """
    from amber_sql.deploy.scratch.verify import (  # the compiler is slow to import  # noqa: PLC0415
        migration_effects,
        needed,
    )

    old = _older(against, project, database_url)
    found = migration_effects(old, project.migrations, database_url)
    for effect in found:
        click.echo(f"{'breaks' if effect.breaks else 'may fail'}: {effect}")
    waiting = needed(project.queries, project.migrations, old.migrations, database_url)
    for need in waiting:
        click.echo(need)
    broken = sum(effect.breaks for effect in found)
    click.echo(f"queries of {against}: {len(old.queries)}, broken: {broken}", err=True)
    if broken or (waiting and order == "code-first"):
        sys.exit(FINDINGS)


def _older(against: str, project: Project, database_url: str | None) -> Manifest:
    """Return the manifest of REF: as it stands in a file, or made of REF's own folders."""
    from amber_sql.deploy.compat.older_state import older_state  # noqa: PLC0415
    from amber_sql.deploy.scratch.verify import described  # noqa: PLC0415

    if against.endswith(".json"):
        return read_manifest(Path(against))
    with older_state(against, project.queries, project.migrations) as source:
        return described(source.queries, source.migrations, database_url)
