"""User → their folders: for persistent servers, and for temporary ones.

Nothing depends on the checkout, so that two checkouts share one server. A folder in the temporary
directory has a name that nobody can guess, or is checked to be ours.
"""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

from platformdirs import user_data_path

from amber_sql.errors import ServerFailed

NAME = "amber-sql"
ROOT_HOME = Path("/var/lib", NAME)
ENTER = stat.S_IXOTH


def home() -> Path:
    """Return the folder of this user's persistent servers, made if need be.

    AMBER_SERVER_DIR; else /var/lib/amber-sql for root, whose account must get in, and the user
    data directory for others. Who has no home that can be written to gets a folder below the
    temporary directory. Raises `ServerFailed` if that one belongs to somebody else.
    """
    if chosen := os.environ.get("AMBER_SERVER_DIR"):
        return Path(chosen).absolute()
    if os.geteuid() == 0:
        return ROOT_HOME
    try:
        folder = user_data_path(NAME, appauthor=False)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if os.access(folder, os.W_OK | os.X_OK):
            return folder
    except (OSError, RuntimeError):  # RuntimeError: no home directory at all
        pass
    return _own(Path(tempfile.gettempdir(), f"{NAME}-{os.geteuid()}"))


def make(folder: Path) -> None:
    """Make `folder` and what is missing above it, for us alone, and for root's account to enter."""
    for place in reversed((folder, *folder.parents)):
        if not place.is_dir():
            place.mkdir(exist_ok=True)
            place.chmod(0o711 if os.geteuid() == 0 else 0o700)  # whatever the umask


def copies() -> Path:
    """Return the folder of root's copies of programs that its account cannot reach."""
    return home() / "programs"


def passing() -> list[Path]:
    """Return the folders for what does not stay, the best first; root's account can enter them."""
    folders = [Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp")]  # noqa: S108 - for mkdtemp
    if os.geteuid() == 0:
        return [folder for folder in folders if _open_to_all(folder)]
    return folders


def _own(folder: Path) -> Path:
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
        reason = f"{folder} is not yours alone. Set AMBER_SERVER_DIR to a folder that is."
        raise ServerFailed(action="start", reason=reason)
    return folder


def _open_to_all(folder: Path) -> bool:
    whole = folder.resolve()
    return all(place.is_dir() and place.stat().st_mode & ENTER for place in (whole, *whole.parents))
