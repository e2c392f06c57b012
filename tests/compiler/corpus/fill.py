"""Any migrated database → the same database with random rows, NULL wherever the schema lets it in.

Driven by the catalog alone. A row that a constraint refuses is drawn again, so CHECKs need not be
understood; foreign keys are drawn from the rows that are there. Each table is given its own size
(at times none) and its own share of NULLs.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg
from corpus.literals import Literals, quoted
from psycopg import sql

if TYPE_CHECKING:
    from collections.abc import Iterator

_ATTEMPTS = 15
_REFUSED = (psycopg.DataError, psycopg.IntegrityError, psycopg.errors.RaiseException)

_TABLES = """
SELECT c.oid::int, n.nspname, c.relname,
  ARRAY(SELECT pg_get_constraintdef(oid) FROM pg_constraint
        WHERE conrelid = c.oid AND contype = 'c')
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
ORDER BY n.nspname, c.relname
"""
_COLUMNS = """
SELECT attname, atttypid::int, attnotnull, atthasdef OR attidentity <> '',
  attgenerated <> '' OR attidentity = 'a', atttypmod - 4
FROM pg_attribute WHERE attrelid = %s AND attnum > 0 AND NOT attisdropped ORDER BY attnum
"""
_FOREIGN_KEYS = """
SELECT k.confrelid::int, k.confrelid::regclass::text,
  ARRAY(SELECT attname::text FROM unnest(k.conkey) WITH ORDINALITY AS u (n, i)
        JOIN pg_attribute ON attrelid = k.conrelid AND attnum = n ORDER BY i),
  ARRAY(SELECT attname::text FROM unnest(k.confkey) WITH ORDINALITY AS u (n, i)
        JOIN pg_attribute ON attrelid = k.confrelid AND attnum = n ORDER BY i)
