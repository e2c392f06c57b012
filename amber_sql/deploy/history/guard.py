"""Verdicts on the history → a refusal that names every file, or the adoption of what stock yoyo ran."""

from __future__ import annotations

from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

from amber_sql.deploy.files.folder import refuse_order
from amber_sql.deploy.files.migration_file import MigrationFile, read
from amber_sql.deploy.history import marks
from amber_sql.deploy.history.verdicts import REFUSED, Verdict, compare_history, verdict_of_order
from amber_sql.deploy.progress import Event, Progress
from amber_sql.errors import HistoryRefused

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import psycopg

_IN_DEVELOPMENT = (
    "In development, as after a change of branch: `amber-sql push --force-reset` makes the database"
    " anew from the migrations on disk, without its rows."
)


def files_of(migrations: Iterable[Any]) -> list[MigrationFile]:
    """Return the files of yoyo's migrations, in their order."""
    return [read(Path(migration.path)) for migration in migrations]


def read_verdicts(conn: psycopg.Connection, files: Sequence[MigrationFile]) -> list[Verdict]:
    """Judge `files` against what the database ran. Writes nothing."""
    return compare_history(files, marks.read(conn))


def check_undo(
    conn: psycopg.Connection,
    files: Sequence[MigrationFile],
    undone: Sequence[str],
    *,
    development: bool,
) -> None:
    """Raise HistoryRefused unless `undone`, the last one first, is what this database ran last."""
    ran = [row.name for row in reversed(marks.read(conn))]
    by_name = {verdict.name: verdict for verdict in read_verdicts(conn, files)}
    wrong = []
    # Without a file to undo, the last one that ran has no file either.
    for name, wanted in zip_longest(ran[: max(1, len(undone))], undone):
        if name is None:
            continue
        verdict = by_name[name]
        if verdict.state in REFUSED:
            wrong.append(verdict)
        elif name != wanted:
            wrong.append(verdict_of_order(name, wanted))
    if wrong:
        raise _refused(wrong, development=development)


def check(
    conn: psycopg.Connection,
    files: Sequence[MigrationFile],
    *,
    allow_ahead: bool,
    development: bool,
    progress: Progress,
) -> None:
    """Raise HistoryRefused unless `files` continue the history; adopt what has no checksum yet."""
    found = read_verdicts(conn, files)
    wrong = [v for v in found if v.state in REFUSED and not (allow_ahead and v.ahead)]
    if wrong:
        raise _refused(wrong, development=development)
    refuse_order(files, [v.name for v in found if v.state == "pending"])
    for verdict in found:
        if verdict.ahead:
            progress(Event("warning", verdict.name, detail="the database is ahead of this release"))
    by_name = {file.name: file for file in files}
    for verdict in found:
        if verdict.state == "unverified":
            marks.store_text(conn, by_name[verdict.name], adopted=True)
            progress(Event("adopted", verdict.name, detail="its text is compared from now on"))


def _refused(wrong: Sequence[Verdict], *, development: bool) -> HistoryRefused:
    """Return the refusal that names each, and then what helps."""
    lines = [f"{v.name} ({v.state}): {v.detail}" for v in wrong]
    if any(v.ahead for v in wrong):
        lines.append("An older release: `amber-sql migrate deploy --allow-ahead`.")
    if development:
        lines.append(_IN_DEVELOPMENT)
    return HistoryRefused(what="\n" + "\n".join(lines), verdicts=wrong)
