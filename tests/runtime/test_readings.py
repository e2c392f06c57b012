"""What comes back is the value that is there, or an error that says where it stands."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from psycopg.types.range import Range
from runtime_world import Face, Pair, rows, value
from target import Target, database

from amber_sql.errors import SchemaChanged, UnreadableValue
from amber_sql.runtime import JSON_NULL, Json, Statement

if TYPE_CHECKING:
    from collections.abc import Iterator

SCHEMA = """
CREATE TYPE pair AS (label text, amount int);
CREATE TABLE counted (id int GENERATED ALWAYS AS IDENTITY, v int);
CREATE FUNCTION nothing() RETURNS void LANGUAGE sql BEGIN ATOMIC SELECT 1; END;
CREATE DOMAIN address AS inet;
CREATE DOMAIN whole AS bigint;
CREATE DOMAIN word AS text;
CREATE DOMAIN ratio AS double precision;
CREATE TYPE wholes AS RANGE (subtype = smallint);
"""


@pytest.fixture(
    scope="module",
    params=[("plain", 5), ("plain", None), ("async_plain", 5), ("async_plain", None), ("pool", 5)],
    ids=["fast", "cursor", "async", "async-cursor", "pool"],
)
def face(pg_server: Target, request: pytest.FixtureRequest) -> Iterator[Face]:
    """Give each path that a call may take, in both halves."""
    kind, threshold = request.param
    options = {} if kind == "pool" else {"prepare_threshold": threshold}
    with database(pg_server) as name:
        opened = Face(kind, pg_server.url(name), **options)
        opened.script(SCHEMA)
        yield opened
        opened.close()


@pytest.mark.parametrize(
    ("sql", "count"),
    [
        ("INSERT INTO counted (v) VALUES (1), (2) RETURNING id", 2),
        ("INSERT INTO counted (v) VALUES (1) RETURNING id, v, id", 1),
        ("SELECT generate_series(1, 3)", 3),
        ("SELECT 1 WHERE false", 0),
        ("WITH w AS (INSERT INTO counted (v) VALUES (1), (2) RETURNING v) SELECT v, v FROM w", 2),
        ("SELECT nothing()", 1),
        ("SELECT nothing() FROM generate_series(1, 2)", 2),
        ("DELETE FROM counted WHERE id < 0 RETURNING *", 0),
        ("SELECT 'a'::tsvector", 1),
    ],
)
def test_rows_are_counted_whatever_they_hold(face: Face, sql: str, count: int) -> None:
    """Twice, since the second call finds the statement prepared; the columns are nobody's."""
    statement = Statement("a.query", sql)
    assert [face.affected(statement), face.affected(statement)] == [count, count]


def test_void_is_none(face: Face) -> None:
    """Alone, in several rows, and in a stream."""
    statement: Statement[None] = Statement("a.query", "SELECT nothing()", scalar=None)
    assert face.one(statement) is None
    assert face.optional(statement) is None
    several: Statement[None] = Statement(
        "a.query", "SELECT nothing() FROM generate_series(1, 2)", scalar=None
    )
    assert face.many(several) == [None, None]
    assert face.stream(several) == [None, None]


class Beside(msgspec.Struct, frozen=True, gc=False):
    """A void among others."""

    number: int
    nothing: None
    text: str


def test_void_beside_others_is_none(face: Face) -> None:
    """It takes no place of theirs."""
    statement = rows("SELECT 1, nothing(), 'x'", Beside)
    assert face.one(statement) == Beside(1, None, "x")
    assert face.stream(statement) == [Beside(1, None, "x")]


def test_json_null_is_not_null(face: Face) -> None:
    """Read, written back, in an array, and unlike SQL's NULL, which is None."""
    for pg_type in ("json", "jsonb"):
        given = [JSON_NULL, None, {"a": None}]
        kind = f"SELECT {pg_type}_typeof(v) FROM unnest($1::{pg_type}[]) AS v"
        assert face.many(value(kind, str, f"{pg_type}[]"), given) == ["null", None, "object"]
        echo = value(f"SELECT $1::{pg_type}[]", list[Json], f"{pg_type}[]")
        assert face.one(echo, given) == given
        alone = value(f"SELECT $1::{pg_type}", Json, pg_type)
        assert [face.one(alone, each) for each in given] == given


