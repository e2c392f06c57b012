"""A folder of migrations → what is wrong with the names of its files, before yoyo passes over any."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from amber_sql.errors import BadMigrationFile

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from pathlib import Path

    from amber_sql.deploy.files.migration_file import MigrationFile

_ENDING = re.compile(r"(\.rollback)?\.(sql|py)$", re.IGNORECASE)
_NUMBER = re.compile(r"\d+")


def refuse_capitals(folders: Iterable[Path]) -> None:
    """Raise where a file's ending is in capitals: yoyo looks for `.sql`, `.rollback.sql` and `.py`."""
    for folder in folders:
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            ending = _ENDING.search(path.name)
            if ending and path.is_file() and ending[0] != ending[0].lower():
                what = f"ends in {ending[0]}, which no deploy would see as {ending[0].lower()}"
                raise BadMigrationFile(file=path, what=what)


def refuse_order(files: Sequence[MigrationFile], pending: Collection[str]) -> None:
    """Raise where a pending file would run before one with a lower number, and none says it depends.

    Names are compared letter by letter, so that `10` comes before `9`.
    """
    highest: tuple[int, MigrationFile] | None = None
    for file in files:
        number = _NUMBER.match(file.name)
        if number is None:
            continue
        value = int(number[0])
        if highest is None or value > highest[0]:
            highest = value, file
            continue
        other = highest[1]
        stated = file.depends or other.depends
        if value < highest[0] and not stated and {file.name, other.name} & set(pending):
            what = (
                f"would run after {other.path.name}, since names are compared letter by letter: give"
                " every number as many digits, or say `-- depends:`"
            )
            raise BadMigrationFile(file=file.path, what=what)
