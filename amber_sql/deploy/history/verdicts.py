"""Files on disk against what a database ran → one verdict a migration. Pure; decides nothing.

A migration that ran is history: whoever edits, renames or deletes its file, or slips one in before
it, gives two databases two schemas under one name.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence  # noqa: TC003  # small, and read by every type checker
from typing import Literal, TypeAlias

import msgspec

from amber_sql.deploy.files.migration_file import MigrationFile  # noqa: TC001
from amber_sql.deploy.history.marks import Applied  # noqa: TC001

MigrationState: TypeAlias = Literal[
    "applied", "pending", "edited", "renamed", "out of order", "unverified", "unknown"
]

REFUSED: frozenset[MigrationState] = frozenset({"edited", "renamed", "out of order", "unknown"})
"""States that stop a deploy."""

_LONGEST_DIFF = 40


class Verdict(msgspec.Struct, frozen=True):
    """One migration and its state.

    `detail` says what is wrong and what to do, with the difference where the old text is known.
    `ahead` is an unknown one that is newer than every file: this release is older than the database.
    """

    name: str
    state: MigrationState
    detail: str = ""
    ahead: bool = False


def compare_history(files: Sequence[MigrationFile], applied: Sequence[Applied]) -> list[Verdict]:
    """Return a verdict for each file, in the order of `files`, then for each name without a file."""
    ran = {row.name: row for row in applied}
    on_disk = {file.name for file in files}
    places = [place for place, file in enumerate(files) if file.name in ran]
    last = max(places, default=-1)
    gone = {row.checksum: row.name for row in applied if row.name not in on_disk and row.checksum}
    verdicts = []
    for place, file in enumerate(files):
        if row := ran.get(file.name):
            verdicts.append(_ran(file, row))
        elif old := gone.get(file.checksum):
            verdicts.append(Verdict(file.name, "renamed", _renamed(old)))
        elif place < last:
            verdicts.append(Verdict(file.name, "out of order", _out_of_order(files[last].name)))
        else:
            verdicts.append(Verdict(file.name, "pending"))
    newest = max(on_disk, default="")
    verdicts += [
        Verdict(
            row.name,
            "unknown",
            "it ran here and there is no such file: restore it",
            row.name > newest,
        )
        for row in applied
        if row.name not in on_disk
    ]
    return verdicts


def verdict_of_order(name: str, wanted: str | None) -> Verdict:
    """Return the verdict on what ran last, where something else would be undone."""
    what = f"it ran last, and {wanted or 'nothing'} would be undone: undo it first, or unmark it"
    return Verdict(name, "out of order", what)


def _ran(file: MigrationFile, row: Applied) -> Verdict:
    if row.checksum is None:
        return Verdict(file.name, "unverified", "it was applied by plain yoyo, which keeps no text")
    if row.checksum == file.checksum:
        return Verdict(file.name, "applied")
    what = "the file was edited after it ran: restore it, and put the change into a new migration"
    return Verdict(file.name, "edited", "\n".join(filter(None, [what, _difference(file, row)])))


def _difference(file: MigrationFile, row: Applied) -> str:
    """Return the unified diff from what ran to what the file holds now; nothing of a large file."""
    if not row.source:
        return ""
    lines = list(
        difflib.unified_diff(
            (row.source or "").splitlines(), file.text.splitlines(),
            f"{file.path.name} (as it ran)", f"{file.path.name} (on disk)", lineterm="", n=1,
        )
    )  # fmt: skip
    more = [f"… {len(lines) - _LONGEST_DIFF} more lines"] if len(lines) > _LONGEST_DIFF else []
    return "\n".join([*lines[:_LONGEST_DIFF], *more])


def _renamed(old: str) -> str:
    return f"it ran as {old}: give the file its old name back"


def _out_of_order(newest: str) -> str:
    return f"{newest} has run already: give this one a higher number"
