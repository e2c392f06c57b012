"""500 queries over a schema of 100 tables, described: the time, and what it is spent on.

    python benchmarks/describe_500.py [--profile]

The schema is made up, and so are the queries: reads by key, joins along foreign keys (inner, left,
of a chain), aggregates, lists, CTEs, nested rows and writes, in equal parts. The scratch database
is migrated once and kept, so that the second run measures describing alone.
"""

from __future__ import annotations

import cProfile
import pstats
import sys
import tempfile
import time
from pathlib import Path

from amber_sql.compiler.contract import contract
from amber_sql.deploy.scratch.build import build

TABLES, QUERIES = 100, 500


def table(number: int) -> str:
    """Return a table with a dozen columns, an enum, and foreign keys to earlier ones."""
    keys = "".join(
        f"    t{other:02}_id bigint {'NOT NULL' if other % 2 else ''} REFERENCES t{other:02} (id),\n"
        for other in sorted({number // 2, number // 3})
        if other < number
    )
    return f"""CREATE TYPE kind{number:02} AS ENUM ('new', 'open', 'closed');
CREATE TABLE t{number:02} (
    id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
{keys}    code text NOT NULL UNIQUE,
    name text NOT NULL,
    note text,
    amount numeric(12, 2) NOT NULL DEFAULT 0,
    rate float8,
    kind kind{number:02} NOT NULL DEFAULT 'new',
    tags text[] NOT NULL DEFAULT '{{}}',
    data jsonb,
    happened timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON t{number:02} (kind, happened);
"""


def query(number: int) -> str:
    """Return one query; its kind and its tables follow from its number."""
    own = number % TABLES or 1
    t, parent, grand = f"t{own:02}", f"t{own // 2:02}", f"t{own // 4:02}"
    kinds = [
        (f"get_{number}(id)^", f"SELECT id, code, name, note, amount, kind, tags FROM {t} WHERE id = :id"),
        (f"joined_{number}(id)^", f"SELECT a.id, a.name, b.name AS parent, b.note, b.rate FROM {t} AS a LEFT JOIN {parent} AS b ON b.id = a.{parent}_id WHERE a.code = :id"),
        (f"chain_{number}(kind, after)", f"SELECT a.id, b.id AS b, c.id AS c, c.happened FROM {t} AS a JOIN {parent} AS b ON b.id = a.{parent}_id LEFT JOIN {grand} AS c ON c.code = b.code WHERE a.kind = :kind AND a.happened > :after ORDER BY a.happened DESC LIMIT 50"),
        (f"stats_{number}(since)", f"SELECT kind, count(*) AS n, sum(amount) AS total, avg(rate) AS rate, max(happened) AS last FROM {t} WHERE happened >= :since GROUP BY kind ORDER BY n DESC LIMIT 10"),
        (f"cte_{number}(kind)", f"WITH recent AS (SELECT id, name, happened, row_number() OVER (PARTITION BY kind ORDER BY happened DESC) AS place FROM {t} WHERE kind = :kind) SELECT r.id, r.name, COALESCE(p.note, '') AS note FROM recent AS r LEFT JOIN {t} AS p ON p.id = r.id WHERE r.place <= 3 LIMIT 9"),
        (f"nested_{number}(id)^", f"SELECT p.id, p.name, ARRAY(SELECT a FROM {t} AS a WHERE a.{parent}_id = p.id ORDER BY a.id) AS items FROM {parent} AS p WHERE p.id = :id"),
        (f"add_{number}(code, name, note, amount)<!", f"INSERT INTO {t} (code, name, note, amount, {parent}_id) SELECT :code, :name, :note, :amount, p.id FROM {parent} AS p WHERE p.code = :code ON CONFLICT (code) DO UPDATE SET name = excluded.name RETURNING id, code, note, happened"),
        (f"mark_{number}(id, kind)!", f"UPDATE {t} SET kind = :kind, note = NULL WHERE id = :id"),
    ]  # fmt: skip
    header, sql = kinds[number % len(kinds)]
    return f"-- name: {header}\n-- Query {number}.\n{sql};\n\n"


def main() -> None:
    """Make the project, compile it twice, and print the second time."""
    with tempfile.TemporaryDirectory() as folder:
        queries, migrations = Path(folder, "queries"), Path(folder, "migrations")
        queries.mkdir()
        migrations.mkdir()
        schema = "".join(table(number) for number in range(TABLES))
        Path(migrations, "0001.tables.sql").write_text(schema)
        for part in range(25):
            texts = (query(number) for number in range(part, QUERIES, 25))
            Path(queries, f"part_{part:02}.sql").write_text("".join(texts))
        build(queries, migrations)
        profile = cProfile.Profile()
        started = time.perf_counter()
        if "--profile" in sys.argv:
            profile.enable()
        built = build(queries, migrations)
        contract(built)
        profile.disable()
        seconds = time.perf_counter() - started
        if "--profile" in sys.argv:
            pstats.Stats(profile).sort_stats("tottime").print_stats(25)
    for error in built.errors[:5]:
        print(error)
    print(f"{len(built.described)} queries, {len(built.errors)} errors: {seconds:.1f} s")


if __name__ == "__main__":
    main()
