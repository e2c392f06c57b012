"""A PostgreSQL type → random text literals of it.

Everything travels as text of unknown type, so the server itself turns a literal into whatever the place needs.
The pools are small on purpose (values must meet in joins) and hold what breaks careless code: infinity, NaN,
empty ranges, the JSON null, NULL inside arrays and composites.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from random import Random

    import psycopg

_UUIDS = [f"{n:08x}-0000-4000-8000-000000000000" for n in range(1, 9)]
_TIMES = [
    "-infinity",
    "2023-12-31 23:59:59+00",
    "2024-01-01 00:00+00",
    "2024-01-15 10:30+00",
    "2024-06-01 12:00+00",
    "yesterday",
    "now",
    "tomorrow",
    "infinity",
]
_DATES = [
    "-infinity",
    "2023-12-31",
    "2024-01-01",
    "2024-01-15",
    "2024-06-01",
    "2025-02-03",
    "today",
    "tomorrow",
    "infinity",
]
_NUMBERS = ["0", "0.5", "1", "2", "2.50", "3", "7", "19.99", "NaN"]
_INTS = [str(n) for n in range(9)]
_TEXTS = [
    *("", "a", "b", "x") * 4,
    "ab",
    "abc",
    "Zoe",
    "zoe",
    "1",
    "2",
    "EUR",
    "USD",
    "#22d3ee",
    "a b,c",
    "42",
    "10%",
    "a@example.com",
    "B@example.com",
    "https://a.example",
    "é",
    "0",
    "{}",
]
_JSON = [
    "null",
    "1",
    "true",
    '"a"',
    "[]",
    "[1, null]",
    "{}",
    '{"a": 1}',
    '{"a": null, "b": "x"}',
    '{"a": {"b": [1]}}',
]

# Ascending where the type has an order: a range takes its bounds from here.
POOLS: dict[str, list[str]] = {
    "bool": ["false", "true"],
    "int2": _INTS, "int4": _INTS, "int8": _INTS, "oid": _INTS,
    "float4": [*_NUMBERS, "Infinity"], "float8": [*_NUMBERS, "Infinity"], "numeric": _NUMBERS,
    "money": _NUMBERS[:-1],
    "text": _TEXTS, "varchar": _TEXTS, "citext": _TEXTS, "name": _TEXTS, "bpchar": ["EUR", "GBP", "USD", "a", "ab", "en", "x"],
    "bytea": ["\\x", "\\x00", "\\x6162"],
    "uuid": _UUIDS,
    "date": _DATES, "timestamp": _TIMES, "timestamptz": _TIMES,
    "time": ["00:00", "08:30", "12:00", "23:59:59"], "timetz": ["08:30+00", "12:00+02"],
    "interval": ["0", "15 minutes", "1 day", "-1 mon", "2 years 3 days", "infinity"],
    "json": _JSON, "jsonb": _JSON,
    "inet": ["10.0.0.1", "10.1.0.0/16", "::1"], "cidr": ["10.0.0.0/8", "::/0"],
    "macaddr": ["08:00:2b:01:02:03", "08:00:2b:01:02:04"], "macaddr8": ["08:00:2b:01:02:03:04:05"],
    "bit": ["0000", "0101"], "varbit": ["", "101"],
    "tsvector": ["", "'a' 'b'"], "tsquery": ["a", "a & b"],
    "point": ["(0,0)", "(1,2)"], "xml": ["<a/>"], "ltree": ["a", "a.b"], "hstore": ["", "a=>1, b=>NULL"],
}  # fmt: skip

_TYPES = """
SELECT t.oid::int, t.typname, t.typtype, t.typelem::int, t.typbasetype::int, t.typcategory,
  coalesce(r.rngsubtype, 0)::int, coalesce(m.rngtypid, 0)::int,
  ARRAY(SELECT enumlabel::text FROM pg_enum WHERE enumtypid = t.oid ORDER BY enumsortorder),
  ARRAY(SELECT atttypid::int FROM pg_attribute WHERE attrelid = t.typrelid AND t.typtype = 'c' AND attnum > 0 AND NOT attisdropped ORDER BY attnum),
  ARRAY(SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE contypid = t.oid)
FROM pg_type AS t
LEFT JOIN pg_range AS r ON r.rngtypid = t.oid
LEFT JOIN pg_range AS m ON m.rngmultitypid = t.oid
"""


class PgType(NamedTuple):
    """What a literal needs to know of a type; 0 and empty lists where it does not apply."""

    oid: int
    name: str
    kind: str
    element: int
    base: int
    category: str
    subtype: int
    range: int
    labels: list[str]
    fields: list[int]
    checks: list[str]


def quoted(constraint: str) -> list[str]:
    """Return the string literals of a constraint's definition: likely to be values that it accepts."""
    return [text.replace("''", "'") for text in re.findall(r"'((?:[^']|'')*)'", constraint)]


class Literals:
    """The types of one database; `draw` gives a random literal of one of them."""

    def __init__(self, conn: psycopg.Connection[Any]) -> None:
        rows = conn.cursor().execute(_TYPES).fetchall()
        self.types = {row[0]: PgType(*row) for row in rows}

    def base(self, oid: int) -> PgType:
        """Return the type under any domains."""
        found = self.types[oid]
        while found.base:
            found = self.types[found.base]
        return found

    def draw(self, rng: Random, oid: int, hints: list[str] | None = None) -> str | None:
        """Return a random literal, itself never NULL; None if there is no way to make one."""
        declared, found = self.types[oid], self.base(oid)
        hints = [*(hints or []), *(text for check in declared.checks for text in quoted(check))]
        if hints and found.category == "S" and rng.random() < 0.3:
            return rng.choice(hints)
        if found.labels:
            return rng.choice(found.labels)
        if found.kind in "crm" or found.category == "A":
            return self._composed(rng, found)
        pool = POOLS.get(found.name)
        return rng.choice(pool) if pool else None

    def _composed(self, rng: Random, found: PgType) -> str:
        if found.kind == "c":
            return "(" + ",".join(self._inside(rng, field, "") for field in found.fields) + ")"
        if found.kind == "r":
            return self._range(rng, found)
        if found.kind == "m":
            of = self.types[found.range]
            return "{" + ",".join(self._range(rng, of) for _ in range(rng.randrange(3))) + "}"
        elements = [self._inside(rng, found.element, "NULL") for _ in range(rng.randrange(4))]
        return "{" + ",".join(elements) + "}"

    def _inside(self, rng: Random, oid: int, null: str) -> str:
        value = None if rng.random() < 0.25 else self.draw(rng, oid)
        if value is None:
            return null
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'

    def _range(self, rng: Random, found: PgType) -> str:
        pool = POOLS.get(self.base(found.subtype).name, [])
        finite = [
            value
            for value in pool
            if "infinity" not in value and value not in ("NaN", "today", "now")
        ]
        if not finite or rng.random() < 0.3:
            return rng.choice(["empty", "(,)"])
        low, high = sorted(rng.sample(range(len(finite)), 2)) if len(finite) > 1 else (0, 0)
        return rng.choice(
            [f'["{finite[low]}",)', f'(,"{finite[high]}")', f'["{finite[low]}","{finite[high]}"]']
        )
