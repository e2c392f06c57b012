"""Generated JSON constructors over generated rows: the shape holds for every value that comes back."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from target import database, target
from test_inference_generated import COMPARED, FILTERS, schemas

from amber_sql.compiler.catalog import read_catalog
from amber_sql.compiler.describe import describe
from amber_sql.compiler.described import JsonKind, JsonShape
from amber_sql.compiler.files.load import load_file

if TYPE_CHECKING:
    from collections.abc import Callable

    from amber_sql.server import Server

COLUMNS = [f"{alias}_{column}" for alias in "xy" for column in ("id", "a", "b", "r")]
"""What each query shows beside its JSON: what Python computes the same JSON from."""
_TEXT = 25


class Made(NamedTuple):
    """JSON in SQL, and the same from a row's columns in Python."""

    sql: str
    value: Callable[[dict[str, Any]], Any]


def _leaf(name: str) -> Made:
    alias, column = name.split("_")
    return Made(f"{alias}.{column}", lambda row: row[name])


def _row(alias: str) -> Made:
    def value(row: dict[str, Any]) -> Any:
        fields = {name: row[f"{alias}_{name}"] for name in ("id", "a", "b", "r")}
        return None if fields["id"] is None else fields

    return Made(f"to_jsonb({alias})", value)


LEAVES = [*map(_leaf, COLUMNS), _row("x"), _row("y"), Made("7", lambda _: 7)]


def _object(parts: list[Made]) -> Made:
    pairs = ", ".join(f"'k{number}', {part.sql}" for number, part in enumerate(parts))
    return Made(
        f"jsonb_build_object({pairs})",
        lambda row: {f"k{number}": part.value(row) for number, part in enumerate(parts)},
    )


def _absent(parts: list[Made]) -> Made:
    pairs = ", ".join(f"'k{number}': {part.sql}" for number, part in enumerate(parts))
    return Made(
        f"JSON_OBJECT({pairs} ABSENT ON NULL RETURNING jsonb)",
        lambda row: {
            f"k{number}": found
            for number, part in enumerate(parts)
            if (found := part.value(row)) is not None
        },
    )


def _array(parts: list[Made]) -> Made:
    sql = ", ".join(part.sql for part in parts)
    return Made(f"jsonb_build_array({sql})", lambda row: [part.value(row) for part in parts])


def _short_array(parts: list[Made]) -> Made:
    sql = ", ".join(part.sql for part in parts)
    return Made(
        f"JSON_ARRAY({sql} RETURNING jsonb)",
        lambda row: [found for part in parts if (found := part.value(row)) is not None],
    )


def _stripped(parts: list[Made]) -> Made:
    inner = _object(parts)
    return Made(f"jsonb_strip_nulls({inner.sql})", lambda row: _without_null(inner.value(row)))


def _without_null(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_null(one) for key, one in value.items() if one is not None}
    return list(map(_without_null, value)) if isinstance(value, list) else value


def _either(parts: list[Made]) -> Made:
    one, other = _object(parts[:1]), _absent(parts[1:] or parts)
    return Made(
        f"CASE WHEN x.a > 0 THEN {one.sql} ELSE {other.sql} END",
        lambda row: (one if row["x_a"] is not None and row["x_a"] > 0 else other).value(row),
    )


def _or_empty(parts: list[Made]) -> Made:
    inner = _object(parts)
    return Made(
        f"coalesce((SELECT {inner.sql} WHERE x.r IS NOT NULL), '{{}}')",
        lambda row: inner.value(row) if row["x_r"] is not None else {},
    )


def _listed(parts: list[Made]) -> Made:
    inner = _object(parts)
    return Made(
        f"(SELECT jsonb_agg(s.d) FROM (SELECT {inner.sql} AS d FROM generate_series(1, y.a)) AS s)",
        lambda row: [inner.value(row)] * row["y_a"] if row["y_a"] else None,
    )


def _keyed(parts: list[Made]) -> Made:
    return Made(
        f"(SELECT jsonb_object_agg(g.k, {parts[0].sql}) FROM (VALUES ('p'), ('q')) AS g(k))",
        lambda row: dict.fromkeys("pq", parts[0].value(row)),
    )


def _selected(parts: list[Made]) -> Made:
    columns = ", ".join(f"{part.sql} AS c{number}" for number, part in enumerate(parts))
    return Made(
        f"(SELECT row_to_json(s)::jsonb FROM (SELECT {columns}) AS s)",
        lambda row: {f"c{number}": part.value(row) for number, part in enumerate(parts)},
    )


