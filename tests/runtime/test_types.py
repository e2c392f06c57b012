"""Every type goes to the server and comes back the same: alone, in arrays, in composites."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

import msgspec
import psycopg
import pytest
from psycopg.types.multirange import Multirange
from psycopg.types.range import Range
from runtime_world import SCHEMA, Face, Mood, Pair, rows, value
from target import database, target

from amber_sql.errors import ParameterRefused
from amber_sql.runtime import Json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amber_sql.server import Server

BERLIN = timezone(timedelta(hours=2))
NOON = datetime(2024, 2, 29, 12, 30, 15, 123456, UTC)

CASES: list[tuple[str, Any, Any]] = [
    ("bool", bool, True),
    ("bool", bool, False),
    ("int2", int, -(2**15)),
    ("int4", int, 2**31 - 1),
    ("int8", int, -(2**63)),
    ("oid", int, 2**32 - 1),
    ("float4", float, 1.5),
    ("float8", float, 1e-300),
    ("float8", float, math.inf),
    ("numeric", Decimal, Decimal("12345678901234567890.123456789")),
    ("numeric", Decimal, Decimal("0.00")),
    ("text", str, 'a "quoted", {braced} \\ and\nlong text — ünïcödé 🎉'),
    ("text", str, ""),
    ("text", str, "NULL"),
    ("varchar", str, "x"),
    ("bpchar", str, "x"),
    ("name", str, "x"),
    ("uuid", UUID, UUID("0193e8f0-7b1c-7000-8000-00000000abcd")),
    ("bytea", bytes, bytes(range(256))),
    ("bytea", bytes, b""),
    ("date", date, date(1, 1, 1)),
    ("date", date, date(9999, 12, 31)),
    ("time", time, time(23, 59, 59, 999999)),
    ("timetz", time, time(12, 0, tzinfo=BERLIN)),
    ("timestamp", datetime, datetime(2024, 2, 29, 23, 59, 59, 999999)),  # noqa: DTZ001
    ("timestamptz", datetime, NOON),
    ("timestamptz", datetime, datetime(1883, 11, 18, 12, tzinfo=UTC)),
    ("interval", timedelta, timedelta(days=-3, hours=25, microseconds=1)),
    ("json", Json, {"a": [1, None, "x", 1.5, {"b": True}]}),
    ("jsonb", Json, {"a": [1, None, "x", 1.5, {"b": True}]}),
    ("jsonb", Json, [1, [2], "{"]),
    ("jsonb", Json, "text"),
    ("jsonb", Json, 12345678901234567890123),
    ("inet", str, "10.0.0.1"),
    ("inet", str, "10.0.0.0/8"),
    ("inet", str, "::ffff:1.2.3.4"),
    ("cidr", str, "2001:db8::/32"),
    ("cidr", str, "10.1.2.3/32"),
    ("macaddr", str, "08:00:2b:01:02:03"),
    ("macaddr8", str, "08:00:2b:01:02:03:04:05"),
    ("int4range", Range[int], Range(1, 5)),
    ("int8range", Range[int], Range(None, 2**40)),
    ("numrange", Range[Decimal], Range(Decimal("1.5"), None, "()")),
    ("daterange", Range[date], Range(date(2024, 1, 1), date(2024, 2, 1))),
    ("tsrange", Range[datetime], Range(datetime(2024, 1, 1), None)),  # noqa: DTZ001
    ("tstzrange", Range[datetime], Range(NOON, NOON + timedelta(1), "[]")),
    ("int4range", Range[int], Range(empty=True)),
    ("int4multirange", Multirange[int], Multirange([Range(1, 2), Range(5, 9)])),
    ("tstzmultirange", Multirange[datetime], Multirange([Range(NOON, None)])),
    ("mood", Mood, Mood.SAD),
    ("pair", Pair, Pair('a "b", (c) \\', 7)),
    ("pair", Pair, Pair("", None)),
    ("email", str, "a@b"),
    ("score", int, 5),
    ("span", Range[float], Range(0.5, 1.5, "[]")),
]
NAMES = {"mood": "enum", "pair": "", "email": "text", "score": "int4", "span": "range(float8)"}


def behind(declared: str) -> str:
    """Return what generated code says of a result's type."""
    return "" if "enum" in declared or declared == "[]" else declared


IDS = [f"{pg_type}-{number}" for number, (pg_type, _, _) in enumerate(CASES)]


@pytest.fixture(scope="module", params=["pool", "async_pool"])
def face(server_by_major: Server, request: pytest.FixtureRequest) -> Iterator[Face]:
    """Give each face of the runtime, on each major version."""
    server = target(server_by_major.url("postgres"))
    with database(server) as name:
        opened = Face(request.param, server.url(name))
        opened.script(SCHEMA)
        yield opened
        opened.close()


