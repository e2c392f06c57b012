"""The Python face of deploys; each function is the path that the commands go."""

from __future__ import annotations

import glob
from pathlib import Path
from typing import TYPE_CHECKING, Any

from amber_sql.deploy.compat import running_releases
from amber_sql.deploy.connect.connection import connect
from amber_sql.deploy.connect.target import database_url
from amber_sql.deploy.files.folder import refuse_capitals
from amber_sql.deploy.history import guard, marks
from amber_sql.deploy.progress import Progress, log
from amber_sql.deploy.settings import Settings
from amber_sql.errors import NoMigrations, UnknownMigration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amber_sql.deploy.backend import AmberBackend
    from amber_sql.deploy.compat.manifest import Manifest
    from amber_sql.deploy.compat.running_releases import Live
    from amber_sql.deploy.history.verdicts import Verdict

_QUICK = Settings()


def migrate(
    url: str | None,
    directory: Path | str,
    *,
    progress: Progress | None = None,
    settings: Settings = _QUICK,
    queries: Path | None = None,
    running: Sequence[Manifest] = (),
) -> list[str]:
    """Apply what is pending, and return the names of what was applied, in that order.

    `url` is anything libpq takes; None means the environment's. What the database remembers as
    running, and `running`, must hold after each migration. `queries` is the folder of the release
    that is being deployed, to be remembered. Raises DatabaseUnreachable, DeployLocked,
    MigrationFailed, BreaksRunning, or one of the refusals of `errors.py`.
    """
    with _backend(url, progress, settings, queries, running) as backend, backend.lock():
        todo = backend.to_apply(_read(directory))
        backend.apply_migrations(todo)
        return [migration.id for migration in todo]


def rollback(
    url: str | None,
    directory: Path | str,
    count: int = 1,
    *,
    progress: Progress | None = None,
    settings: Settings = _QUICK,
) -> list[str]:
    """Undo the last `count` migrations, and return their names, the last one first."""
    with _backend(url, progress, settings) as backend, backend.lock():
        todo = backend.to_rollback(_read(directory))[:count]
        backend.rollback_migrations(todo)
        return [migration.id for migration in todo]


def status(url: str | None, directory: Path | str) -> list[Verdict]:
    """Return the state of every migration, on disk or applied. Writes nothing, takes no lock."""
    from amber_sql.deploy.files.yoyo_steps import every_migration  # imports yoyo  # noqa: PLC0415

    _read(directory)
    files = guard.files_of(every_migration([directory]))
    with connect(database_url(url), _QUICK, progress=log) as conn:
        return guard.read_verdicts(conn, files)


def pending(url: str | None, directory: Path | str) -> list[str]:
    """Return the names of what `migrate` would apply. Writes nothing and takes no lock."""
    return [v.name for v in status(url, directory) if v.state == "pending"]


def live_releases(url: str | None) -> list[Live]:
    """Return the releases that the database remembers as running, the oldest first."""
    with connect(database_url(url), _QUICK, progress=log) as conn:
        return running_releases.live(conn)


def retire(url: str | None, release: str) -> None:
    """Say that nothing of `release` runs any more; UnknownRelease where it is not live."""
    with connect(database_url(url), _QUICK, progress=log) as conn:
        running_releases.retire(conn, release)


def mark(url: str | None, directory: Path | str, name: str) -> None:
    """Say that `name` is applied as its file stands, without running it."""
    with _backend(url, None, _QUICK) as backend, backend.lock():
        backend.ensure_internal_schema_updated()
        migration = _named(directory, name)
        with backend.transaction():
            if marks.is_applied(backend.connection, migration.hash):
                marks.store_text(backend.connection, guard.files_of([migration])[0])
            else:
                backend.mark_one(migration)


def unmark(url: str | None, directory: Path | str, name: str) -> None:
    """Say that `name` is not applied, without undoing it; its file may be gone."""
    with _backend(url, None, _QUICK) as backend, backend.lock():
        backend.ensure_internal_schema_updated()
        ran = {row.name for row in marks.read(backend.connection)}
        if name not in ran:
            raise UnknownMigration(name=name, where="among the applied ones")
        with backend.transaction():
            backend.unmark_one(_named(directory, name, missing_ok=True))


def _backend(
    url: str | None,
    progress: Progress | None,
    settings: Settings,
    queries: Path | None = None,
    running: Sequence[Manifest] = (),
) -> AmberBackend:
    from amber_sql.deploy.backend import AmberBackend  # imports yoyo: 60 ms  # noqa: PLC0415

    return AmberBackend(
        url=database_url(url),
        progress=progress or log,
        settings=settings,
        queries=queries,
        running=running,
    )


def _read(directory: Path | str) -> Any:
    """Return yoyo's list of the migrations in a folder; a folder without any is a mistake."""
    from yoyo import read_migrations  # noqa: PLC0415

    refuse_capitals([Path(directory)])
    found = read_migrations(glob.escape(str(directory)))
    if not found:
        raise NoMigrations(folder=directory)
    return found


def _named(directory: Path | str, name: str, *, missing_ok: bool = False) -> Any:
    """Return yoyo's object of one migration; UnknownMigration where there is no such file."""
    from yoyo.migrations import Migration  # noqa: PLC0415

    for migration in _read(directory):
        if migration.id == name:
            return migration
    if missing_ok:
        return Migration(name, str(Path(directory) / f"{name}.sql"), str(directory))
    raise UnknownMigration(name=name, where=f"in {directory}")
