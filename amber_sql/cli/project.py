"""--queries, --migrations and --package → the project that a command is about.

Without options it is the project of the working directory; there is no fallback to any other.
"""

from __future__ import annotations

from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from msgspec.structs import replace

from amber_sql import locate
from amber_sql.errors import NoProject, PackageInstalled
from amber_sql.locate import Project

if TYPE_CHECKING:
    from collections.abc import Callable

    Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

NAMED = "amber_sql.package"
"""Where `amber-sql --package NAME command` keeps NAME for the command."""
_FOLDER = click.Path(exists=True, file_okay=False, resolve_path=True, path_type=Path)


def package_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--package`, which means the SQL inside an installed package."""
    return click.option(
        "--package",
        metavar="NAME",
        help="The SQL inside an installed package, instead of the project here.",
    )(command)


def project_options(*, required: bool = True) -> Decorator:
    """Add the options that say which project a command is about, and pass it as `project`.

    Where one is not `required` and there is none, the command gets None.
    """

    def add(command: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(command)
        def with_project(
            *, queries: Path | None, migrations: Path | None, package: str | None, **more: Any
        ) -> Any:
            try:
                project = chosen(queries, migrations, package)
            except NoProject:
                if required:
                    raise
                return command(project=None, **more)
            return command(project=project, **more)

        decorated: Callable[..., Any] = with_project
        for option in (
            package_option,
            click.option("--migrations", type=_FOLDER, help="The folder of migrations. Default: the project's, or beside --queries."),
            click.option("--queries", type=_FOLDER, help="The folder of query files. Default: the project's, or beside --migrations."),
        ):  # fmt: skip
            decorated = option(decorated)
        return decorated

    return add


def chosen(queries: Path | None, migrations: Path | None, package: str | None) -> Project:
    """Return the project that the options mean. Raises NoProject and NoPackage.

    Where other migrations are named, nothing of the project here belongs to them. Queries without
    migrations beside them are held against those of the project here.
    """
    base: Project | None = None
    missing = NoProject(why="")
    try:
        base = named_or_here(package)
    except NoProject as error:
        missing = error
    if base and queries in {None, base.queries} and migrations in {None, base.migrations}:
        return base
    if migrations is not None:
        return _of_folders(queries or migrations.parent / "queries", migrations)
    if queries is not None and (beside := queries.parent / "migrations").is_dir():
        return _of_folders(queries, beside)
    if base and queries is not None:
        return replace(base, queries=queries, package=queries.parent / "db")
    raise missing


def named_or_here(package: str | None = None) -> Project:
    """Return the project of a package, or the one that the working directory is in."""
    context = click.get_current_context(silent=True)
    named = package or (context and context.meta.get(NAMED))
    return locate.package(named) if named else locate.project()


def project_here() -> Project | None:
    """Return the project here, for what may do without one."""
    try:
        return named_or_here()
    except NoProject:
        return None


def _of_folders(queries: Path, migrations: Path) -> Project:
    root = queries.parent
    return Project(
        root=root,
        queries=queries,
        migrations=migrations,
        seeds=root / "seeds",
        package=root / "db",
    )


def writable(project: Project, remedy: str) -> Project:
    """Return the project. Raises PackageInstalled where it is a package without a checkout."""
    if project.installed:
        raise PackageInstalled(package=project.installed, remedy=remedy)
    return project
