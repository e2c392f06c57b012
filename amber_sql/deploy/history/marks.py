"""What a database remembers of its migrations: yoyo's marks, and beside each the text that ran.

yoyo's tables stay exactly as stock yoyo makes and reads them. A row of ours belongs to a mark when
its time of application is the mark's; so a mark that stock yoyo wrote, or wrote anew, has none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from psycopg.rows import class_row

if TYPE_CHECKING:
    import psycopg

    from amber_sql.deploy.files.migration_file import MigrationFile

_CREATE = """
    CREATE TABLE IF NOT EXISTS yoyo_lock (
        locked int DEFAULT 1, ctime timestamp, pid int NOT NULL, PRIMARY KEY (locked)
    );
    CREATE TABLE IF NOT EXISTS _amber_migration (
        migration_hash text PRIMARY KEY,
        migration_id   text NOT NULL,
        applied_at_utc timestamp,
        checksum       text NOT NULL,
        source         text NOT NULL,
        adopted        boolean NOT NULL
    );
    CREATE TABLE IF NOT EXISTS _amber_release (
        release     text PRIMARY KEY,
        manifest    text NOT NULL,
        deployed_at timestamptz NOT NULL DEFAULT now(),
        retired_at  timestamptz
    );
    COMMENT ON TABLE _amber_release IS
        'The queries of each deployed release; those without retired_at may be running.';
    COMMENT ON TABLE _amber_migration IS
        'The text of each applied migration; a row without applied_at_utc was begun outside a transaction.';
"""

_COMPLETE = """
    SELECT to_regclass('yoyo_lock') IS NOT NULL AND to_regclass('_amber_migration') IS NOT NULL
       AND to_regclass('_amber_release') IS NOT NULL
"""
_READ = """
    SELECT y.migration_id AS name, y.applied_at_utc AS applied_at,
           a.checksum, a.source, coalesce(a.adopted, false) AS adopted
    FROM _yoyo_migration AS y
    LEFT JOIN _amber_migration AS a
      ON a.migration_hash = y.migration_hash AND a.applied_at_utc = y.applied_at_utc
    ORDER BY y.applied_at_utc, y.migration_id
"""
_READ_STOCK = """
    SELECT migration_id AS name, applied_at_utc AS applied_at,
           NULL AS checksum, NULL AS source, false AS adopted
    FROM _yoyo_migration ORDER BY applied_at_utc, migration_id
"""
_STORE_TEXT = """
    INSERT INTO _amber_migration
    SELECT y.migration_hash, y.migration_id, y.applied_at_utc, %(checksum)s, %(source)s, %(adopted)s
    FROM _yoyo_migration AS y WHERE y.migration_id = %(name)s
    ON CONFLICT (migration_hash) DO UPDATE
    SET applied_at_utc = excluded.applied_at_utc, checksum = excluded.checksum,
        source = excluded.source, adopted = excluded.adopted
"""
_BEGIN = """
    INSERT INTO _amber_migration VALUES (%(hash)s, %(name)s, NULL, %(checksum)s, %(source)s, false)
    ON CONFLICT (migration_hash) DO UPDATE
    SET applied_at_utc = NULL, checksum = excluded.checksum, source = excluded.source, adopted = false
"""


class Applied(msgspec.Struct, frozen=True):
    """One migration that the database says was applied; without a checksum it is unverified."""

    name: str
    applied_at: Any
    checksum: str | None
    source: str | None
    adopted: bool


def create(conn: psycopg.Connection) -> None:
    """Create what is missing; where nothing is, no table is locked."""
    if conn.execute(_COMPLETE).fetchone() != (True,):
        conn.execute(_CREATE)


def read(conn: psycopg.Connection) -> list[Applied]:
    """Return what was applied, in that order. Writes nothing, and needs no right to."""
    row = conn.execute(
        "SELECT to_regclass('_yoyo_migration') IS NOT NULL, to_regclass('_amber_migration') IS NOT NULL"
    ).fetchone()
    stock, ours = row or (False, False)
    if not stock:
        return []
    with conn.cursor(row_factory=class_row(Applied)) as cursor:
        return cursor.execute(_READ if ours else _READ_STOCK).fetchall()


def store_text(conn: psycopg.Connection, file: MigrationFile, *, adopted: bool = False) -> None:
    """Write down the text behind the mark of `file`; `adopted` where it was not seen to run."""
    conn.execute(_STORE_TEXT, {**_text(file), "adopted": adopted})


def begin(conn: psycopg.Connection, migration_hash: str, file: MigrationFile) -> None:
    """Write down that `file` is about to run outside a transaction: a kill leaves this behind."""
    conn.execute(_BEGIN, {**_text(file), "hash": migration_hash})


def was_begun(conn: psycopg.Connection, migration_hash: str, file: MigrationFile) -> bool:
    """Tell whether an earlier deploy had begun this very text and was killed before its mark."""
    row = conn.execute(
        "SELECT 1 FROM _amber_migration"
        " WHERE migration_hash = %s AND applied_at_utc IS NULL AND checksum = %s",
        [migration_hash, file.checksum],
    ).fetchone()
    return row is not None


def is_applied(conn: psycopg.Connection, migration_hash: str) -> bool:
    """Tell whether yoyo's mark of a migration is there."""
    query = "SELECT 1 FROM _yoyo_migration WHERE migration_hash = %s"
    return conn.execute(query, [migration_hash]).fetchone() is not None


def forget(conn: psycopg.Connection, migration_hash: str) -> None:
    """Remove what is remembered of a migration that is no longer applied."""
    conn.execute("DELETE FROM _amber_migration WHERE migration_hash = %s", [migration_hash])


def _text(file: MigrationFile) -> dict[str, str]:
    return {"name": file.name, "checksum": file.checksum, "source": file.text}
