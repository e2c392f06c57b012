"""Composites of every shape: the straight-line reader gives what the careful one gives."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar
from uuid import UUID, uuid4

import msgspec
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from runtime_world import SCHEMA, Mood, Pair, rows, value

from amber_sql import runtime
from amber_sql.runtime import Json  # noqa: TC001  # the runtime reads the annotations

if TYPE_CHECKING:
    from collections.abc import Iterator


class Many(msgspec.Struct, frozen=True, gc=False):
    """Fields of a fixed size beside others, some of which expect NULL."""

    id: UUID
    number: int
    small: int | None
    flag: bool
    label: str
    ratio: float
    at: datetime | None
    until: datetime
    mood: Mood
    tags: list[str]
    pair: Pair | None
    address: str | None
    payload: Json
    pairs: list[Pair | None]
    last: int
    __pg_types__: ClassVar[tuple[str, ...]] = (
        *("uuid", "int8", "int2", "bool", "text", "float8", "timestamptz", "timestamptz", ""),
        *("text[]", "", "inet", "jsonb", "", "int4"),
    )


TYPE = """CREATE TYPE many AS (id uuid, number int8, small int2, flag bool, label text,
    ratio float8, at timestamptz, until timestamptz, mood mood, tags text[], pair pair,
    address inet, payload jsonb, pairs pair[], last int)"""

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30)
TIME = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001
PAIRS = st.builds(Pair, st.none() | TEXT, st.none() | st.integers(-(2**31), 2**31 - 1))
JSON = st.recursive(
    st.booleans() | st.integers(-(2**60), 2**60) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)
VALUES = (
    st.uuids(),
    st.integers(-(2**63), 2**63 - 1),
    st.integers(-(2**15), 2**15 - 1),
    st.booleans(),
    TEXT,
    st.floats(allow_nan=False),
    TIME,
    TIME,
    st.sampled_from([Mood.SAD, Mood.HAPPY, Mood.from_label('ÜBER "x", \\y')]),
    st.lists(TEXT, max_size=3),
    PAIRS,
    st.ip_addresses(v=4).map(str),
    JSON,
    st.lists(st.none() | PAIRS, max_size=3),
    st.integers(-(2**31), 2**31 - 1),
)
ANY = st.builds(Many, *(st.none() | each for each in VALUES))
FULL = st.builds(Many, *VALUES)


@pytest.fixture(scope="module")
def conn(pg_server: object) -> Iterator[psycopg.Connection]:
    """Connect to a server where the types are, in a schema that is gone afterwards."""
    with psycopg.connect(pg_server.url(pg_server.maintenance_dbname)) as connection:  # type: ignore[attr-defined]
        connection.execute("CREATE SCHEMA nested; SET search_path = nested")
        connection.execute(SCHEMA)  # type: ignore[arg-type]
        connection.execute(TYPE)
        yield connection
        connection.rollback()


ARRAY = value("SELECT $1::many[]", list[Many | None], "")


@settings(deadline=None, max_examples=150, suppress_health_check=list(HealthCheck))
@given(st.lists(st.none() | FULL | ANY, max_size=5))
def test_composites_come_back_the_same(conn: psycopg.Connection, given: list[Many | None]) -> None:
    """Whatever is NULL, expected or not, whatever came before on this connection."""
    assert runtime.one(conn, ARRAY, (given,)) == given


@settings(deadline=None, max_examples=300, suppress_health_check=list(HealthCheck))
@given(st.ip_addresses().map(str), st.integers(0, 32))
def test_addresses_read_as_the_server_writes_them(
    conn: psycopg.Connection, address: str, bits: int
) -> None:
    """Whatever form of an IPv6 address the server prefers."""
    for literal in (address, f"{address}/{bits}"):
        sql = "SELECT host($1::inet) || CASE WHEN $2 THEN '/' || masklen($1::inet) ELSE '' END"
        host = "32" if "." in address and ":" not in address else "128"
        masked = "/" in literal and literal.rpartition("/")[2] != host
        written = runtime.one(conn, value(sql, str, "inet", "bool"), (literal, masked))
        assert runtime.one(conn, value("SELECT $1::inet", str, "inet"), (literal,)) == written


class Holder(msgspec.Struct, frozen=True, gc=False):
    """A row that refers to another, as many rows may."""

    number: int
    pair: Pair | None


def test_rows_that_refer_to_one_get_one(conn: psycopg.Connection) -> None:
    """Equal bytes become one object where nobody could change it, and only there."""
    sql = "SELECT n, CASE WHEN n % 3 > 0 THEN ('a', n % 3)::pair END FROM generate_series(1, 9) n"
    found = runtime.many(conn, rows(sql, Holder))
    assert [(each.number, each.pair and each.pair.amount) for each in found] == [
        (n, n % 3 or None) for n in range(1, 10)
    ]
    assert found[0].pair is found[3].pair
    changeable = value("SELECT $1::many FROM generate_series(1, 2)", Many, "")
    first, second = runtime.many(conn, changeable, (Many(uuid4(), *[None] * 14),))  # type: ignore[arg-type]
    assert first == second
    assert first is not second


class Shape(msgspec.Struct, frozen=True, gc=False):
    """Fields like those of `Pair`, under a name of its own."""

    label: str | None
    amount: int | None


class Both(msgspec.Struct, frozen=True, gc=False):
    """A row of two structs whose fields are of the same types."""

    pair: Pair
    shape: Shape


def test_equal_bytes_of_two_columns_are_two_structs(conn: psycopg.Connection) -> None:
    """Each column is read as its own struct, whatever another one of the row holds."""
    sql = "SELECT ('a', 1)::pair, ('a', 1)::pair FROM generate_series(1, 2)"
    for found in runtime.many(conn, rows(sql, Both)):
        assert (type(found.pair), type(found.shape)) == (Pair, Shape)
