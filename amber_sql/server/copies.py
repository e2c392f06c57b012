"""Programs out of the account's reach → a copy that it can run.

A virtual environment under root's 0700 home cannot be entered by the account that root drops to.
So root hard-links the programs into a folder of its own: no space used, no guessable name in /tmp.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from amber_sql.errors import ServerFailed
from amber_sql.server import places
from amber_sql.server.account import options
from amber_sql.server.binaries import share_of

if TYPE_CHECKING:
    from amber_sql.server.account import Account

READABLE, PROGRAM, FOLDER = 0o444, 0o111, 0o755


def readable(bin_dir: Path, account: Account | None, copies: Path | None = None) -> Path:
    """Return `bin_dir`, or where `account` cannot run what is there, its copy below `copies`.

    That is `places.copies()` if not given. Raises `ServerFailed` where the programs are spread over the system and cannot be moved.
    """
    if account is None or _can_run(bin_dir, account):
        return bin_dir
    share = share_of(bin_dir)
    if share is None or bin_dir.parent not in share.parents:
        reason = f"the account with id {account.uid} cannot run {bin_dir / 'postgres'}."
        raise ServerFailed(action="start", reason=reason)
    program = (bin_dir / "postgres").stat()  # another program at the same path is another copy
    identity = f"{bin_dir}:{program.st_ino}:{program.st_size}:{program.st_mtime_ns}"
    copy = (copies or places.copies()) / hashlib.sha256(identity.encode()).hexdigest()[:12]
    if not copy.exists():
        _publish(bin_dir.parent, copy)
    return copy.joinpath(*bin_dir.parts[-3:])


def _can_run(bin_dir: Path, account: Account) -> bool:
    asked: list[str | Path] = [bin_dir / "postgres", "--version"]
    try:
        done = subprocess.run(asked, capture_output=True, check=False, **options(account))
    except OSError:
        return False
    return done.returncode == 0


def _publish(prefix: Path, copy: Path) -> None:
    """Make `copy` in one step, so that a kill or a second process leaves a whole one or none."""
    places.make(copy.parent)
    building = Path(tempfile.mkdtemp(dir=copy.parent))
    package = prefix.parent
    for name in ("bin", "lib", "share"):
        _link_tree(prefix / name, building / package.name / prefix.name / name)
    # auditwheel's copies of libpq, which the programs look for beside their package
    _link_tree(Path(f"{package}.libs"), building / f"{package.name}.libs")
    for folder, _, _ in os.walk(building):
        Path(folder).chmod(FOLDER)  # whatever the umask
    try:
        building.rename(copy)
    except OSError:
        shutil.rmtree(building)
        if not copy.exists():
            raise


def _link_tree(source: Path, target: Path) -> None:
    for folder, _, files in os.walk(source):
        here = target / Path(folder).relative_to(source)
        here.mkdir(parents=True)
        for name in files:
            _link(Path(folder, name), here / name)


def _link(source: Path, target: Path) -> None:
    mode = source.lstat().st_mode
    if stat.S_ISLNK(mode):
        target.symlink_to(source.readlink())
        return
    wanted = READABLE | (PROGRAM if mode & stat.S_IXUSR else 0)
    if mode & wanted == wanted:
        try:
            target.hardlink_to(source)
        except OSError:  # another disk
            pass
        else:
            return
    shutil.copyfile(source, target)
    target.chmod(wanted)
