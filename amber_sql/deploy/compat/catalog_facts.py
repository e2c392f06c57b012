"""OIDs of a catalog → names and facts that mean the same in another database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from amber_sql.compiler.search_path import own_path
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
    SELECT t.oid::bigint, t.typtype,
           ARRAY(SELECT e.enumlabel::text FROM pg_enum AS e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder),
           ARRAY(SELECT a.attname::text FROM pg_attribute AS a
                 WHERE a.attrelid = t.typrelid AND t.typtype = 'c' AND a.attnum > 0 AND NOT a.attisdropped
                 ORDER BY a.attnum),
           ARRAY(SELECT a.atttypid::bigint FROM pg_attribute AS a
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
    SELECT c.oid::bigint,
           ARRAY(SELECT a.attname::text FROM pg_attribute AS a
                 WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum),
           ARRAY(SELECT a.attname::text FROM pg_attribute AS a JOIN pg_type AS t ON t.oid = a.atttypid
                 WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                   AND (a.attnotnull OR t.typnotnull) AND NOT a.atthasdef AND a.attidentity = ''
                   AND t.typdefault IS NULL ORDER BY a.attnum)
    FROM pg_class AS c WHERE c.oid = ANY (%s::bigint[]::oid[])
"""
_RULES = """
    SELECT k.conrelid::bigint, k.oid::bigint, 0,
           CASE k.contype WHEN 'c' THEN 'CHECK' WHEN 'f' THEN 'FOREIGN KEY' ELSE 'EXCLUDE' END || ': ' || k.conname
    FROM pg_constraint AS k
    WHERE k.conrelid = ANY (%(tables)s::bigint[]::oid[]) AND k.contype IN ('c', 'f', 'x')
    UNION ALL
    SELECT i.indrelid::bigint, 0, i.indexrelid::bigint, 'UNIQUE' FROM pg_index AS i
    WHERE i.indrelid = ANY (%(tables)s::bigint[]::oid[]) AND i.indisunique
"""

# Names as a caller's search_path shows them: functions of PostgreSQL's alone, and no operator.
_TYPE_NAMES = """
    SELECT oid::bigint, pg_catalog.format_type(oid, NULL)
    FROM pg_catalog.unnest(%s::bigint[]::oid[]) AS u (oid)
"""
_TABLE_NAMES = """
    SELECT written, pg_catalog.to_regclass(written)::oid::bigint, pg_catalog.to_regclass(written)::text
    FROM pg_catalog.unnest(%s::text[]) AS u (written)
"""
_RULE_TEXTS = """
    SELECT pg_catalog.pg_get_constraintdef(k), i::regclass::text, pg_catalog.pg_get_indexdef(i)
    FROM ROWS FROM (pg_catalog.unnest(%s::bigint[]::oid[]), pg_catalog.unnest(%s::bigint[]::oid[])) AS u (k, i)
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
    with own_path(conn):
        rows = conn.execute(_TYPES, {"oids": sorted(oids)}).fetchall()
    names = dict(conn.execute(_TYPE_NAMES, [[row[0] for row in rows]]).fetchall())
    composites = {
        names[oid]: tuple(zip(fields, (names[kind] for kind in kinds), strict=True))
        for oid, typtype, _, fields, kinds in rows
        if typtype == "c"
    }
    enums = {names[oid]: tuple(labels) for oid, typtype, labels, *_ in rows if typtype == "e"}
    return names, composites, enums


def type_name(conn: psycopg.Connection[Any], oid: int) -> str:
    """Return one type's name, as SQL takes it."""
    row = conn.execute("SELECT pg_catalog.format_type(%s::bigint::oid, NULL)", [oid]).fetchone()
    return str(row[0]) if row else "unknown"


def not_null(
    conn: psycopg.Connection[Any], sources: Iterable[tuple[int, int]]
) -> set[tuple[int, int]]:
    """Return those of the (relation, column) pairs that are NOT NULL."""
    pairs = sorted(sources)
    values = {"tables": [table for table, _ in pairs], "columns": [column for _, column in pairs]}
    with own_path(conn):
        return {(table, column) for table, column in conn.execute(_NOT_NULL, values)}


def tables(conn: psycopg.Connection[Any], written: Iterable[str]) -> dict[str, WrittenTable]:
    """Return the tables by the names under which statements write them."""
    found = {
        written: (oid, name)
        for written, oid, name in conn.execute(_TABLE_NAMES, [sorted(written)]).fetchall()
        if oid is not None
    }
    oids = [oid for oid, _ in found.values()]
    with own_path(conn):
        columns = {oid: some for oid, *some in conn.execute(_TABLES, [oids]).fetchall()}
        stated = conn.execute(_RULES, {"tables": oids}).fetchall()
    rules = _rules(conn, stated)
    return {
        written: WrittenTable(
            name, tuple(columns[oid][0]), tuple(columns[oid][1]), tuple(sorted(rules.get(oid, ())))
        )
        for written, (oid, name) in found.items()
    }


def _rules(
    conn: psycopg.Connection[Any], stated: list[tuple[int, int, int, str]]
) -> dict[int, list[str]]:
    """Return the constraints and unique keys of each table, by their definition."""
    texts = conn.execute(_RULE_TEXTS, [[row[1] for row in stated], [row[2] for row in stated]])
    rules: dict[int, list[str]] = {}
    for (table, constraint, _, kind), (definition, index, key) in zip(stated, texts, strict=True):
        if constraint:
            rule = f"{kind}: {definition}"
        else:
            rule = f"{kind}: {index}: USING {key.rpartition(' USING ')[2]}"
        rules.setdefault(table, []).append(rule)
    return rules


def insert(write: Write, known: Mapping[str, WrittenTable]) -> Insert:
    """Tell which required columns an INSERT leaves out; without a list it fills all there are."""
    table = known.get(write.table)
    if table is None:
        return Insert(write.table, write.columns or ())
    covered = table.columns if write.columns is None else write.columns
    missing = tuple(column for column in table.required if column not in covered)
    return Insert(table.name, covered, missing)
