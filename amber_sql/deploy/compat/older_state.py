"""A git revision, a wheel or a manifest → the older state of a project, in folders."""

from __future__ import annotations

import subprocess
import tempfile
import zipfile
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from amber_sql.errors import UnknownReference
from amber_sql.locate import BUNDLED

if TYPE_CHECKING:
    from collections.abc import Iterator


class ProjectFolders(msgspec.Struct, frozen=True):
    """The folders of an older state."""

    queries: Path
    migrations: Path


@contextmanager
def older_state(reference: str, queries: Path, migrations: Path) -> Iterator[ProjectFolders]:
    """Give the folders as they are in a wheel or at a git revision.

    `queries` and `migrations` are today's, and tell where in the repository they are.
    """
    with tempfile.TemporaryDirectory(prefix="amber-") as place:
        root = Path(place)
        if reference.endswith(".whl"):
            yield _wheel(reference, root)
        else:
            yield _revision(reference, queries, migrations, root)


def _wheel(reference: str, root: Path) -> ProjectFolders:
    """Unpack the SQL of a wheel; it carries its folders under `_sql`."""
    try:
        with zipfile.ZipFile(reference) as wheel:
            names = [name for name in wheel.namelist() if f"/{BUNDLED}/" in name]
            wheel.extractall(root, names)
    except (OSError, zipfile.BadZipFile) as error:
        raise UnknownReference(reference=reference, why=str(error)) from None
    found = [path for path in root.rglob(BUNDLED) if path.is_dir()]
    if not found:
        raise UnknownReference(reference=reference, why=f"it holds no {BUNDLED} folder")
    return ProjectFolders(found[0] / "queries", found[0] / "migrations")


def _revision(reference: str, queries: Path, migrations: Path, root: Path) -> ProjectFolders:
    """Unpack two folders of a git revision."""
    top = Path(_git(queries, "rev-parse", "--show-toplevel", reference=reference).decode().strip())
    inside = [folder.resolve().relative_to(top.resolve()) for folder in (queries, migrations)]
    # `--` would end the options, and git archive takes the revision before the paths.
    commit = _git(
        top,
        "rev-parse",
        "--verify",
        "--end-of-options",
        f"{reference}^{{commit}}",
        reference=reference,
    )
    archive = _git(
        top,
        "archive",
        "--format=zip",
        commit.decode().strip(),
        *map(str, inside),
        reference=reference,
    )
    with zipfile.ZipFile(BytesIO(archive)) as packed:
        packed.extractall(root)
    return ProjectFolders(root / inside[0], root / inside[1])


def _git(folder: Path, *arguments: str, reference: str) -> bytes:
    """Run git, and say what it said when it fails."""
    ran = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, check=False)
    if ran.returncode:
        said = ran.stderr.decode(errors="replace").strip().splitlines()
        why = said[-1] if said else "git failed"
        if "single revision" in why:
            why = "git knows no such revision"
        raise UnknownReference(reference=reference, why=why.removeprefix("fatal: "))
    return ran.stdout
