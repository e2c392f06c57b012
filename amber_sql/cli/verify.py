"""`verify`: in CI, what a deploy would refuse."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from amber_sql.cli.database import folder_option, queries_option
from amber_sql.cli.manifest import read_manifest
from amber_sql.errors import FINDINGS

if TYPE_CHECKING:
    from amber_sql.deploy.compat.manifest import Manifest


@click.command()
@folder_option
@queries_option
@click.option(
    "--against", required=True, metavar="REF", help="A git revision, a wheel or a manifest."
)
@click.option(
    "--order",
    type=click.Choice(["migrations-first", "code-first"]),
    default="migrations-first",
    show_default=True,
    help="What a deploy does first.",
)
@click.option("--scratch-url", metavar="URL", help="A server to migrate on. Default: embedded.")
def verify(
    *, folder: Path, queries: Path, against: str, order: str, scratch_url: str | None
) -> None:
    """Hold the queries of REF against today's migrations, and today's queries against REF's."""
    from amber_sql.deploy.scratch.verify import (  # the compiler is slow to import  # noqa: PLC0415
        migration_effects,
        needed,
    )

    old = _older(against, queries, folder, scratch_url)
    found = migration_effects(old, folder, scratch_url)
    for effect in found:
        click.echo(f"{'breaks' if effect.breaks else 'may fail'}: {effect}")
    waiting = needed(queries, folder, old.migrations, scratch_url)
    for need in waiting:
        click.echo(need)
    broken = sum(effect.breaks for effect in found)
    click.echo(f"queries of {against}: {len(old.queries)}, broken: {broken}", err=True)
    if broken or (waiting and order == "code-first"):
        sys.exit(FINDINGS)


def _older(against: str, queries: Path, folder: Path, scratch_url: str | None) -> Manifest:
    """Return the manifest of REF: as it stands in a file, or made of REF's own folders."""
    from amber_sql.deploy.compat.older_state import older_state  # noqa: PLC0415
    from amber_sql.deploy.scratch.verify import described  # noqa: PLC0415

    if against.endswith(".json"):
        return read_manifest(Path(against))
    with older_state(against, queries, folder) as source:
        return described(source.queries, source.migrations, scratch_url)
