"""What is refused before it is sent, and what is taken: the same in INSERT, in arrays and in COPY."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import pytest
from psycopg.types.multirange import Multirange
from psycopg.types.range import Range
from runtime_world import SCHEMA, Face, Mood, Pair, value
from target import Target, database

from amber_sql.errors import AmberError, ParameterRefused
from amber_sql.runtime import JSON_NULL, CopyTarget, Statement

if TYPE_CHECKING:
    from collections.abc import Iterator

NAIVE = datetime(2024, 2, 29, 12)  # noqa: DTZ001
AWARE = NAIVE.replace(tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")

REFUSED: list[tuple[str, Any, str]] = [
    ("bool", "false", "takes no str"),
    ("bool", 1, "takes no int"),
    ("int2", 2**15, "out of range"),
    ("int4", -(2**31) - 1, "out of range"),
    ("int8", 2**63, "out of range"),
    ("int4", 1.0, "takes no float"),
    ("int4", "1", "takes no str"),
    ("oid", -1, "out of range"),
    ("oid", 2**32, "out of range"),
    ("float4", 1e39, "out of range for real"),
    ("float4", 1e-50, "out of range for real"),
    ("float4", "1.5", "takes no str"),
    ("float8", 10**400, "out of range"),
    ("float8", "1.5", "takes no str"),
    ("numeric", "1.5", "takes no str"),
    ("text", 5, "takes no int"),
    ("text", b"x", "takes no bytes"),
    ("text", "a\0b", "NUL"),
    ("name", "ä" * 32, "cut off"),
    ("char", "ab", "cut off"),
    ("text", "\ud800", "half of a surrogate pair"),
    ("uuid", "13479a86-52ac-453f-b2da-d40c31b4aed1", "takes no str"),
    ("bytea", "x", "takes no str"),
    ("bytea", [1, 2], "takes no list"),
    ("bytea", 5, "takes no int"),
    ("date", NAIVE, "takes no datetime"),
    ("date", "2024-01-01", "takes no str"),
    ("time", timedelta(seconds=1), "takes no timedelta"),
    ("time", time(12, tzinfo=UTC), "without tzinfo"),
    ("time", NAIVE, "takes no datetime"),
    ("timetz", time(12), "with an offset"),
    ("timetz", time(12, tzinfo=BERLIN), "with an offset"),
    ("timestamp", AWARE, "without tzinfo"),
    ("timestamp", date(2024, 1, 1), "takes no date"),
    ("timestamp", time(12), "takes no time"),
    ("timestamptz", NAIVE, "with tzinfo"),
    ("timestamptz", date(2024, 1, 1), "takes no date"),
    ("timestamptz", time(12, tzinfo=UTC), "takes no time"),
    ("interval", 5, "takes no int"),
    ("interval", time(1), "takes no time"),
    ("inet", "example.com", "is no address"),
    ("inet", "10.0.0.1/33", "is no address"),
    ("inet", "192.168", "is no address"),
    ("inet", 5, "takes no int|is no address"),
    ("cidr", "example.com", "is no address"),
    ("cidr", 10, "takes no int"),
    ("cidr", 10.5, "takes no float"),
    ("varbit", "x1", "takes only 0 and 1"),
    ("varbit", "b1", "takes only 0 and 1"),
    ("bit", "2", "takes only 0 and 1"),
    ("cidr", "10.0.0.1/8", "right of its netmask"),
    ("macaddr", "08:00:2b:01:02", "is no MAC address"),
    ("macaddr8", "zz:00:2b:01:02:03", "is no MAC address"),
    ("json", math.nan, "no NaN"),
    ("jsonb", {"a": [1, {"b": -math.inf}]}, "no NaN"),
    ("jsonb", [{1.5, math.nan}], "no NaN"),
    ("jsonb", msgspec.defstruct("S", [("a", Any)])([(math.inf,)]), "no NaN"),
    ("jsonb", {"a\0": 1}, "NUL, which json can"),
    ("jsonb", {"a": "\\\0"}, "NUL, which json can"),
    ("json", {"a": "\ud800"}, "half of a surrogate pair"),
    ("jsonb", {"a": object()}, "is no JSON"),
    ("jsonb", b"{}", "takes no bytes"),
    ("tsrange", Range(AWARE, None), "at its lower bound .*without tzinfo"),
    ("tstzrange", Range(None, NAIVE), "at its upper bound .*with tzinfo"),
    ("daterange", Range(NAIVE, None), "at its lower bound takes no datetime"),
    ("int4range", Range(2**31, None), "at its lower bound is out of range"),
    ("int4range", [1, 2], "takes no list"),
    ("tsmultirange", Multirange([Range(AWARE, None)]), "without tzinfo"),
    ("range(time)", Range(time(1, tzinfo=UTC), None), "at its lower bound .*without tzinfo"),
    ("multirange(time)", Multirange([Range(time(1, tzinfo=UTC), None)]), "without tzinfo"),
]
"""A type, a value, and what is said of it."""

TAKEN: list[tuple[str, Any, Any]] = [
    ("bool", True, True),
    ("int4", True, 1),
    ("float4", 0.1, 0.10000000149011612),
    ("float4", math.inf, math.inf),
    ("float8", 5, 5.0),
    ("float8", Decimal("1.5"), 1.5),
    ("numeric", 5, Decimal(5)),
    ("numeric", 0.1, Decimal("0.1")),
    ("numeric", Decimal("sNaN"), Decimal("NaN")),
    ("numeric", Decimal("-Infinity"), Decimal("-Infinity")),
    ("text", Mood.SAD, "SAD"),
    ("varchar", Mood.SAD, "SAD"),
    ("bytea", bytearray(b"\0x"), b"\0x"),
    ("bytea", memoryview(b"\0x"), b"\0x"),
    ("timestamptz", datetime(2024, 6, 1, 12, tzinfo=BERLIN), datetime(2024, 6, 1, 10, tzinfo=UTC)),
    ("inet", "10.1/16", "10.1.0.0/16"),
    ("cidr", "10", "10.0.0.0/8"),
    ("macaddr", "0800-2B01-0203", "08:00:2b:01:02:03"),
    ("jsonb", JSON_NULL, JSON_NULL),
    ("json", {"a": None}, {"a": None}),
    ("json", {"a": "\0"}, {"a": "\0"}),
    ("jsonb", {"a": "\\u0000"}, {"a": "\\u0000"}),
    ("jsonb", 2**70, 2**70),
]
"""A type, a value, and what is read back."""

WAYS = ("add", "many", "copy")
OWN = {"char": '"char"', "range(time)": "times", "multirange(time)": "timesets"}


@pytest.fixture(scope="module", params=["plain", "async_plain"])
def face(pg_server: Target, request: pytest.FixtureRequest) -> Iterator[Face]:
    """Give both halves, on a database with a table for each type."""
    with database(pg_server) as name:
        opened = Face(request.param, pg_server.url(name))
        opened.script(SCHEMA)
        opened.script(
            "CREATE TYPE times AS RANGE (SUBTYPE = time, MULTIRANGE_TYPE_NAME = timesets)"
        )
        for pg_type in {case[0] for case in REFUSED + TAKEN}:
            shown = OWN.get(pg_type, pg_type)
            opened.script(f'CREATE TABLE "{pg_type}" (v {shown}, more {shown}[])')
        yield opened
        opened.close()


def put(face: Face, way: str, pg_type: str, value: Any, more: Any = ()) -> Any:
    """Insert two rows, the second of them with the value, in one of three ways."""
    sql = f'INSERT INTO "{pg_type}" (v, more) VALUES ($1, $2)'
    params = {"v": pg_type, "more": f"{pg_type}[]"}
    target = CopyTarget(f'"{pg_type}"', ("v", "more")) if way == "copy" else None
    statement = Statement("a.query", sql, params=params, nullable=("v",), copy=target)
    if way == "add":
        return face.affected(statement, value, list(more))
    Row = msgspec.defstruct("Row", [("v", Any), ("more", Any)])  # noqa: N806
    return face.insert_many(statement, [Row(None, []), Row(value, list(more))])


@pytest.mark.parametrize(("pg_type", "given", "what"), REFUSED)
def test_what_is_refused(face: Face, pg_type: str, given: Any, what: str) -> None:
    """Alone and as an element, in each of the three ways: the parameter is named, and the row."""
    for way in WAYS:
        row = "" if way == "add" else " of row 2"
        with pytest.raises(ParameterRefused, match=what) as caught:
            put(face, way, pg_type, given)
        assert f"a.query: parameter v ({pg_type}){row} " in str(caught.value)
        if isinstance(given, list):  # a further dimension, as an element
            continue
        with pytest.raises(ParameterRefused, match=rf"\[\]\){row} .*({what})"):
            put(face, way, pg_type, None, [given])


@pytest.mark.parametrize(("pg_type", "given", "read"), TAKEN)
def test_what_is_taken(face: Face, pg_type: str, given: Any, read: Any) -> None:
    """The same value is stored, whichever way it came."""
    face.script(f'TRUNCATE "{pg_type}"')
    for way in WAYS:
        put(face, way, pg_type, given, [given])
    sql = f'SELECT v FROM "{pg_type}" WHERE v IS NOT NULL'
    found = face.many(value(sql, Any if "json" in pg_type else type(read)))
    assert [repr(each) for each in found] == [repr(read)] * 3


@pytest.mark.parametrize("way", WAYS)
def test_none_is_refused_where_null_is_not_taken(face: Face, way: str) -> None:
    """The server would name its column; the parameter is named before."""
    sql, params = 'INSERT INTO "int4" (v) VALUES ($1)', {"v": "int4"}
    target = CopyTarget('"int4"', ("v",)) if way == "copy" else None
    statement = Statement("a.query", sql, params=params, copy=target)
    Row = msgspec.defstruct("Row", [("v", Any)])  # noqa: N806
    given: Any = None if way == "add" else [Row(1), Row(None)]
    call: Any = face.affected if way == "add" else face.insert_many
    with pytest.raises(ParameterRefused, match="does not accept None"):
        call(statement, given)


def test_the_place_in_a_value_is_named(face: Face) -> None:
    """The element, the bound, the field, however deep."""
    cases: list[tuple[str, Any, str]] = [
        ("int4[]", [1, 2, "x"], "at element 3 takes no str"),
        ("int4[]", [[1], [2, "x"]], "at element 2 at element 2 takes no str"),
        ("", [Pair("x", 1), Pair("x", 2**31)], "at element 2 at field amount is out of range"),
        ("tsrange[]", [Range(NAIVE, AWARE)], "at element 1 at its upper bound needs a datetime"),
    ]
    for pg_type, given, what in cases:
        with pytest.raises(ParameterRefused, match=what):
            face.one(value("SELECT $1::text", str, pg_type), given)


def test_an_error_never_holds_the_value(face: Face) -> None:
    """Logs take messages; what somebody typed does not belong there."""
    for pg_type in ("int4[]", "uuid", "inet", "jsonb", "date", "range(time)"):
        with pytest.raises(AmberError) as caught:
            face.one(value("SELECT $1::text", str, pg_type), Secret("hush"))
        assert "hush" not in str(caught.value)


class Secret(UUID):
    """A value whose text would be noticed."""

    def __init__(self, text: str) -> None:
        object.__setattr__(self, "text", text)

    def __str__(self) -> str:
        return "hush"

    __repr__ = __str__

    @property
    def int(self) -> int:  # type: ignore[override]
        raise ValueError(str(self))