def test_an_array_of_another_depth_is_an_error(face: Face) -> None:
    """Of a built-in type, of composites and of what else; an empty one has none."""
    cases: list[tuple[str, Any, str]] = [
        ("SELECT '{{1,2}}'::int[]", list[int | None], "2 dimensions, .* one dimension"),
        ("SELECT '{1,2}'::int[]", list[list[int]], "1 dimensions, .* 2 dimensions"),
        ("SELECT '{{10.0.0.1}}'::inet[]", list[str], "2 dimensions"),
        ("SELECT ARRAY[[('a', 1)::pair]]", list[Pair], "2 dimensions"),
    ]
    for sql, kind, what in cases:
        with pytest.raises(UnreadableValue, match=rf'a.query: column ".+" of row 1 .*{what}'):
            face.one(value(sql, kind))
    assert face.one(value("SELECT '{}'::int[]", list[list[int]])) == []


UNREADABLE: list[tuple[str, Any]] = [
    ("'infinity'::date", date),
    ("'0044-03-15 BC'::date", date),
    ("'infinity'::timestamp", datetime),
    ("'10000-01-01'::timestamptz", datetime),
    ("'24:00'::time", time),
    ("'178000000 years'::interval", timedelta),
    ("daterange('2024-01-01', 'infinity')", Range[date]),
    ("ARRAY['infinity'::date]", list[date]),
]


@pytest.mark.parametrize(("sql", "kind"), UNREADABLE)
def test_what_python_cannot_hold_is_named(face: Face, sql: str, kind: Any) -> None:
    """By query, column and row, however the rows are read."""
    text = f"SELECT CASE WHEN n > 1 THEN {sql} END AS bad FROM generate_series(1, 3) AS n"
    place = 'a.query: column "bad" of row 2 '
    for read in (face.many, face.stream):
        with pytest.raises(UnreadableValue, match=place):
            read(value(text, kind))
    with pytest.raises(UnreadableValue, match=place.replace("2", "1")):
        face.one(value(f"SELECT {sql} AS bad", kind))


@pytest.mark.parametrize(
    ("expected", "kind", "now"),
    [
        ("float4", float, "ARRAY['abc'::word]"),
        ("int4", int, "ARRAY['abc'::word]"),
        ("bool", bool, "ARRAY['7'::whole]"),
        ("float4", float, "wholes('1', '2')"),
    ],
)
def test_what_is_behind_a_type_may_not_become_another(
    face: Face, expected: str, kind: Any, now: str
) -> None:
    """Its elements and bounds say which domain they are of, and only their width says what is in it."""
    wanted, by_name = (Range[kind], "range") if now.startswith("wholes") else (list[kind], "")
    declared = f"range({expected})" if by_name else f"{expected}[]"
    with pytest.raises(SchemaChanged):
        face.one(value(f"SELECT {now} AS v", wanted, scalar_type=declared))


def test_a_float_is_read_by_its_width(face: Face) -> None:
    """A domain over real may have become one over double precision."""
    sql = "SELECT ARRAY['1.1'::ratio]"
    assert face.one(value(sql, list[float], scalar_type="float4[]")) == [1.1]


def test_a_char_may_be_empty(face: Face) -> None:
    """PostgreSQL's "char" has one byte, which is zero then."""
    for given in ("", "x"):
        assert face.one(value('SELECT $1::"char"', str, '"char"'), given) == given
        assert face.one(value('SELECT ARRAY[$1::"char"]', list[str], '"char"'), given) == [given]


def test_what_is_behind_a_type_is_not_guessed(face: Face) -> None:
    """Without what the generator says, a type of the database's own is refused, not read as another."""
    sql = "SELECT ARRAY['10.0.0.1'::address]"
    assert face.one(value(sql, list[str], scalar_type="inet[]")) == ["10.0.0.1"]
    for kind in (list[float], list[datetime], list[bool]):
        with pytest.raises(SchemaChanged):
            face.one(value(sql, kind))
