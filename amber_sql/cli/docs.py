"""`docs`: a project's tables and queries as files, for who has no database at hand."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from amber_sql.cli.database import scratch_option
from amber_sql.cli.project import project_options
from amber_sql.cli.report import counted, out, print_findings, shown, talk
from amber_sql.cli.studio import require_extra
from amber_sql.errors import FINDINGS

if TYPE_CHECKING:
    from amber_sql.locate import Project


@click.command()
@project_options()
@scratch_option
@click.option(
    "--out",
    "folder",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder to write. What lies there and is not ours is left alone.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["markdown", "html"]),
    default="markdown",
    show_default=True,
    help="Markdown as forges show it, or pages for a browser, which need no server.",
)
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if a file would change.")
def docs(
    *, project: Project, database_url: str | None, folder: Path, form: str, check: bool
) -> None:
    """Write tables, diagrams and queries as files: what there is, and who reads and writes what.

    The same migrations and queries give the same files.
    """
    from amber_sql.compiler.write import difference, write  # slow to import  # noqa: PLC0415
    from amber_sql.studio.files.project_files import owned, project_files  # noqa: PLC0415

    if form == "html":
        require_extra()
    build, files = project_files(project, database_url, form)
    if build.errors:
        print_findings(build.errors)
        talk.print(f"{counted(len(build.errors), 'error')}; nothing was written", markup=False)
        sys.exit(FINDINGS)
    changes = (difference if check else write)(folder, files, owned(form))
    for path, what in changes:
        done = what if check else "deleted" if what == "left over" else "wrote"
        out.print(f"{done} {shown(folder / path)}", markup=False)
    if check and changes:
        talk.print("The files are stale: run `amber-sql docs`", markup=False)
        sys.exit(FINDINGS)
    talk.print(f"{len(changes)} of {counted(len(files), 'file')} changed.", markup=False)
