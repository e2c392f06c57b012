"""A migration file → its directives and its text, without splitting it into statements.

yoyo splits files with sqlparse, which is wrong for a nested comment that holds `;`. The server
splits them right: the whole file goes to it as one simple query, and an error's position is the
position in the file.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import msgspec

from amber_sql.errors import BadMigrationFile

_DIRECTIVE = re.compile(r"^\s*--\s*(transactional|depends)\s*:\s*(.*?)\s*$")
_LINE = re.compile(r"[^\n]*")
_COMMENT_OR_EMPTY = re.compile(r"^\s*(--.*)?$")


class MigrationFile(msgspec.Struct, frozen=True, kw_only=True):
    """One `.sql` file as yoyo reads it: the directives are in the comments at its top.

    `text` has its line endings normalised, so that a checkout on another system is the same file.
    """

    name: str
    path: Path
    text: str
    transactional: bool
    depends: tuple[str, ...]

    @property
    def checksum(self) -> str:
        """SHA-256 of the text, in hexadecimal."""
        return checksum(self.text)

    @property
    def shown(self) -> str:
        """The path as a person finds it: from the folder that they are in, where it is below."""
        here = Path.cwd()
        return str(self.path.relative_to(here) if self.path.is_relative_to(here) else self.path)

    def rollback(self) -> MigrationFile | None:
        """Return the file that undoes this one, or None where there is none.

        It runs outside a transaction where this one does, as with plain yoyo, or where it says so.
        """
        path = self.path.with_suffix(".rollback.sql")
        if not path.exists():
            return None
        file = read(path)
        return msgspec.structs.replace(
            file, name=self.name, transactional=self.transactional and file.transactional
        )


def checksum(text: str) -> str:
    """Return the SHA-256 of `text`, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def read(path: Path) -> MigrationFile:
    """Read one file; BadMigrationFile where a directive or the encoding is wrong."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        what = f"cannot be read ({error.strerror})"
        raise BadMigrationFile(file=path, what=what) from None
    except UnicodeDecodeError as error:
        raise BadMigrationFile(file=path, what=f"is not UTF-8 (byte {error.start})") from None
    directives = _directives(text)
    transactional = directives.get("transactional", ["true"])[-1].lower()
    if transactional not in {"true", "false"}:
        raise BadMigrationFile(
            file=path, what=f"says transactional: {transactional}, not true or false"
        )
    return MigrationFile(
        name=path.name.removesuffix(".sql").removesuffix(".rollback"),
        path=path,
        text=text,
        transactional=transactional == "true",
        depends=tuple(
            sorted({name for line in directives.get("depends", []) for name in line.split()})
        ),
    )


def _directives(text: str) -> dict[str, list[str]]:
    """Return the `-- key: value` lines above the first line of SQL."""
    found: dict[str, list[str]] = {}
    for found_line in _LINE.finditer(text):  # not split: a file may be large, and its top is short
        line = found_line[0]
        if match := _DIRECTIVE.match(line):
            found.setdefault(match[1], []).append(match[2])
        elif not _COMMENT_OR_EMPTY.match(line):
            break
    return found
