"""A statement with $1… and the types of its parameters → values drawn from the data, and the rows it returns.

Nothing is decoded: a value is bytes or None, so what a driver cannot read (infinity) is no obstacle.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
from corpus.literals import Literals
from psycopg import sql

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

_COLUMNS = """
SELECT a.atttypid::int, a.attname, c.oid::regclass::text
FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
ORDER BY 3, a.attnum
"""
_REFUSED = (
    psycopg.DataError,
    psycopg.IntegrityError,
    psycopg.errors.RaiseException,
    psycopg.errors.CardinalityViolation,
    psycopg.errors.FeatureNotSupported,
)
Row = tuple[bytes | None, ...]


class Draws:
    """Values for parameters: what the filled database holds, by type and by name."""

    def __init__(self, conn: psycopg.Connection[Any]) -> None:
        self.literals = Literals(conn)
        self.by_type: dict[int, list[str]] = {}
        self.by_name: dict[tuple[int, str], list[str]] = {}
        for oid, name, table in conn.cursor().execute(_COLUMNS).fetchall():
            query = sql.SQL(
                "SELECT DISTINCT {0}::text FROM {1} WHERE {0} IS NOT NULL ORDER BY 1"
            ).format(sql.Identifier(name), sql.SQL(table))
            values = [row[0] for row in conn.cursor().execute(query).fetchall()]
            base = self.literals.base(oid).oid
            self.by_type.setdefault(base, []).extend(values)
            self.by_name.setdefault((base, name), []).extend(values)
            self.by_name.setdefault(
                (base, f"{table.rpartition('.')[2].rstrip('s')}_{name}"), []
            ).extend(values)

    def draw(self, rng: Random, oid: int, name: str = "", *, nullable: bool = False) -> str | None:
        """Return a value for a parameter of that type: one of a column of that name if there is one, else of that type, else a random one."""
        if nullable and rng.random() < 0.4:
            return None
        base = self.literals.base(oid).oid
        pools = [self.by_name.get((base, name)), self.by_type.get(base)]
        for pool, chance in zip(pools, (0.7, 0.6), strict=True):
            if pool and rng.random() < chance:
                return rng.choice(pool)
        return self.literals.draw(rng, oid)


def parameter_types(conn: psycopg.Connection[Any], statement: str) -> list[int]:
    """Return the oids of a statement's parameters, from PREPARE and Describe; raise psycopg's error if it does not prepare."""
    result = conn.pgconn.prepare(b"", statement.encode())
    if result.status != psycopg.pq.ExecStatus.COMMAND_OK:
        raise psycopg.errors.error_from_result(result)
    described = conn.pgconn.describe_prepared(b"")
    return [described.param_type(n) for n in range(described.nparams)]


def execute(
    conn: psycopg.Connection[Any], statement: str, values: Sequence[str | None]
) -> list[Row] | None:
    """Run a statement in a transaction that is rolled back; return its rows, or None if it refused these values.

    Refused means an error of the data (out of range, a constraint, several rows in a scalar subquery, NaN as an integer); others are raised.
    """
    try:
        with conn.transaction(force_rollback=True):
            cursor = psycopg.RawCursor(conn)
            cursor.execute(statement, values, prepare=False)
            result = cursor.pgresult
            if result is None:
                return []
            return [
                tuple(result.get_value(r, c) for c in range(result.nfields))
                for r in range(result.ntuples)
            ]
    except _REFUSED:
        return None