def same(one: Any, other: Any) -> bool:
    """Compare values with their types: True is not 1, and 1.50 is not 1.5."""
    return isinstance(one, type(other)) and repr(one) == repr(other) and one == other


@pytest.mark.parametrize(("pg_type", "kind", "given"), CASES, ids=IDS)
def test_a_value_comes_back_the_same(face: Face, pg_type: str, kind: Any, given: Any) -> None:
    """Alone, as a parameter and as a result; NULL too, by the statement that has seen a value."""
    declared = NAMES.get(pg_type, pg_type)
    statement = value(f"SELECT $1::{pg_type}", kind, declared, scalar_type=behind(declared))
    assert all(same(face.one(statement, each), each) for each in (given, None, given))


@pytest.mark.parametrize(("pg_type", "kind", "given"), CASES, ids=IDS)
def test_an_array_comes_back_the_same(face: Face, pg_type: str, kind: Any, given: Any) -> None:
    """With a NULL among its elements, twice on one connection."""
    declared = NAMES.get(pg_type, pg_type) + "[]"
    statement = value(f"SELECT $1::{pg_type}[]", list[kind], declared, scalar_type=behind(declared))
    for array in ([given, None, given], []):
        assert same(face.one(statement, array), array)


@pytest.mark.parametrize(("pg_type", "kind", "given"), CASES, ids=IDS)
def test_a_field_comes_back_the_same(face: Face, pg_type: str, kind: Any, given: Any) -> None:
    """Inside a composite, which is itself an array's element and a parameter."""
    name = f"holder_{abs(hash((face.kind, pg_type, repr(given))))}"
    built_in = "" if pg_type in ("mood", "pair") else NAMES.get(pg_type, pg_type)
    holder: Any = msgspec.defstruct(
        "Holder",
        [("first", int), ("held", kind | None), ("more", list[kind])],
        namespace={"__pg_types__": ("int4", built_in, f"{built_in}[]" if built_in else "")},
        frozen=True,
        gc=False,
    )
    face.script(f"CREATE TYPE {name} AS (first int, held {pg_type}, more {pg_type}[])")
    statement = value(f"SELECT $1::{name}[]", list[holder], "")
    rows = [holder(1, given, [given]), holder(2, None, [])]
    assert same(face.one(statement, rows), rows)


def test_a_string_without_the_right_type_name_goes_by_its_class(face: Face) -> None:
    """A parameter whose type nobody named takes scalars, lists and structs."""
    assert face.one(value("SELECT $1::int4", int, ""), 5) == 5
    assert face.one(value("SELECT $1::text[]", list[str], ""), ("a", None)) == ["a", None]
    assert face.one(value("SELECT ($1::pair).amount", int, ""), Pair("x", 3)) == 3
    assert face.one(value("SELECT $1::jsonb", Json, ""), {"a": 1}) == {"a": 1}
    assert face.one(value("SELECT $1::bytea", bytes, ""), b"\x00\xff") == b"\x00\xff"


def test_an_array_keeps_its_dimensions(face: Face) -> None:
    """Lists in lists, for a type that is built in and for one that is not."""
    grid = [[1, 2], [3, None]]
    assert face.one(value("SELECT $1::int[]", list[list[int]], "int4[]"), grid) == grid
    moods = [[Mood.SAD], [Mood.HAPPY]]
    assert face.one(value("SELECT $1::mood[]", list[list[Mood]], "enum[]"), moods) == moods


def test_citext_is_text(face: Face) -> None:
    """An extension's type has no OID that anybody knows beforehand."""
    try:
        face.script("CREATE EXTENSION citext")
    except psycopg.Error:
        pytest.skip("this server has no citext")
    assert face.one(value("SELECT $1::citext", str, "citext"), "Ab") == "Ab"
    assert face.one(value("SELECT $1::citext[]", list[str], "citext[]"), ["Ab"]) == ["Ab"]


def test_time_is_utc_whatever_the_session_says(face: Face) -> None:
    """A session's TimeZone changes neither what is read nor what is written."""
    statement = value("SELECT $1::timestamptz", datetime, "timestamptz")
    for zone in ("Asia/Tokyo", "America/New_York", "UTC"):
        face.script(f"SET TimeZone = '{zone}'")
        found = face.one(statement, NOON.astimezone(BERLIN))
        assert (found, found.tzinfo) == (NOON, UTC)


def test_an_interval_does_not_depend_on_intervalstyle(face: Face) -> None:
    """A negative interval is understood under every IntervalStyle."""
    given = timedelta(days=-1, seconds=5)
    statement = value("SELECT $1::interval", timedelta, "interval")
    for style in ("sql_standard", "iso_8601", "postgres_verbose", "postgres"):
        face.script(f"SET IntervalStyle = '{style}'")
        assert face.one(statement, given) == given


