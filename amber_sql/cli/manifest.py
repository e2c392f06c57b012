"""`manifest`: a release's queries as a server describes them, as sorted JSON."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from amber_sql.cli.database import scratch_option
from amber_sql.cli.project import project_options
from amber_sql.deploy.compat.manifest import Manifest, from_json, name_of
from amber_sql.errors import BadManifest, CannotWrite, UnknownReference
from amber_sql.locate import source

if TYPE_CHECKING:
    from amber_sql.locate import Project


@click.command()
@project_options()
@scratch_option
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file to write. Default: stdout.",
)
def manifest(*, project: Project, database_url: str | None, out: Path | None) -> None:
    """Print this release's queries as PostgreSQL describes them: what no later migration may break.

    It is JSON with their SQL; manifest.json in the generated package is the same without.
    """
    from amber_sql.deploy.scratch.verify import described  # the compiler is slow to import  # noqa: PLC0415

    text = described(project.queries, project.migrations, database_url).to_json()
    if out is None:
        click.echo(text, nl=False)
        return
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CannotWrite(path=out, reason=error.strerror) from None


def read_manifest(path: Path) -> Manifest:
    """Read a manifest's file, with the SQL from beside it where that is; BadManifest where it is none."""
    from amber_sql.deploy.compat.describe_release import read_files  # slow to import  # noqa: PLC0415

    try:
        found = from_json(path.read_bytes())
    except OSError as error:
        raise UnknownReference(reference=path, why=error.strerror) from None
    except msgspec.MsgspecError:
        raise BadManifest(file=path) from None
    if not found.files:
        found = msgspec.structs.replace(found, files=read_files(source(path.parent, "../queries")))
    if name_of(found.files) != found.release:
        raise BadManifest(file=path)
    return found
