"""`generate --watch`: after each save the code is written again, until Ctrl-C.

The scratch database stays; what was described on it is not asked for again. What goes wrong is
reported, and the next save is waited for.
"""

from __future__ import annotations

import gc
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Self

import click
import psycopg

from amber_sql.cli.report import counted, print_error, talk
from amber_sql.errors import (
    AmberError,
    BadProjectFile,
    DatabaseRefused,
    DatabaseUnreachable,
    NoScratchDatabase,
    NoWatch,
    UnknownServerVersion,
)
from amber_sql.locate import OWN_FILE, read_settings, settings_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from amber_sql.compiler.known_queries import Known
    from amber_sql.locate import Project, Settings

STEP, DEBOUNCE, LOOK = 40, 300, 250
"""Milliseconds: after the last of several saves, after the first of them, and between two looks."""
SETTLE = 0.1
"""Seconds until a file that is empty or gone is looked at again: some editors write it anew."""
SETTINGS = (OWN_FILE, "pyproject.toml")
_HOPELESS = (DatabaseUnreachable, NoScratchDatabase, UnknownServerVersion)


def watch(find: Callable[[], tuple[Project, Path]], database_url: str | None) -> None:
    """Write the package at once, and after each save below the project's two folders.

    `find` gives the project and the folder to write; it is asked again when the settings change.
    """
    project, target = find()
    changes = _changes(project)
    talk.print(
        f"Watching {project.queries.name}/ and {project.migrations.name}/. Ctrl-C ends it.",
        markup=False,
    )
    try:
        with _Scratch(project.migrations, database_url) as scratch:
            while True:
                paths = next(changes)
                before = project
                if any(path.name in SETTINGS for path in paths):
                    try:
                        project, target = find()
                    except (AmberError, click.ClickException) as error:
                        _refused(error)
                        continue
                if _folders(project) != _folders(before):
                    scratch.move(project.migrations)
                    changes = _changes(project)
                    next(changes)  # everything is written now
                elif any(path.is_relative_to(project.migrations) for path in paths):
                    scratch.drop()
                _settle(paths)
                _again(scratch, paths, project, target)
                gc.collect()
    except KeyboardInterrupt:
        talk.print("Stopped.")


def _refused(error: AmberError | click.ClickException) -> None:
    if isinstance(error, AmberError):
        print_error(error)
    else:
        error.show()


def _folders(project: Project) -> tuple[Path, Path]:
    return project.queries, project.migrations


class _Scratch:
    """The scratch database, as long as the migrations stay as they are."""

    def __init__(self, migrations: Path, database_url: str | None) -> None:
        self._place = migrations, database_url
        self._stack = ExitStack()
        self._known: Known | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.drop()

    def move(self, migrations: Path) -> None:
        """Let go of it: the next one is made of other migrations."""
        self.drop()
        self._place = migrations, self._place[1]

    def known(self) -> Known:
        """Return what is known of the database, which is made where there is none."""
        from amber_sql.compiler.known_queries import Known  # slow to import  # noqa: PLC0415
        from amber_sql.deploy.scratch.scratch_database import scratch  # noqa: PLC0415

        if self._known is not None and self._known.conn.closed:
            self.drop()
        if self._known is None:
            self._known = Known(self._stack.enter_context(scratch(*self._place)))
        return self._known

    def drop(self) -> None:
        """Let go of it."""
        self._known = None
        stack, self._stack = self._stack, ExitStack()
        try:
            stack.close()
        except psycopg.Error:  # of a server that went away
            return


def _again(scratch: _Scratch, paths: set[Path], project: Project, target: Path) -> None:
    """Write, and report whatever stops it; only without a server there is nothing to wait for."""
    from amber_sql.cli.generated_files import write_files  # slow to import  # noqa: PLC0415

    started = time.monotonic()
    is_first = not paths
    try:
        try:
            write_files(scratch.known(), project, target)
        except psycopg.OperationalError:  # a restarted server: once more, on a new connection
            scratch.drop()
            write_files(scratch.known(), project, target)
    except _HOPELESS as error:
        if is_first:
            raise
        print_error(error)
    except AmberError as error:
        print_error(error)
    except psycopg.Error as error:
        scratch.drop()
        print_error(DatabaseRefused(reason=str(error).strip()))
    except OSError as error:
        talk.print(f"error: {error}", markup=False)
    names = sorted(_shown(path, project) for path in paths)
    what = "everything" if is_first else ", ".join(names[:3])
    more = f" and {counted(len(names) - 3, 'more file')}" if len(names) > 3 else ""  # noqa: PLR2004
    now, seconds = time.strftime("%H:%M:%S"), time.monotonic() - started
    talk.print(f"{now} {what}{more}: {seconds:.1f} s", markup=False)


def _shown(path: Path, project: Project) -> str:
    root = project.queries.parent
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


def _settle(paths: set[Path]) -> None:
    """Wait where a file is gone or empty: it may be about to be written."""
    for path in paths:
        try:
            empty = not path.stat().st_size
        except OSError:
            empty = True
        if empty:
            time.sleep(SETTLE)
            return


def _told(root: Path) -> Settings | str | None:
    """Return what the settings say; of a file that cannot be read, why."""
    try:
        return read_settings(root)
    except BadProjectFile as error:
        return str(error)


def _changes(project: Project) -> Iterator[set[Path]]:
    """Yield an empty set, and then the .sql files, or the settings, of each change. Raises NoWatch."""
    try:
        import watchfiles  # an extra  # noqa: PLC0415
    except ImportError:
        raise NoWatch from None

    class Sql(watchfiles.DefaultFilter):
        """Whole files of SQL, and folders: what is in a new one is told of by nobody else."""

        def __call__(self, change: watchfiles.Change, path: str) -> bool:
            file = Path(path)
            gone = change is watchfiles.Change.deleted and not (file.suffix or file.name.isdigit())
            whole = file.suffix == ".sql" or gone or file.is_dir()
            return whole and not file.name.startswith(".") and super().__call__(change, path)

    def found() -> Iterator[set[Path]]:
        first, told = True, _told(project.root)
        for changes in watchfiles.watch(
            *_folders(project),
            watch_filter=Sql(),
            debounce=DEBOUNCE,
            step=STEP,
            rust_timeout=LOOK,
            yield_on_timeout=True,
        ):
            paths = {Path(path) for _, path in changes}
            if (now := _told(project.root)) != told:
                told = now
                paths |= {settings_file(project.root)}
            if first or paths:  # once nothing was missed any more
                yield set() if first else paths
            first = False

    return found()
