"""The one module that knows where queries/ and migrations/ are: in a project, a checkout, the wheel."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
BUNDLED = "_sql"
"""The folder inside an installed package that holds what the checkout has beside the package."""


def source(package: Path, relative: str) -> Path:
    """Return the folder of SQL files that the generated code in `package` was made from.

    `relative` is its path as seen from `package` in a checkout. An installed wheel carries the
    same folder under `_sql/`, which wins where it exists.
    """
    bundled = package / BUNDLED / Path(relative).name
    return bundled if bundled.is_dir() else (package / relative).resolve()


def is_bundled(folder: Path) -> bool:
    """Tell whether `folder` lies in an installed wheel, which is whole by construction."""
    return folder.parent.name == BUNDLED


def queries_dir() -> Path:
    """Return the folder of Amber's own queries."""
    return source(PACKAGE, "../queries")


def migrations_dir() -> Path:
    """Return the folder of Amber's own migrations."""
    return source(PACKAGE, "../migrations")


def project() -> tuple[Path, Path]:
    """Return queries/ and migrations/ of the project that the working directory is in.

    A project is a folder with `migrations/*.sql`, or with both folders, empty as they may be.
    Outside of any, Amber's own are meant.
    """
    here = Path.cwd()
    for folder in (here, *here.parents):
        queries, migrations = folder / "queries", folder / "migrations"
        if any(migrations.glob("*.sql")) or (queries.is_dir() and migrations.is_dir()):
            return queries, migrations
    return queries_dir(), migrations_dir()


def is_elsewhere(folder: Path) -> bool:
    """Tell whether `folder` is Amber's own, and the working directory not in its checkout."""
    own = folder in {queries_dir(), migrations_dir()}
    return own and not Path.cwd().is_relative_to(folder.parent)


def package_of(queries: Path) -> Path:
    """Return the package that a project's functions are written to, unless it is named."""
    return PACKAGE if queries == queries_dir() else queries.parent / "db"