MAKERS = [
    _object, _absent, _array, _short_array, _stripped, _either, _or_empty, _listed, _keyed, _selected,
]  # fmt: skip


@st.composite
def documents(draw: st.DrawFn, depth: int = 2) -> Made:
    """Draw constructors in constructors."""
    if depth == 0 or draw(st.integers(0, 3)) == 0:
        return draw(st.sampled_from(LEAVES))
    parts = draw(st.lists(documents(depth - 1), min_size=1, max_size=3))
    return draw(st.sampled_from(MAKERS))(parts)


@st.composite
def queries(draw: st.DrawFn) -> tuple[str, Made]:
    """Draw a SELECT of a document, and of the columns that it is made from."""
    top = draw(st.sampled_from(MAKERS))
    made = top(draw(st.lists(documents(), min_size=1, max_size=3)))
    pair = {"x": "x", "y": "y"}
    join = draw(st.sampled_from(["JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"]))
    condition = draw(st.sampled_from(COMPARED)).format(**pair)
    where = draw(st.sampled_from(["true", *FILTERS])).format(**pair)
    other = draw(st.sampled_from(["t1", "(SELECT * FROM t1)", "(SELECT * FROM t1 WHERE a > 0)"]))
    shown = ", ".join(f"{name.replace('_', '.')} AS {name}" for name in COLUMNS)
    inner = f"SELECT {shown}, {made.sql} AS doc FROM t0 AS x {join} {other} AS y ON {condition} WHERE {where}"
    if draw(st.booleans()):
        inner = f"WITH w AS ({inner}) SELECT * FROM w"
    return inner, made


def fits(shape: JsonShape, value: Any) -> bool:
    """Tell whether a value is of a shape, null aside."""
    if value is None:
        return shape.nullable
    parts = shape.parts
    match shape.kind:
        case JsonKind.VALUE:
            return isinstance(value, str if shape.type == _TEXT else int)
        case JsonKind.OBJECT:
            known = dict(zip(shape.keys, parts, strict=True))
            missing = [part for key, part in known.items() if key not in value]
            return (
                value.keys() <= known.keys()
                and all(part.optional for part in missing)
                and all(fits(known[key], one) for key, one in value.items())
            )
        case JsonKind.TUPLE:
            return len(value) == len(parts) and all(map(fits, parts, value))
        case JsonKind.ARRAY | JsonKind.MAP:
            inside = value.values() if shape.kind is JsonKind.MAP else value
            return isinstance(value, dict if shape.kind is JsonKind.MAP else list) and all(
                fits(parts[0], one) if parts else False for one in inside
            )
    return True


def known(shape: JsonShape) -> int:
    """Count what a shape claims."""
    return (shape.kind is not JsonKind.ANY) + sum(map(known, shape.parts))


def test_what_is_said_of_json_holds(server_by_major: Server, tmp_path: Any) -> None:
    """Six documents on each of some schemas: each is what Python makes of the row, and of its shape."""
    if server_by_major.version < 160000:
        pytest.skip("types are generated on 16 and newer")
    server = target(server_by_major.url("postgres"))
    seen = [0, 0]
    numbers = itertools.count()

    @settings(
        max_examples=8,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
        phases=[Phase.generate],  # a failure is told by its query; shrinking takes minutes
        database=None,
    )
    @given(schemas(), st.lists(queries(), min_size=6, max_size=6))
    def run(schema: tuple[str, str], statements: list[tuple[str, Made]]) -> None:
        with psycopg.connect(server.url(name), autocommit=True) as conn:
            conn.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
            conn.execute(schema[0])
            for row in filter(None, schema[1].split(";")):
                try:
                    conn.execute(row)
                except psycopg.errors.ForeignKeyViolation:
                    continue
            path = tmp_path / f"generated{next(numbers)}.sql"
            path.write_text(
                "".join(f"-- name: q{n}()\n{text};\n" for n, (text, _) in enumerate(statements))
            )
            loaded = load_file(path, "generated.sql", "generated")
            described, findings = describe(conn, loaded.queries, read_catalog(conn))
            assert findings == []
            for one, (_, made) in zip(described, statements, strict=True):
                column = one.columns[-1]
                assert column.json is not None
                for *values, document in conn.execute(one.query.sql.encode()).fetchall():
                    row = dict(zip(COLUMNS, values, strict=True))
                    assert document == made.value(row), one.query.sql
                    assert column.nullable if document is None else fits(column.json, document), (
                        f"{one.query.sql}\n{document}\n{column.json}"
                    )
                    seen[0] += known(column.json)
                    seen[1] += 1

    with database(server) as name:
        run()
    assert seen[0] > 300
    assert seen[1] > 40