class Payload(msgspec.Struct, frozen=True):
    """What a JSON column holds."""

    event: str
    count: int = 0


def test_json_becomes_a_struct(face: Face) -> None:
    """A column that is annotated with a struct and holds JSON is decoded into it."""
    statement = value("SELECT $1::jsonb", Payload, "jsonb")
    assert face.one(statement, Payload("x", 3)) == Payload("x", 3)
    assert face.one(statement, {"event": "y"}) == Payload("y")


def test_what_is_no_json_is_refused(face: Face) -> None:
    """The dict is well, and the sentence names what in it is not."""
    statement = value("SELECT $1::jsonb", Json, "jsonb")
    with pytest.raises(ParameterRefused, match=r"is no JSON: .*type object"):
        face.one(statement, {"a": object()})


class Twice(msgspec.Struct, frozen=True, gc=False):
    """Two columns of one type that become different things."""

    raw: Json
    shaped: Payload


def test_one_type_may_become_different_things(face: Face) -> None:
    """The annotation decides, not the column's type."""
    sql = """SELECT '{"event": "x"}'::jsonb, '{"event": "x"}'::jsonb"""
    assert face.one(rows(sql, Twice)) == Twice({"event": "x"}, Payload("x"))


class Holder(msgspec.Struct, frozen=True):
    """A document of a shape, with something of none in it."""

    any: Any


@pytest.mark.parametrize("kind", ["json", "jsonb"])
def test_numbers_of_json_have_no_limit(face: Face, kind: str) -> None:
    """PostgreSQL's JSON holds numbers that a float does not; an int does."""
    assert face.one(value(f"""SELECT '["\\"1e999", 1e400]'::{kind}""", Json)) == ['"1e999', 10**400]
    assert face.one(value(f"SELECT '-15.5e400'::{kind}", Json)) == -155 * 10**399
    holder = value(f"""SELECT '{{"any": 1e999}}'::{kind}""", Holder, scalar_type=kind)
    assert face.one(holder).any == 10**999


class Wide(msgspec.Struct, frozen=True, gc=False):
    """Composites in composites in arrays."""

    pairs: list[Pair]
    deepest: list[list[Pair | None]] | None
    label: str
    __pg_types__: ClassVar[tuple[str, ...]] = ("", "", "text")


def test_nesting_has_no_depth(face: Face) -> None:
    """Arrays of composites inside a record inside an array."""
    found = face.one(
        value(
            """SELECT ARRAY[ROW(ARRAY[('a', 1)::pair], ARRAY[ARRAY[('b', 2)::pair, NULL]],
                                'x'::text)]""",
            list[Wide],
        )
    )
    assert found == [Wide([Pair("a", 1)], [[Pair("b", 2), None]], "x")]


def test_many_rows_are_read_as_few_are(face: Face) -> None:
    """Columns that repeat, seem to or do not, in large results and small ones, NULLs included."""

    class Line(msgspec.Struct, frozen=True, gc=False):
        number: int
        owner: UUID | None
        moment: datetime
        amount: Decimal | None
        balance: Decimal
        mood: Mood

    statement = rows(
        """SELECT n, CASE WHEN key % 7 <> 5 THEN lpad(to_hex(key), 32, '0')::uuid END,
                  'epoch'::timestamptz + key * interval '1 s',
                  CASE WHEN n % 100 = 50 THEN n * 0.10 END,
                  key * 0.10,
                  CASE WHEN n % 2 = 0 THEN 'SAD' ELSE 'HAPPY' END::mood, 'unwanted'
           FROM generate_series(0, $1::int4 - 1) AS n, LATERAL (SELECT n % 1250 / $2 AS key) AS k""",
        Line,
        ["int4", "int4"],
    )
    start = datetime(1970, 1, 1, tzinfo=UTC)
    # Of 2501 rows the first, middle and last have one key, whatever the others have.
    for count, each in [(5, 1), (2501, 9999), (2501, 100), (2501, 1), (0, 1), (100, 1), (2400, 1)]:
        found = face.many(statement, count, each)
        keys = [n % 1250 // each for n in range(count)]
        assert found == [
            Line(
                n,
                UUID(int=key) if key % 7 != 5 else None,
                start + timedelta(seconds=key),
                Decimal(n) / 10 if n % 100 == 50 else None,
                Decimal(key) / 10,
                Mood.SAD if n % 2 == 0 else Mood.HAPPY,
            )
            for n, key in enumerate(keys)
        ]
        assert {type(row.owner) for row in found} <= {UUID, type(None)}
