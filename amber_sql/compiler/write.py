"""Generated text → files: all or none, and nothing outside of the folder or without our header.

A link below the folder is nobody's to follow: what is behind it may be another package of ours.
"""

from __future__ import annotations

import secrets
from contextlib import suppress
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import msgspec

from amber_sql.compiler.emit.layout import HEADER
from amber_sql.errors import CannotWrite, LinkInTheWay, NotGenerated

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_INIT = '"""A generated package."""\n'


class Owned(msgspec.Struct, frozen=True):
    """What in a folder is ours to write over and to delete."""

    mark: bytes
    """What stands in the first line of each file of ours."""
    patterns: tuple[str, ...]
    """Where files that are needed no more are looked for."""
    begun: tuple[str, ...] = ()
    """Packages' first modules: written where they are missing, and yours from then on."""


CODE = Owned(
    HEADER.removeprefix("# ").split(" from ")[0].encode(),
    ("queries/**/*.py", "aio/queries/**/*.py"),
    ("__init__.py", "aio/__init__.py"),
)
"""A generated package."""


def difference(out: Path, files: dict[str, str], owned: Owned = CODE) -> list[tuple[str, str]]:
    """Return (path, what) for every file that writing would change: changed, missing, left over.

    Raises LinkInTheWay, and CannotWrite where the files cannot be read.
    """
    try:
        _refuse_links(out, [*files, *owned.begun])
        found = []
        for path, text in files.items():
            target = out / path
            if not target.exists():
                found.append((path, "missing"))
            elif not target.is_file() or target.read_bytes() != text.encode():
                found.append((path, "changed"))
        for path in _left_over(out, files, owned):
            found.append((path, "left over"))
            # Where case does not count, this is one of today's files under its old name.
            same = [new for new in files if new.casefold() == path.casefold()]
            found += [(new, "changed") for new in same if (out / new).exists()]
        return sorted(set(found))
    except OSError as error:
        raise _cannot(out, error) from None


def write(out: Path, files: dict[str, str], owned: Owned = CODE) -> list[tuple[str, str]]:
    """Write every file that differs and delete what no query needs; return what was done.

    Everything is written beside its place first and then renamed; whatever fails, each file is
    again as it was. Raises NotGenerated for what is in the way and has not our header,
    LinkInTheWay and CannotWrite.
    """
    changes = difference(out, files, owned)
    for path, what in changes:
        if what == "changed" and not _is_ours(out / path, owned):
            raise NotGenerated(path=out / path)
    texts = {path: _INIT for path in owned.begun if not (out / path).exists()}
    texts |= {path: files[path] for path, what in changes if what != "left over"}
    transaction = _FileTransaction(out)
    try:
        for path, text in texts.items():
            transaction.prepare(path, text)
        # What is left over goes first: where case does not count, it may be a file's old name.
        for path, what in changes:
            if what == "left over":
                transaction.delete(path)
        for path in texts:
            transaction.put(path)
    except OSError as error:
        transaction.undo()
        raise _cannot(out, error) from None
    except BaseException:
        transaction.undo()
        raise
    return changes


class _FileTransaction:
    """The files that were written and deleted so far, so that they can be put back."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.folders: list[Path] = []
        self.beside: dict[str, Path] = {}
        self.before: dict[Path, bytes | None] = {}

    def prepare(self, path: str, text: str) -> None:
        target = self.out / path
        for folder in (*reversed(target.parent.parents), target.parent):
            if not folder.is_dir():
                folder.mkdir()
                self.folders.append(folder)
        beside = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
        self.beside[path] = beside
        beside.write_text(text, encoding="utf-8", newline="\n")

    def put(self, path: str) -> None:
        target = self.out / path
        before = target.read_bytes() if target.is_file() else None
        self.beside[path].replace(target)
        self.before[target] = before

    def delete(self, path: str) -> None:
        target = self.out / path
        before = target.read_bytes()
        target.unlink()
        self.before[target] = before

    def undo(self) -> None:
        for beside in self.beside.values():
            with suppress(OSError):
                beside.unlink(missing_ok=True)
        for target, before in reversed(self.before.items()):
            with suppress(OSError):
                target.unlink() if before is None else target.write_bytes(before)
        for folder in reversed(self.folders):
            with suppress(OSError):
                folder.rmdir()


def _cannot(out: Path, error: OSError) -> CannotWrite:
    return CannotWrite(path=error.filename or out, reason=error.strerror or str(error))


def _refuse_links(out: Path, paths: Iterable[str]) -> None:
    """Raise LinkInTheWay for a link at, or on the way from `out` to, anything that is written."""
    for path in paths:
        parts = PurePosixPath(path).parts
        if ".." in parts or PurePosixPath(path).is_absolute():
            raise LinkInTheWay(path=out / path)
        for number in range(1, len(parts) + 1):
            if (place := out.joinpath(*parts[:number])).is_symlink():
                raise LinkInTheWay(path=place)


def _left_over(out: Path, files: dict[str, str], owned: Owned) -> list[str]:
    found = []
    for pattern in owned.patterns:
        for path in sorted(out.glob(pattern)):
            name = path.relative_to(out).as_posix()
            if name not in files and _is_ours(path, owned):
                found.append(name)
    return found


def _is_ours(path: Path, owned: Owned) -> bool:
    if path.is_symlink() or not path.is_file():
        return False
    with path.open("rb") as file:
        return owned.mark in file.readline()
