"""A project → the files of `amber-sql docs`, from a scratch database that its migrations make."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amber_sql.compiler.pipeline import compile_queries
from amber_sql.compiler.write import Owned
from amber_sql.deploy.scratch.scratch_database import scratch
from amber_sql.studio.catalogue.read import read_catalogue
from amber_sql.studio.files.file_names import MARK
from amber_sql.studio.files.markdown import markdown

if TYPE_CHECKING:
    from amber_sql.compiler.pipeline import Build
    from amber_sql.locate import Project

ENDINGS = {"markdown": ("md",), "html": ("html", "css")}


def project_files(
    project: Project, database_url: str | None, form: str
) -> tuple[Build, dict[str, str]]:
    """Compile a project, and return path → text of its files; no text where there are errors.

    A project without queries has tables all the same. Raises what migrating a scratch database raises.
    """
    with scratch(project.migrations, database_url) as conn:
        build = compile_queries(conn, project.queries)
        if build.errors:
            return build, {}
        catalogue = read_catalogue(conn, build)
    if form == "html":
        from amber_sql.studio.files.html import html  # takes the extra `studio`  # noqa: PLC0415

        return build, html(catalogue)
    return build, markdown(catalogue)


def owned(form: str) -> Owned:
    """Return what of a folder is ours in this format."""
    patterns = [f"{folder}*.{e}" for folder in ("", "tables/", "queries/") for e in ENDINGS[form]]
    return Owned(MARK.encode(), tuple(patterns))
