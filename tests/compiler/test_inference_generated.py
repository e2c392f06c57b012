"""Generated schemas, rows and joins: what is said not null never comes back NULL."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from psycopg.pq import Format
from record_wire import contradictions
from target import database, target

from amber_sql.compiler.catalog import read_catalog
from amber_sql.compiler.describe import describe
from amber_sql.compiler.described import Cardinality
from amber_sql.compiler.files.load import load_file

if TYPE_CHECKING:
    from amber_sql.server import Server

COMPARED = ("{x}.a = {y}.a", "{x}.id = {y}.r", "{x}.r = {y}.id", "{x}.a = {y}.r")
LOOSE = (*COMPARED, "{x}.a > {y}.a OR {x}.b IS NULL", "NOT ({x}.a <> {y}.a)", "true")
FILTERS = (
    "{x}.a IS NOT NULL",
    "{x}.a = {y}.a",
    "{x}.b LIKE 'x%' OR {y}.a > 0",
    "NOT ({x}.r IS NULL)",
    "{x} IS NOT NULL",
    "({x}.a, {x}.r) > (0, 1)",
    "{x}.a IN (SELECT r FROM t0)",
    "EXISTS (SELECT FROM t1 AS z WHERE z.id = {x}.r)",
    "coalesce({x}.a, {y}.a) > 0",
    "({x}.a > 0) IS TRUE",
    "{x}.a <> ALL ('{{}}'::int[])",
    "{x}.a BETWEEN 0 AND {y}.a",
)
EXPRESSIONS = (
    "coalesce({x}.a, {y}.a)",
    "{x}.a + {y}.r",
    "{x}",
    "CASE WHEN {x}.a IS NULL THEN 0 ELSE {x}.a END",
    "CASE WHEN {x}.a > 0 THEN {x}.a ELSE {y}.id END",
    "{x}.b || 'x'",
    "greatest({x}.a, {y}.id)",
    "(SELECT max(z.a) FROM t0 AS z WHERE z.r = {x}.id)",
    "(SELECT z.b FROM t1 AS z WHERE z.id = {x}.r)",
    "ARRAY(SELECT z.a FROM t0 AS z)",
    "{x}.a IN (1, 2)",
    "{x}.a IS NOT NULL AND {x}.a > 0",
)
ONE = "(SELECT z FROM (SELECT {x}.a AS p, {x}.b AS q) AS z)"
PERHAPS = "(SELECT z FROM (SELECT {y}.r AS p, 'y' AS q WHERE {y}.a > 0) AS z)"
OUTER = "FROM t0 AS u LEFT JOIN (SELECT id, 1 AS one, b FROM t1) AS v ON v.id = u.r"
ROWS = (
    "{x}",
    "{y}",
    ONE,
    PERHAPS,
    f"coalesce({PERHAPS}, {ONE})",
    f"CASE WHEN {{x}}.a > 0 THEN {ONE} ELSE {PERHAPS} END",
    f"ARRAY[{ONE}, {PERHAPS}]",
    f"(ARRAY[{ONE}])[1]",
    f"ARRAY(SELECT ARRAY[{ONE}, {ONE}] FROM t1)",
    "ARRAY(SELECT z FROM (SELECT t.a, {x}.b, {y} AS w FROM t1 AS t) AS z)",
    "(SELECT array_agg(z) FROM (SELECT {x}.b AS p, {y} AS q, t.r FROM t0 AS t) AS z)",
    "(SELECT array_agg(z) FILTER (WHERE z.p IS NOT NULL) FROM (SELECT {x}.b AS p FROM t0) AS z)",
    f"ARRAY(SELECT v {OUTER})",
    f"ARRAY(SELECT z FROM (SELECT u.a, v AS w, {{x}} AS whole {OUTER}) AS z)",
    f"(SELECT array_agg(v) {OUTER})",
    f"(SELECT z FROM (SELECT v.b, array_agg(v) AS vs {OUTER} GROUP BY v.b) AS z LIMIT 1)",
    "ARRAY(SELECT z FROM (SELECT {x}.a AS p) AS z UNION ALL SELECT z FROM (SELECT {y}.id AS p) AS z)",
    "ARRAY(SELECT z FROM (SELECT {x}.a AS p UNION ALL SELECT t.r FROM t0 AS t) AS z)",
    "ARRAY(SELECT z FROM (VALUES ({x}.a, {y}.b), ({y}.id, 'x')) AS z(p, q))",
    "ARRAY(SELECT z FROM generate_series(1, 2) WITH ORDINALITY AS z(p, q))",
    """ARRAY(SELECT z FROM json_to_recordset('[{{"p": 1}}]') AS z(p int, q text))""",
    "ARRAY(SELECT z FROM ROWS FROM (generate_series(1, 2), generate_series(1, 3)) AS z(p, q))",
    "(SELECT z FROM (t0 AS u LEFT JOIN t1 AS v USING (id)) AS z ORDER BY z.id LIMIT 1)",
    "ARRAY(SELECT w FROM t0 AS u RIGHT JOIN t1 AS v USING (id, r) AS w)",
    "ARRAY(WITH c AS (SELECT t.id, t.a, {x}.b FROM t1 AS t) SELECT c FROM c LEFT JOIN c AS d ON d.a = c.id)",
    (
        "ARRAY(WITH RECURSIVE c AS (SELECT t.id, t.a, t AS w, ARRAY[t.id] AS ids FROM t0 AS t UNION ALL"
        " SELECT t.id, c.a, t, ids || t.r FROM c JOIN t0 AS t ON t.r = c.id WHERE cardinality(ids) < 3) SELECT c FROM c)"
    ),
    "(SELECT (z).w FROM (SELECT {x} AS w, 1 AS n) AS z)",
    "ARRAY(SELECT (s).z FROM (SELECT z FROM (SELECT {x}.a, {y} AS y) AS z) AS s)",
    "ARRAY(SELECT z FROM (SELECT t.b, sum(t.a) AS n, min(t.id) AS m FROM t0 AS t GROUP BY ROLLUP (t.b)) AS z)",
)
GROUPED = (
    ("{x}", "{x}, count(*), array_agg({y})"),
    (
        "ROLLUP ({x}.a, {x}.b)",
        f"{{x}}.a, array_agg({{x}}), {ONE}, array_agg({ONE}), (array_agg({{y}}))[1]",
    ),
    ("{x}.a", "{x}.a, count(*), sum({y}.r), max({x}.id)"),
    ("ROLLUP ({x}.a, {x}.id)", "{x}.a, {x}.id, count({y}.a), min({x}.a)"),
    ("GROUPING SETS (({x}.a, {x}.id), ({x}.id))", "{x}.a, {x}.id, max({y}.id)"),
)


@st.composite
def schemas(draw: st.DrawFn) -> tuple[str, str]:
    """Draw two to four tables that refer to each other, and rows for them."""
    ddl, rows = [], []
    for number in range(draw(st.integers(2, 4))):
        a, b, r = (draw(st.sampled_from(["", " NOT NULL"])) for _ in "abr")
        key = (
            f" REFERENCES t{draw(st.integers(0, number - 1))}"
            if number and draw(st.booleans())
            else ""
        )
        ddl.append(
            f"CREATE TABLE t{number} (id int PRIMARY KEY, a int{a}, b text{b}, r int{r}{key})"
        )

        def value(constraint: str, choices: list[str]) -> str:
            return draw(st.sampled_from(choices if constraint else [*choices, "NULL", "NULL"]))

        count = draw(st.integers(0, 3)) if number else 3
        for row in range(count):
            numbers, texts = ["0", "1", "2"], ["'x'", "''"]
            rows.append(
                f"INSERT INTO t{number} VALUES ({row}, {value(a, numbers)}, {value(b, texts)}, {value(r, numbers)}) ON CONFLICT DO NOTHING"
            )
    return ";".join(ddl), ";".join(rows)


CTES = ("c0", "c1")
WITH = """WITH RECURSIVE c0 AS (SELECT u.id, u.a, v.b, v.r FROM t0 AS u LEFT JOIN t1 AS v ON v.id = u.r),
c1 AS (SELECT id, a, b, r FROM t0 UNION SELECT t.id, c.a, t.b, t.r FROM c1 AS c JOIN t1 AS t ON t.id = c.r)
"""
OTHERS = (
    "(VALUES (0, 1, 'x', NULL::int), (1, NULL, NULL, 2)) AS {name}(id, a, b, r)",
    "(t0 AS {name}u LEFT JOIN t1 AS {name}v ON {name}v.id = {name}u.r) AS {name}(id, a, b, r, i, c, d, e)",
    "LATERAL (SELECT t.id, t.a, t.b, max(t.r) OVER () AS r FROM t1 AS t) AS {name}",
    "(SELECT id, a, b, r FROM t0 UNION ALL SELECT a, id, 'x', r FROM t1) AS {name}",
)


def joined(draw: st.DrawFn) -> tuple[str, list[str]]:
    """Draw nested joins of t0 and t1, and return their aliases, too."""
    names = (f"j{n}" for n in itertools.count())

    def source(depth: int) -> tuple[str, list[str]]:
        kind = draw(st.integers(0, 5 if depth else 2))
        if kind <= 2:
            name = next(names)
            table = draw(st.sampled_from(["t0", "t1", *CTES]))
            if kind == 0:
                condition = draw(st.sampled_from(["", " WHERE a IS NOT NULL", " WHERE r > 0"]))
                table = f"(SELECT * FROM {table}{condition})"
            elif kind == 1 and draw(st.booleans()):
                return draw(st.sampled_from(OTHERS)).format(name=name), [name]
            return f"{table} AS {name}", [name]
        left, lefts = source(depth - 1)
        right, rights = source(depth - 1)
        join = draw(st.sampled_from(["JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"]))
        condition = draw(st.sampled_from(COMPARED if join == "FULL JOIN" else LOOSE))
        pair = {"x": draw(st.sampled_from(lefts)), "y": draw(st.sampled_from(rights))}
        return f"({left} {join} {right} ON {condition.format(**pair)})", [*lefts, *rights]

    return source(3)


@st.composite
def selects(draw: st.DrawFn) -> str:
    """Draw a SELECT over nested joins, with conditions, expressions and groups."""
    tables, aliases = joined(draw)
    pairs = st.fixed_dictionaries({"x": st.sampled_from(aliases), "y": st.sampled_from(aliases)})
    where = " AND ".join(
        f"({draw(st.sampled_from(FILTERS)).format(**draw(pairs))})"
        for _ in range(draw(st.integers(0, 2)))
    )
    where = f" WHERE {where}" if where else ""
    if draw(st.integers(0, 3)) == 0:
        keys, shown = draw(st.sampled_from(GROUPED))
        pair = draw(pairs)
        return f"{WITH}SELECT {shown.format(**pair)} FROM {tables}{where} GROUP BY {keys.format(**pair)}"
    columns = [f"{alias}.{column}" for alias in aliases for column in ("id", "a", "b", "r")]
    columns += [draw(st.sampled_from(EXPRESSIONS)).format(**draw(pairs)) for _ in range(3)]
    columns += [draw(st.sampled_from(ROWS)).format(**draw(pairs)) for _ in range(3)]
    return f"{WITH}SELECT {', '.join(columns)} FROM {tables}{where}"


def fill(conn: psycopg.Connection[Any], schema: tuple[str, str]) -> None:
    """Make a drawn schema, with its rows, in place of the one before."""
    conn.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    conn.execute(schema[0])
    for row in filter(None, schema[1].split(";")):
        try:
            conn.execute(row)
        except psycopg.errors.ForeignKeyViolation:
            continue


ENDS = (
    "",
    "LIMIT 1 -- @if one",
    "LIMIT 1 -- @choose ends first\n-- @choose ends second: OFFSET 1 LIMIT 1",
    "LIMIT 1 -- @choose ends first\n-- @choose ends every:",
)
GROUPS = (
    "count(*), max({x}.a), sum({y}.r), bool_or({x}.b IS NULL)",
    "count({y}.a), min({x}.id), (SELECT max(z.a) FROM t1 AS z WHERE z.id = max({x}.r))",
)


@st.composite
def optional_lines(draw: st.DrawFn) -> str:
    """Draw a SELECT whose joins are a choice, and whose conditions, groups and end are optional."""
    tables, aliases = joined(draw)
    joins = st.sampled_from(["JOIN", "LEFT JOIN", "RIGHT JOIN"])
    other = re.sub(r"(LEFT |RIGHT |FULL )?JOIN", lambda _: draw(joins), tables)
    pairs = st.fixed_dictionaries({"x": st.sampled_from(aliases), "y": st.sampled_from(aliases)})
    columns = [f"{alias}.{column}" for alias in aliases for column in ("id", "a", "b", "r")]
    columns += [draw(st.sampled_from(EXPRESSIONS)).format(**draw(pairs)) for _ in range(3)]
    columns += [draw(st.sampled_from(ROWS)).format(**draw(pairs)) for _ in range(2)]
    grouped = draw(st.booleans())
    if grouped:
        columns = [draw(st.sampled_from(GROUPS)).format(**draw(pairs))]
    conditions = [draw(st.sampled_from(FILTERS)).format(**draw(pairs)) for _ in range(2)]
    lines = [
        f"SELECT {', '.join(columns)}",
        f"FROM {tables} -- @choose joins own\n-- @choose joins other: FROM {other}",
        "WHERE true",
        *(f"AND ({one}) -- @if s{n}" for n, one in enumerate(conditions)),
        f"AND {draw(st.sampled_from(aliases))}.{draw(st.sampled_from(['a', 'id', 'r']))} = :p -- @if p",
        *(["GROUP BY {x}.a -- @if one".format(**draw(pairs))] if grouped and draw(st.booleans()) else []),
        draw(st.sampled_from(ENDS[:1] if grouped else ENDS)),
    ]  # fmt: skip
    text = "\n".join(lines)
    names = [name for name in ("joins", "ends", "one", "s0", "s1", "p") if re.search(rf"@\w+ {name}\b", text)]  # fmt: skip
    return f"({', '.join(names)})\n{WITH}{text}"


COUNTS = {
    Cardinality.ONE: {1},
    Cardinality.ZERO_OR_ONE: {0, 1},
    Cardinality.NONE: {0},
}


@pytest.mark.matrix
def test_what_is_said_of_every_variant_holds_for_each(
    server_by_major: Server, tmp_path: Any
) -> None:
    """Not null, and how many rows: the one answer of a query with optional lines, in each of its texts."""
    if server_by_major.version < 160000:
        pytest.skip("types are generated on 16 and newer")
    server = target(server_by_major.url("postgres"))
    seen = {"variants": 0, "not null": 0, "values": 0, "bounded": 0}

    @settings(
        max_examples=10,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
        database=None,
    )
    @given(schemas(), st.lists(optional_lines(), min_size=5, max_size=5))
    def run(schema: tuple[str, str], statements: list[str]) -> None:
        with psycopg.connect(server.url(name), autocommit=True) as conn:
            fill(conn, schema)
            path = tmp_path / "generated.sql"
            path.write_text(
                "".join(f"-- name: q{n}{text}\n;\n" for n, text in enumerate(statements))
            )
            loaded = load_file(path, "generated.sql", "generated")
            assert loaded.findings == ()
            catalog = read_catalog(conn)
            described, findings = describe(conn, loaded.queries, catalog)
            assert [one.message for one in findings] == []
            cursor = psycopg.RawCursor(conn)
            cursor.format = Format.BINARY
            for one in described:
                for variant in one.query.variants:
                    seen["variants"] += 1
                    given = [1] * len(variant.parameters)
                    try:
                        result = cursor.execute(variant.sql.encode(), given).pgresult
                    except psycopg.errors.CardinalityViolation:
                        continue
                    if one.cardinality in COUNTS:
                        seen["bounded"] += 1
                        assert result.ntuples in COUNTS[one.cardinality], variant.sql
                    for index, column in enumerate(one.columns):
                        values = [result.get_value(row, index) for row in range(result.ntuples)]
                        seen["not null"] += not column.nullable
                        seen["values"] += 0 if column.nullable else len(values)
                        wrong = [e for v in values for e in contradictions(catalog, column, v)]
                        assert not wrong, f"{variant.sql}\n{index}: {wrong[0]}"

    with database(server) as name:
        run()
    assert seen["variants"] > 300
    assert seen["not null"] > 300
    assert seen["values"] > 300
    assert seen["bounded"] > 20


@pytest.mark.matrix
def test_what_is_said_not_null_never_is(server_by_major: Server, tmp_path: Any) -> None:
    """Ten SELECTs on each of many schemas: no claim is contradicted by a row."""
    if server_by_major.version < 160000:
        pytest.skip("types are generated on 16 and newer")
    server = target(server_by_major.url("postgres"))
    seen = [0, 0, 0]

    @settings(
        max_examples=25,
        phases=(Phase.explicit, Phase.generate),  # making a failure smaller takes minutes
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
        database=None,
    )
    @given(schemas(), st.lists(selects(), min_size=10, max_size=10))
    def run(schema: tuple[str, str], statements: list[str]) -> None:
        with psycopg.connect(server.url(name), autocommit=True) as conn:
            fill(conn, schema)
            path = tmp_path / "generated.sql"
            path.write_text(
                "".join(f"-- name: q{n}()\n{text};\n" for n, text in enumerate(statements))
            )
            loaded = load_file(path, "generated.sql", "generated")
            catalog = read_catalog(conn)
            described, _ = describe(conn, loaded.queries, catalog)
            for one in described:
                cursor = conn.cursor(binary=True)
                try:
                    result = cursor.execute(one.query.sql.encode()).pgresult
                except psycopg.errors.CardinalityViolation:
                    continue
                for index, column in enumerate(one.columns):
                    values = [result.get_value(row, index) for row in range(result.ntuples)]
                    seen[0] += not column.nullable
                    seen[1] += 0 if column.nullable else len(values)
                    seen[2] += len(values) if column.shape else 0
                    wrong = [e for v in values for e in contradictions(catalog, column, v)]
                    assert not wrong, f"{one.query.sql}\n{index}: {wrong[0]}"

    with database(server) as name:
        run()
    assert seen[0] > 400
    assert seen[1] > 1000
    assert seen[2] > 1000
