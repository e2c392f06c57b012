"""The indexes that a concurrent statement is about: are they there and valid, is anybody building them?

What a killed attempt left invalid is dropped, to be built again.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import msgspec
from psycopg import sql

from amber_sql.deploy.progress import Event, Progress

if TYPE_CHECKING:
    import psycopg

    from amber_sql.deploy.files.concurrent_index import ConcurrentIndex

_BUILDING = "SELECT 1 FROM pg_catalog.pg_stat_progress_create_index WHERE index_relid = %s::oid"
_INDEX = """
    SELECT n.nspname, c.relname, i.indexrelid::int8, i.indisvalid
    FROM pg_catalog.pg_index AS i
    JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE {condition}
    ORDER BY 1, 2
"""
_CREATED = "i.indrelid = to_regclass(%s) AND c.relname = (parse_ident(%s))[1]"
_DROPPED = "i.indexrelid = ANY (SELECT to_regclass(name) FROM unnest(%s::text[]) AS name)"
_LEFT_BY_REINDEX = r"NOT i.indisvalid AND c.relname ~ '_cc(new|old)\d*$'"


class IndexState(msgspec.Struct, frozen=True):
    """An index as the catalog has it."""

    schema: str
    name: str
    oid: int
    valid: bool


def indexes(conn: psycopg.Connection, what: ConcurrentIndex) -> list[IndexState]:
    """Return the indexes that the statement is about and that are there."""
    values: tuple[object, ...]
    if what.kind == "create":
        condition, values = _CREATED, (what.table, what.names[0])
    elif what.kind == "drop":
        condition, values = _DROPPED, (list(what.names),)
    else:
        condition, values = _LEFT_BY_REINDEX, ()
    rows = conn.execute(_INDEX.format(condition=condition), values or None)
    return [IndexState(*row) for row in rows]


def is_done(conn: psycopg.Connection, what: ConcurrentIndex) -> bool:
    """Tell whether the catalog is as the statement leaves it."""
    found = indexes(conn, what)
    if what.kind == "create":
        return bool(found) and found[0].valid
    return not found


def heal(conn: psycopg.Connection, what: ConcurrentIndex, progress: Progress) -> None:
    """Drop the invalid indexes that a killed attempt left, once nobody builds them any more."""
    if what.kind == "drop":
        return
    for index in indexes(conn, what):
        if not index.valid and not _becomes_valid(conn, index, progress):
            conn.execute(
                sql.SQL("DROP INDEX CONCURRENTLY IF EXISTS {}").format(
                    sql.Identifier(index.schema, index.name)
                )
            )
            progress(
                Event(
                    "healed", index.name, detail="an invalid index was dropped, to be built again"
                )
            )


def _becomes_valid(conn: psycopg.Connection, index: IndexState, progress: Progress) -> bool:
    """Wait for whoever builds `index` just now, and tell whether it is valid or gone after that."""
    said = False
    while conn.execute(_BUILDING, [index.oid]).fetchone():
        if not said:
            progress(Event("waiting", f"for {index.name}", detail="another session is building it"))
            said = True
        time.sleep(0.5)
    row = conn.execute(
        "SELECT indisvalid FROM pg_catalog.pg_index WHERE indexrelid = %s::oid", [index.oid]
    ).fetchone()
    return row is None or bool(row[0])
