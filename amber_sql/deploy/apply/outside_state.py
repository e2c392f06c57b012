"""How far a statement outside a transaction came: is its index there and valid, its label in the enum?

An index that a killed attempt left invalid is dropped, to be built again. Names go to the server
as the file writes them, since folding, cutting at 63 bytes and `U&"…"` are the server's business.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import msgspec
from psycopg import sql

from amber_sql.compiler.search_path import callers_path
from amber_sql.deploy.progress import Event, Progress

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg

    from amber_sql.deploy.files.outside_statement import Name, OutsideStatement

_BUILDING = "SELECT 1 FROM pg_catalog.pg_stat_progress_create_index WHERE index_relid = %s::oid"
_INDEX = """
    SELECT n.nspname, c.relname, i.indexrelid::int8, i.indisvalid, i.indisunique
    FROM pg_catalog.pg_index AS i
    JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE {condition}
    ORDER BY 1, 2
"""
_CREATED = "i.indrelid = %s::oid AND c.relname = %s::name"
_DROPPED = "i.indexrelid = %s::oid"
_LEFT_BY_REINDEX = r"NOT i.indisvalid AND c.relname ~ '_cc(new|old)\d*$'"
_OTHER = """
    SELECT coalesce(i.indrelid, c.oid)::regclass::text, i.indrelid IS NOT NULL
    FROM pg_catalog.pg_class AS t
    JOIN pg_catalog.pg_class AS c ON c.relnamespace = t.relnamespace AND c.relname = %s::name
    LEFT JOIN pg_catalog.pg_index AS i ON i.indexrelid = c.oid
    WHERE t.oid = %s::oid
"""
_LABEL = "SELECT 1 FROM pg_catalog.pg_enum WHERE enumtypid = %s::oid AND enumlabel = %s::name"


class IndexState(msgspec.Struct, frozen=True):
    """An index as the catalog has it."""

    schema: str
    name: str
    oid: int
    valid: bool
    unique: bool


def is_done(conn: psycopg.Connection, what: OutsideStatement) -> bool:
    """Tell whether the catalog is as the statement leaves it."""
    if what.kind == "add value":
        return (
            conn.execute(_LABEL, [_oid(conn, what.name, "regtype"), _label(conn, what)]).rowcount
            > 0
        )
    found = _indexes(conn, what)
    if what.kind == "create":
        return bool(found) and found[0].valid
    return not found


def in_the_way(conn: psycopg.Connection, what: OutsideStatement) -> str:
    """Say what else has the name that IF NOT EXISTS was content with; the empty string for nothing."""
    if what.kind != "create":
        return ""
    (name,) = _names(conn, what.name)
    row = conn.execute(_OTHER, [name, _oid(conn, what.table, "regclass")]).fetchone()
    if row is None:
        return ""
    return f"there is an index {name} of table {row[0]}" if row[1] else f"there is a table {name}"


def left(conn: psycopg.Connection, what: OutsideStatement) -> str:
    """Say what is there now, of a statement that failed."""
    if what.kind == "add value":
        return "The label is there." if is_done(conn, what) else "The label is not there."
    found = _indexes(conn, what)
    if what.kind == "reindex":
        return (
            f"{len(found)} half-built copies are left." if found else "No copy of an index is left."
        )
    if not found:
        return "No such index is there."
    return f"The index {found[0].name} is there, and {'valid' if found[0].valid else 'not valid'}."


def unique_indexes(conn: psycopg.Connection, what: OutsideStatement) -> list[sql.Identifier]:
    """Return the indexes that statements may rest on: only a unique one matters to them."""
    return [sql.Identifier(one.schema, one.name) for one in _indexes(conn, what) if one.unique]


def heal(conn: psycopg.Connection, what: OutsideStatement, progress: Progress) -> None:
    """Drop the invalid indexes that a killed attempt left, once nobody builds them any more."""
    if what.kind in {"drop", "add value"}:
        return
    for index in _indexes(conn, what):
        if not index.valid and not _becomes_valid(conn, index, progress):
            name = sql.Identifier(index.schema, index.name)
            conn.execute(sql.SQL("DROP INDEX CONCURRENTLY IF EXISTS {}").format(name))
            detail = "an invalid index was dropped, to be built again"
            progress(Event("healed", index.name, detail=detail))


def _indexes(conn: psycopg.Connection, what: OutsideStatement) -> list[IndexState]:
    """Return the indexes that the statement is about and that are there."""
    values: Sequence[object]
    if what.kind == "create":
        condition = _CREATED
        values = [_oid(conn, what.table, "regclass"), *_names(conn, what.name)]
    elif what.kind == "drop":
        condition, values = _DROPPED, [_oid(conn, what.name, "regclass")]
    else:
        condition, values = _LEFT_BY_REINDEX, []
    rows = conn.execute(_INDEX.format(condition=condition).encode(), values or None)
    return [IndexState(*row) for row in rows]


def _names(conn: psycopg.Connection, name: Name) -> list[str]:
    """Return the parts of a name as the server reads them: as the labels of columns."""
    columns = ", ".join(f"NULL AS {part}" for part in name)
    return [column.name for column in conn.execute(f"SELECT {columns}".encode()).description or ()]


def _label(conn: psycopg.Connection, what: OutsideStatement) -> str:
    """Return the label as the server reads the literal."""
    row = conn.execute(f"SELECT {what.label}::pg_catalog.text".encode()).fetchone()
    return str(row[0]) if row else ""


def _oid(conn: psycopg.Connection, name: Name, kind: str) -> int | None:
    """Return the oid of what a migration means by this name; None where there is no such thing."""
    parts = _names(conn, name)[-2:]
    query = f"SELECT pg_catalog.to_{kind}(pg_catalog.concat_ws('.', {', '.join(['pg_catalog.quote_ident(%s)'] * len(parts))}))::pg_catalog.oid::pg_catalog.int8"
    with callers_path(conn):
        row = conn.execute(query.encode(), parts).fetchone()
    return row[0] if row else None


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
