"""The one module that knows where queries/ and migrations/ are: in a checkout or in the wheel."""

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
