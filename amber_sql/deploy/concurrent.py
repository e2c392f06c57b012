"""The statements that cannot run in a transaction and whose outcome can be seen afterwards.

CREATE, DROP and REINDEX INDEX CONCURRENTLY: an index is there and valid, or it is not. A file of
anything else, or of more than one statement, is refused before it runs, since after a kill nobody
could say how far it came.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Literal, TypeAlias

import msgspec
import psycopg
from psycopg import sql

from amber_sql.deploy.progress import Event, Progress
from amber_sql.deploy.statements import SqlStatement, split
from amber_sql.errors import NotConcurrent

if TYPE_CHECKING:
    from amber_sql.deploy.files import MigrationFile

Kind: TypeAlias = Literal["create", "drop", "reindex"]

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


class Index(msgspec.Struct, frozen=True):
    """An index as the catalog has it."""

    schema: str
    name: str
    oid: int
    valid: bool


class Concurrent(msgspec.Struct, frozen=True):
    """What the one statement of a file does: to which indexes, on which table."""

    kind: Kind
    names: tuple[str, ...]
    table: str = ""
    text: str = ""


def parse(file: MigrationFile) -> Concurrent:
    """Return what `file` does; NotConcurrent where it is not one statement of the known kinds."""
    statements = split(file.text)
    if len(statements) != 1:
        raise NotConcurrent(file=file.path.name, what=f"holds {len(statements)} statements")
    found = _create(statements[0]) or _drop(statements[0]) or _reindex(statements[0])
    if found is None:
        words = " ".join(statements[0].words[:3])
        raise NotConcurrent(file=file.path.name, what=f"holds {words} …")
    return msgspec.structs.replace(found, text=file.text)


def indexes(conn: psycopg.Connection, what: Concurrent) -> list[Index]:
    """Return the indexes that the statement is about and that are there."""
    values: tuple[object, ...]
    if what.kind == "create":
        condition, values = _CREATED, (what.table, what.names[0])
    elif what.kind == "drop":
        condition, values = _DROPPED, (list(what.names),)
    else:
        condition, values = _LEFT_BY_REINDEX, ()
    rows = conn.execute(_INDEX.format(condition=condition), values or None)
    return [Index(*row) for row in rows]


def is_done(conn: psycopg.Connection, what: Concurrent) -> bool:
    """Tell whether the catalog is as the statement leaves it."""
    found = indexes(conn, what)
    if what.kind == "create":
        return bool(found) and found[0].valid
    return not found


def heal(conn: psycopg.Connection, what: Concurrent, progress: Progress) -> None:
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


def _becomes_valid(conn: psycopg.Connection, index: Index, progress: Progress) -> bool:
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


def _create(statement: SqlStatement) -> Concurrent | None:
    """Read CREATE [UNIQUE] INDEX CONCURRENTLY [IF NOT EXISTS] name ON [ONLY] table."""
    words = [word for word in statement.words if word != "UNIQUE"]
    if words[:3] != ["CREATE", "INDEX", "CONCURRENTLY"] or "ON" not in words:
        return None
    on = statement.words.index("ON")
    name = statement.raw[on - 1]
    if statement.words[on - 1] in {"CONCURRENTLY", "EXISTS"}:
        return None  # without a name of its own nobody can say whether it is there
    start = on + 1 + (statement.words[on + 1] == "ONLY")
    return Concurrent("create", (name,), _qualified(statement.raw, start)[0])


def _drop(statement: SqlStatement) -> Concurrent | None:
    """Read DROP INDEX CONCURRENTLY [IF EXISTS] name."""
    if not statement.starts("DROP", "INDEX", "CONCURRENTLY"):
        return None
    start = 5 if statement.words[3:5] == ("IF", "EXISTS") else 3
    return Concurrent("drop", (_qualified(statement.raw, start)[0],))


def _reindex(statement: SqlStatement) -> Concurrent | None:
    """Read REINDEX [(…)] {INDEX | TABLE | SCHEMA} CONCURRENTLY name."""
    if not statement.starts("REINDEX") or "CONCURRENTLY" not in statement.words:
        return None
    return Concurrent("reindex", ())


def _qualified(raw: tuple[str, ...], start: int) -> tuple[str, int]:
    """Return the name, perhaps with a schema, that begins at `start`, and where it ends."""
    end = start + 1
    while raw[end : end + 1] == (".",):
        end += 2
    return "".join(raw[start:end]), end