FROM pg_constraint AS k
WHERE k.conrelid = %s AND k.contype = 'f' AND k.conparentid = 0 ORDER BY k.oid
"""


class Column(NamedTuple):
    """One column; `type` is an oid, `length` the n of varchar(n), if it is one."""

    name: str
    type: int
    not_null: bool
    has_default: bool
    refuses_values: bool
    length: int


class ForeignKey(NamedTuple):
    """Columns that must match a row of the table `target` (an oid), written `table` in SQL."""

    target: int
    table: str
    columns: list[str]
    referenced: list[str]


class Table(NamedTuple):
    """A table to fill, with the texts that its CHECKs quote."""

    oid: int
    name: sql.Identifier
    hints: list[str]
    columns: list[Column]
    keys: list[ForeignKey]

    def required(self, key: ForeignKey) -> bool:
        """Whether no column of the key may be NULL."""
        return all(column.not_null for column in self.columns if column.name in key.columns)

    def waits(self, placed: set[int], *, required: bool) -> bool:
        """Whether a foreign key (a required one) points to another table than those placed."""
        return any(
            key.target not in placed | {self.oid} and (self.required(key) or not required)
            for key in self.keys
        )


def fill(conn: psycopg.Connection[Any], seed: int, rows: int = 12) -> dict[str, int]:
    """Insert up to `rows` random rows into each table; return how many each got.

    Leaves the caller's transaction open if there is one. The same seed gives the same rows, but
    for "now", "today" and their like.
    """
    rng = Random(seed)  # noqa: S311  (repeatable, not secret)
    filler = _Filler(conn, rng)
    tables = _in_order(_read(conn))
    counts = {}
    with conn.transaction():
        conn.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in tables:
            wanted = rng.choice([0, 1, rows // 2, *[rows] * 5])
            nulls = rng.choice([0.0, 0.3, 0.3, 0.7, 1.0])
            counts[table.name.as_string(conn)] = sum(
                filler.insert(table, nulls) for _ in range(wanted)
            )
        for table in tables:
            filler.point_back(table)
        conn.execute("SET CONSTRAINTS ALL DEFERRED")
    return counts


def _read(conn: psycopg.Connection[Any]) -> list[Table]:
    cursor = conn.cursor()
    return [
        Table(
            oid,
            sql.Identifier(schema, name),
            [text for check in checks for text in quoted(check)],
            [Column(*row) for row in cursor.execute(_COLUMNS, [oid]).fetchall()],
            [ForeignKey(*row) for row in cursor.execute(_FOREIGN_KEYS, [oid]).fetchall()],
        )
        for oid, schema, name, checks in cursor.execute(_TABLES).fetchall()
    ]


def _in_order(tables: list[Table]) -> list[Table]:
    """Return the tables so that required foreign keys point backwards, and of the others most."""
    done: list[Table] = []
    left = list(tables)
    while left:
        placed = {table.oid for table in done}
        ready = [table for table in left if not table.waits(placed, required=False)]
        ready = ready or [table for table in left if not table.waits(placed, required=True)][:1]
        ready = ready or left[:1]
        done += ready
        left = [table for table in left if table not in ready]
    return done


class _Filler:
    def __init__(self, conn: psycopg.Connection[Any], rng: Random) -> None:
        self.conn, self.rng, self.literals = conn, rng, Literals(conn)

    def insert(self, table: Table, nulls: float) -> bool:
        """Insert a row with that share of NULLs; defaults take over where values are refused."""
        for attempt in range(_ATTEMPTS):
            values = dict(self._row(table, nulls, 0.2 + 0.6 * attempt / _ATTEMPTS))
            names = sql.SQL(", ").join(map(sql.Identifier, values))
            into = "INSERT INTO {} ({}) VALUES ({})" if values else "INSERT INTO {} DEFAULT VALUES"
            row = sql.SQL(", ").join(values.values())
            if self._accepted(sql.SQL(into).format(table.name, names, row)):
                return True
        return False

    def point_back(self, table: Table) -> None:
        """Let some NULL foreign keys point to rows that came later."""
        empty = sql.SQL("SELECT ctid::text FROM {} WHERE {} IS NULL ORDER BY ctid")
        change = sql.SQL("UPDATE {} SET {} WHERE ctid = {}")
        for key in table.keys:
            if table.required(key):
                continue
            query = empty.format(table.name, sql.Identifier(key.columns[0]))
            for (place,) in self.conn.cursor().execute(query).fetchall():
                found = self._link(table, key, 0.6)
                if found and all(found.values()):
                    changes = sql.SQL(", ").join(
                        sql.SQL("{} = {}").format(sql.Identifier(name), sql.Literal(value))
                        for name, value in found.items()
                    )
                    self._accepted(change.format(table.name, changes, sql.Literal(place)))

    def _row(
        self, table: Table, nulls: float, defaults: float
    ) -> Iterator[tuple[str, sql.Composable]]:
        linked: dict[str, str | None] = {}
        for key in table.keys:
            linked |= self._link(table, key, 0.0 if table.required(key) else nulls)
        for column in table.columns:
            left_out = column.has_default and self.rng.random() < defaults
            if column.refuses_values or left_out:
                continue
            if column.name in linked:
                yield column.name, sql.Literal(linked[column.name])
            elif not column.not_null and self.rng.random() < nulls:
                yield column.name, self._null(table, column)
            else:
                value = self.literals.draw(self.rng, column.type, table.hints)
                if value and self.literals.base(column.type).name in ("varchar", "bpchar"):
                    value = value[: column.length] if column.length > 0 else value
                yield column.name, sql.Literal(value)

    def _null(self, table: Table, column: Column) -> sql.Composable:
        if not self.literals.types[column.type].base:
            return sql.NULL
        # The one way into a column of a NOT NULL domain: an empty subquery is not checked.
        empty = sql.SQL("(SELECT {} FROM {} WHERE false)")
        return empty.format(sql.Identifier(column.name), table.name)

    def _link(self, table: Table, key: ForeignKey, nulls: float) -> dict[str, str | None]:
        """Return values of a row that the key may point to, or NULL in those that allow it."""
        texts = [sql.SQL("{}::text").format(sql.Identifier(name)) for name in key.referenced]
        query = sql.SQL("SELECT {} FROM {} ORDER BY 1")
        query = query.format(sql.SQL(", ").join(texts), sql.SQL(key.table))
        there = self.conn.cursor().execute(query).fetchall()
        if there and self.rng.random() >= nulls:
            return dict(zip(key.columns, self.rng.choice(there), strict=True))
        optional = [column.name for column in table.columns if not column.not_null]
        return {name: None for name in key.columns if name in optional}

    def _accepted(self, statement: sql.Composable) -> bool:
        try:
            with self.conn.transaction():
                self.conn.execute(statement)
        except _REFUSED:
            return False
        return True
