"""Numbers of a catalog → names and facts that mean the same in another database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from amber_sql.deploy.compat.manifest import Insert

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import psycopg

    from amber_sql.deploy.compat.writes import Write

# A type, its element, the type under a domain, the fields of a composite: all that it leads to.
_TYPES = """
    WITH RECURSIVE used (oid) AS (
        SELECT unnest(%(oids)s::bigint[])::oid
        UNION
        SELECT x.oid FROM used AS u JOIN pg_type AS t ON t.oid = u.oid, LATERAL (
            SELECT t.typelem WHERE t.typelem <> 0 AND t.typcategory = 'A'
            UNION ALL SELECT t.typbasetype WHERE t.typbasetype <> 0
            UNION ALL SELECT a.atttypid FROM pg_attribute AS a
                      WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
        ) AS x (oid)
    )
    SELECT t.oid::bigint, format_type(t.oid, NULL), t.typtype,
           ARRAY(SELECT e.enumlabel::text FROM pg_enum AS e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder),
           ARRAY(SELECT ARRAY[a.attname::text, format_type(a.atttypid, NULL)] FROM pg_attribute AS a
                 WHERE a.attrelid = t.typrelid AND t.typtype = 'c' AND a.attnum > 0 AND NOT a.attisdropped
                 ORDER BY a.attnum)
    FROM used JOIN pg_type AS t USING (oid)
"""
_NOT_NULL = """
    SELECT a.attrelid::bigint, a.attnum::int FROM pg_attribute AS a
    JOIN unnest(%(tables)s::bigint[], %(columns)s::int[]) AS s (t, c)
      ON a.attrelid = s.t::oid AND a.attnum = s.c
    WHERE a.attnotnull
"""
_TABLES = """
    SELECT written, c.oid::regclass::text,
           ARRAY(SELECT a.attname::text FROM pg_attribute AS a
                 WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum),
           ARRAY(SELECT a.attname::text FROM pg_attribute AS a JOIN pg_type AS t ON t.oid = a.atttypid
                 WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                   AND (a.attnotnull OR t.typnotnull) AND NOT a.atthasdef AND a.attidentity = ''
                   AND t.typdefault IS NULL ORDER BY a.attnum),
           ARRAY(SELECT CASE k.contype WHEN 'c' THEN 'CHECK' WHEN 'f' THEN 'FOREIGN KEY' ELSE 'EXCLUDE' END
                        || ': ' || k.conname || ': ' || pg_get_constraintdef(k.oid)
                 FROM pg_constraint AS k WHERE k.conrelid = c.oid AND k.contype IN ('c', 'f', 'x')
                 UNION ALL
                 SELECT 'UNIQUE: ' || i.indexrelid::regclass::text || ': '
                        || regexp_replace(pg_get_indexdef(i.indexrelid), '^.* USING ', 'USING ')
                 FROM pg_index AS i WHERE i.indrelid = c.oid AND i.indisunique
                 ORDER BY 1)
    FROM unnest(%(names)s::text[]) AS written
    JOIN pg_class AS c ON c.oid = to_regclass(written)
"""


class WrittenTable(msgspec.Struct, frozen=True):
    """A table that is written: its columns, those that an INSERT must give, its constraints."""

    name: str
    columns: tuple[str, ...]
    required: tuple[str, ...]
    rules: tuple[str, ...]


def types(
    conn: psycopg.Connection[Any], oids: Iterable[int]
) -> tuple[dict[int, str], dict[str, tuple[tuple[str, str], ...]], dict[str, tuple[str, ...]]]:
    """Return the name of each type, and the composites and enums that these lead to."""
    rows = conn.execute(_TYPES, {"oids": sorted(oids)}).fetchall()
    names = {oid: name for oid, name, *_ in rows}
    composites = {
        name: tuple((field, kind) for field, kind in fields)
        for _, name, typtype, _, fields in rows
        if typtype == "c"
    }
    enums = {name: tuple(labels) for _, name, typtype, labels, _ in rows if typtype == "e"}
    return names, composites, enums


def type_name(conn: psycopg.Connection[Any], oid: int) -> str:
    """Return one type's name, as SQL takes it."""
    row = conn.execute("SELECT format_type(%s::bigint::oid, NULL)", [oid]).fetchone()
    return str(row[0]) if row else "unknown"


def not_null(
    conn: psycopg.Connection[Any], sources: Iterable[tuple[int, int]]
) -> set[tuple[int, int]]:
    """Return those of the (relation, column) pairs that are NOT NULL."""
    pairs = sorted(sources)
    values = {"tables": [table for table, _ in pairs], "columns": [column for _, column in pairs]}
    return {(table, column) for table, column in conn.execute(_NOT_NULL, values)}


def tables(conn: psycopg.Connection[Any], written: Iterable[str]) -> dict[str, WrittenTable]:
    """Return the tables by the names under which statements write them."""
    rows = conn.execute(_TABLES, {"names": sorted(written)}).fetchall()
    return {
        name: WrittenTable(full, tuple(columns), tuple(required), tuple(rules))
        for name, full, columns, required, rules in rows
    }


def insert(write: Write, known: Mapping[str, WrittenTable]) -> Insert:
    """Tell which required columns an INSERT leaves out; without a list it fills all there are."""
    table = known.get(write.table)
    if table is None:
        return Insert(write.table, write.columns or ())
    covered = table.columns if write.columns is None else write.columns
    missing = tuple(column for column in table.required if column not in covered)
    return Insert(table.name, covered, missing)
