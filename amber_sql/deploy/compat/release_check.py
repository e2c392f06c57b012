"""Inside a migration's transaction: does what runs now still run after it?

Every live release's statements are prepared and described again, on the target itself, against
the schema that is about to be committed. A break is raised, and so nothing is committed.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import msgspec
from psycopg import sql

from amber_sql.compiler.search_path import callers_path, own_path
from amber_sql.deploy.compat import running_releases
from amber_sql.deploy.compat.manifest import name_of
from amber_sql.deploy.history import marks
from amber_sql.deploy.progress import Event, Progress
from amber_sql.errors import BreaksRunning

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import psycopg

    from amber_sql.deploy.compat.manifest import Manifest


# Savepoints have numbers of their own, which come after their transaction's.
_TYPES_OF_THIS_TRANSACTION = """
    SELECT t.typname::text FROM pg_type AS t
    WHERE t.typtype IN ('c', 'd', 'e', 'r') AND t.xmin::text::bigint >= pg_current_xact_id()::xid::text::bigint
"""


def running(conn: psycopg.Connection, more: Sequence[Manifest]) -> list[Manifest]:
    """Return what may be running: what the database remembers, and what the caller adds."""
    known = {one.release: one.manifest for one in running_releases.live(conn)}
    return list((known | {manifest.release: manifest for manifest in more}).values())


def check_running(
    conn: psycopg.Connection, migration: str, manifests: Sequence[Manifest], progress: Progress
) -> None:
    """Raise BreaksRunning where one of `manifests` no longer holds; warn of what may fail."""
    if not manifests:
        return
    # The compiler is slow to import, and only where a release runs.
    from amber_sql.deploy.compat.compatibility import compare, made_anew  # noqa: PLC0415
    from amber_sql.deploy.compat.describe_release import describe_release  # noqa: PLC0415

    started = time.monotonic()
    with own_path(conn):
        made = {name for (name,) in conn.execute(_TYPES_OF_THIS_TRANSACTION)}
    broken: list[str] = []
    breaking: dict[str, None] = {}
    for manifest in manifests:
        with callers_path(conn):
            now = describe_release(conn, manifest.files, manifest.release)
        for effect in (*compare(manifest, now), *made_anew(manifest, now, made)):
            if effect.breaks:
                broken.append(f"release {manifest.release}: {effect}")
                breaking[manifest.release] = None
            else:
                progress(
                    Event("warning", migration, detail=f"release {manifest.release}: {effect}")
                )
    if broken:
        what = "\n" + "\n".join(broken)
        raise BreaksRunning(migration=migration, what=what, releases=tuple(breaking))
    progress(Event("proven", migration, time.monotonic() - started))


def record_release(
    conn: psycopg.Connection, queries: Path, *, anything_new: bool, progress: Progress
) -> None:
    """Remember the release whose query files are in `queries`; it runs from now on.

    One that is remembered is described anew only where the schema has changed since.
    """
    from amber_sql.deploy.compat.describe_release import (  # slow to import  # noqa: PLC0415
        describe_release,
        read_files,
    )

    files = read_files(queries)
    known = {one.release for one in running_releases.live(conn)}
    if not files or (name_of(files) in known and not anything_new):
        return
    with callers_path(conn):
        manifest = describe_release(conn, files)
    applied = tuple(row.name for row in marks.read(conn))
    for statement in manifest.queries:
        if statement.failure:
            detail = f"{statement.name} of the new release does not fit: {statement.failure}"
            progress(Event("warning", manifest.release, detail=detail))
    running_releases.insert(conn, msgspec.structs.replace(manifest, migrations=applied))


def rehearse_drop(
    conn: psycopg.Connection,
    migration: str,
    unique: Sequence[sql.Identifier],
    manifests: Sequence[Manifest],
    progress: Progress,
) -> None:
    """Prove that indexes may go, before they do: DROP INDEX CONCURRENTLY cannot be rolled back.

    They are dropped in a transaction that is rolled back, for as long as the proof takes.
    """
    if not unique or not manifests:
        return
    with conn.transaction(force_rollback=True):
        for name in unique:
            conn.execute(sql.SQL("DROP INDEX {}").format(name))
        check_running(conn, migration, manifests, progress)
