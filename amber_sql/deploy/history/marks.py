"""What a database remembers of its migrations: yoyo's marks, and beside each the text that ran.

yoyo's tables stay exactly as stock yoyo makes and reads them. A row of ours belongs to a mark when
its time of application is the mark's; so a mark that stock yoyo wrote, or wrote anew, has none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from psycopg.rows import class_row

from amber_sql.compiler.bookkeeping import TABLES
from amber_sql.compiler.search_path import own_path
from amber_sql.deploy.history import place

if TYPE_CHECKING:
    import psycopg

    from amber_sql.deploy.files.migration_file import MigrationFile

_CREATE = """
    CREATE TABLE IF NOT EXISTS bookkeeping.yoyo_lock (
        locked int DEFAULT 1, ctime timestamp, pid int NOT NULL, PRIMARY KEY (locked)
    );
    CREATE TABLE IF NOT EXISTS bookkeeping._amber_migration (
        migration_hash text PRIMARY KEY,
        migration_id   text NOT NULL,
        applied_at_utc timestamp,
        checksum       text NOT NULL,
        source         text NOT NULL,
        adopted        boolean NOT NULL
    );
    CREATE TABLE IF NOT EXISTS bookkeeping._amber_release (
        release     text PRIMARY KEY,
        manifest    text NOT NULL,
        deployed_at timestamptz NOT NULL DEFAULT now(),
        retired_at  timestamptz
    );
    COMMENT ON TABLE bookkeeping._amber_release IS
        'The queries of each deployed release; those without retired_at may be running.';
    COMMENT ON TABLE bookkeeping._amber_migration IS
        'The text of each applied migration; a row without applied_at_utc was begun outside a transaction.';
"""

_COUNT = """
    SELECT pg_catalog.count(*)::int FROM pg_catalog.pg_tables
    WHERE schemaname = %s AND tablename = ANY (%s::text[])
"""
_READ = """
    SELECT y.migration_id AS name, y.applied_at_utc AS applied_at,
           a.checksum, a.source, coalesce(a.adopted, false) AS adopted
    FROM bookkeeping._yoyo_migration AS y
    LEFT JOIN bookkeeping._amber_migration AS a
      ON a.migration_hash = y.migration_hash AND a.applied_at_utc = y.applied_at_utc
    ORDER BY y.applied_at_utc, y.migration_id
"""
_READ_STOCK = """
    SELECT migration_id AS name, applied_at_utc AS applied_at,
           NULL AS checksum, NULL AS source, false AS adopted
    FROM bookkeeping._yoyo_migration ORDER BY applied_at_utc, migration_id
"""
_STORE_TEXT = """
    INSERT INTO bookkeeping._amber_migration
    SELECT y.migration_hash, y.migration_id, y.applied_at_utc, %(checksum)s, %(source)s, %(adopted)s
    FROM bookkeeping._yoyo_migration AS y WHERE y.migration_id = %(name)s
    ON CONFLICT (migration_hash) DO UPDATE
    SET applied_at_utc = excluded.applied_at_utc, checksum = excluded.checksum,
        source = excluded.source, adopted = excluded.adopted
"""
_BEGIN = """
    INSERT INTO bookkeeping._amber_migration VALUES (%(hash)s, %(name)s, NULL, %(checksum)s, %(source)s, false)
    ON CONFLICT (migration_hash) DO UPDATE
    SET applied_at_utc = NULL, checksum = excluded.checksum, source = excluded.source, adopted = false
"""


_LARGEST = 1_000_000
"""Of a larger file only the checksum is kept: nobody reads the difference."""


class Applied(msgspec.Struct, frozen=True):
    """One migration that the database says was applied; without a checksum it is unverified."""

    name: str
    applied_at: Any
    checksum: str | None
    source: str | None
    adopted: bool


def create(conn: psycopg.Connection, schema: str) -> None:
    """Create what is missing in `schema`; where nothing is, no table is locked."""
    row = conn.execute(_COUNT, [schema, list(TABLES)]).fetchone()
    if row != (len(TABLES),):
        conn.execute(place.qualified(conn, _CREATE, schema))


def read(conn: psycopg.Connection) -> list[Applied]:
    """Return what was applied, in that order. Writes nothing, and needs no right to."""
    if place.schema(conn) is None:
        return []
    query = _READ if place.has_table(conn, "_amber_migration") else _READ_STOCK
    with own_path(conn), conn.cursor(row_factory=class_row(Applied)) as cursor:
        return cursor.execute(place.qualified(conn, query)).fetchall()


def store_text(conn: psycopg.Connection, file: MigrationFile, *, adopted: bool = False) -> None:
    """Write down the text behind the mark of `file`; `adopted` where it was not seen to run."""
    conn.execute(place.qualified(conn, _STORE_TEXT), {**_text(file), "adopted": adopted})


def begin(conn: psycopg.Connection, migration_hash: str, file: MigrationFile) -> None:
    """Write down that `file` is about to run outside a transaction: a kill leaves this behind."""
    conn.execute(place.qualified(conn, _BEGIN), {**_text(file), "hash": migration_hash})


def was_begun(conn: psycopg.Connection, migration_hash: str, file: MigrationFile) -> bool:
    """Tell whether an earlier deploy had begun this very text and was killed before its mark."""
    query = place.qualified(
        conn,
        "SELECT 1 FROM bookkeeping._amber_migration"
        " WHERE migration_hash = %s AND applied_at_utc IS NULL AND checksum = %s",
    )
    return conn.execute(query, [migration_hash, file.checksum]).fetchone() is not None


def is_applied(conn: psycopg.Connection, migration_hash: str) -> bool:
    """Tell whether yoyo's mark of a migration is there."""
    query = "SELECT 1 FROM bookkeeping._yoyo_migration WHERE migration_hash = %s"
    return conn.execute(place.qualified(conn, query), [migration_hash]).fetchone() is not None


def forget(conn: psycopg.Connection, migration_hash: str) -> None:
    """Remove what is remembered of a migration that is no longer applied."""
    query = "DELETE FROM bookkeeping._amber_migration WHERE migration_hash = %s"
    conn.execute(place.qualified(conn, query), [migration_hash])


def _text(file: MigrationFile) -> dict[str, str]:
    source = file.text if len(file.text) <= _LARGEST else ""
    return {"name": file.name, "checksum": file.checksum, "source": source}
