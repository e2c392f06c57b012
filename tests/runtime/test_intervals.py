"""Intervals: months, days and microseconds there and back, and nothing that a timedelta would change."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.types.range import Range
from target import database, target

from amber_sql import Interval, ParameterRefused, Row, runtime
from amber_sql.errors import UnreadableValue
from amber_sql.runtime import CopyTarget, Statement

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amber_sql.server import Server

SCHEMA = """
CREATE DOMAIN pause AS interval;
CREATE TYPE span AS RANGE (SUBTYPE = interval);
CREATE TABLE shifts (id int, rest interval, rests interval[], pause pause, span span);
"""
INT4 = st.integers(-(2**31), 2**31 - 1)
EVERY = st.builds(Interval, INT4, INT4, st.integers(-(2**63), 2**63 - 1))
SOME = [Interval(1), Interval(0, 1), Interval(0, 0, 86_400_000_000), Interval(-14, 3, -1)]


class Shift(Row, frozen=True, gc=False):
    """A row of the table, as generated code has it where the project reads intervals exactly."""

    id: int | None
    rest: Interval | None
    rests: list[Interval | None] | None
    pause: Interval | None
    span: Range[Interval] | None
    __pg_types__: ClassVar[tuple[str, ...]] = (
        "int4",
        "interval",
        "interval[]",
        "interval",
        "range(interval)",
    )


PARAMS = dict(zip(Shift.__struct_fields__, Shift.__pg_types__, strict=True))
COLUMNS = ", ".join(PARAMS)
INSERT = f"INSERT INTO shifts ({COLUMNS}) VALUES ($1, $2, $3, $4, $5)"
ADD = Statement("shifts.add", INSERT, params=PARAMS, nullable=("rests[]",))
COPY = Statement(
    "shifts.copy", INSERT, params=PARAMS, nullable=("rests[]",),
    copy=CopyTarget("shifts", Shift.__struct_fields__),
)  # fmt: skip
ONE = Statement("shifts.one", "SELECT $1", scalar=Interval, params={"rest": "interval"})
ALL = Statement("shifts.all", f"SELECT {COLUMNS} FROM shifts ORDER BY id", Shift)
WHOLE: Statement[list[Shift]] = Statement(
    "shifts.whole", "SELECT array_agg(s ORDER BY s.id) FROM shifts AS s", scalar=list[Shift]
)


@pytest.fixture(scope="module")
def conn(server_by_major: Server) -> Iterator[psycopg.Connection[Any]]:
    """Give a connection to a database with the table, on each major version."""
    server = target(server_by_major.url("postgres"))
    with database(server) as name, psycopg.connect(server.url(name), autocommit=True) as opened:
        opened.execute(SCHEMA.encode())
        yield opened


def shift(number: int, value: Interval) -> Shift:
    """Return a row with an interval in every place."""
    return Shift(number, value, [value, None], value, Range(value, None))


@given(values=st.lists(EVERY, min_size=1, max_size=8))
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_every_interval_comes_back(conn: psycopg.Connection[Any], values: list[Interval]) -> None:
    """In each place and by each way in; the server's own text of it is the same one."""
    rows = [shift(number, value) for number, value in enumerate(values)]
    conn.execute("TRUNCATE shifts")
    runtime.insert_many(conn, COPY, rows)
    assert (runtime.many(conn, ALL), runtime.one(conn, WHOLE)) == (rows, rows)
    conn.execute("TRUNCATE shifts")
    runtime.insert_many(conn, ADD, rows)
    assert runtime.many(conn, ALL) == rows


@pytest.mark.parametrize("style", ["postgres", "sql_standard", "iso_8601", "postgres_verbose"])
def test_no_style_changes_an_interval(conn: psycopg.Connection[Any], style: str) -> None:
    """The signs of the parts are their own under every IntervalStyle."""
    conn.execute(f"SET intervalstyle = {style}".encode())
    statement = Statement(
        "a.query", "SELECT $1::interval", scalar=Interval, params={"i": "interval"}
    )
    assert [runtime.one(conn, statement, (each,)) for each in SOME] == SOME


@pytest.mark.parametrize("text", ["1 mon", "-1 year 5 days", "178000000 years"])
def test_months_are_no_timedelta(conn: psycopg.Connection[Any], text: str) -> None:
    """Alone, in an array and behind a domain the error names query, column, row and the way out."""
    conn.execute("TRUNCATE shifts")
    conn.execute(
        "INSERT INTO shifts (id, rest, rests, pause)"
        " VALUES (1, '1 d', '{1 d}', '1 d'), (2, %(i)s, ARRAY[%(i)s::interval], %(i)s)",
        {"i": text},
    )
    columns: dict[str, Any] = {"rest": timedelta, "rests": list[timedelta], "pause": timedelta}
    for column, kind in columns.items():
        sql = f"SELECT {column} FROM shifts ORDER BY id"
        behind = "interval[]" if column == "rests" else "interval"
        statement: Statement[Any] = Statement("shifts.q", sql, scalar=kind, scalar_type=behind)
        with pytest.raises(UnreadableValue) as refused:
            runtime.many(conn, statement)
        said = str(refused.value)
        parts = ("shifts.q", f'column "{column}"', "row 2", "months", "amber_sql.Interval")
        assert [part for part in parts if part not in said] == []


def test_a_timedelta_goes_where_an_interval_does(conn: psycopg.Connection[Any]) -> None:
    """Its days are days and the rest is time; in COPY, too."""
    conn.execute("TRUNCATE shifts")
    given_ = timedelta(days=-1, hours=25)
    row: Any = shift(1, Interval())
    runtime.insert_many(conn, COPY, [msgspec.structs.replace(row, rest=given_)])
    runtime.insert_many(conn, ADD, [msgspec.structs.replace(row, id=2, rest=given_)])
    assert [each.rest for each in runtime.many(conn, ALL)] == [Interval.of(given_)] * 2
    assert Interval.of(given_).timedelta() == given_


def test_what_postgresql_cannot_hold_is_refused(conn: psycopg.Connection[Any]) -> None:
    """Before it is sent, also in COPY."""
    for way in (ADD, COPY):
        with pytest.raises(ParameterRefused, match="out of range"):
            runtime.insert_many(conn, way, [shift(1, Interval(2**31))])
    with pytest.raises(ParameterRefused, match="takes no str"):
        runtime.one(conn, ONE, ("1 mon",))


def test_an_interval_is_json_of_its_parts() -> None:
    """What msgspec writes it reads again."""
    written = msgspec.json.encode(SOME)
    assert msgspec.json.decode(written, type=list[Interval]) == SOME
    with pytest.raises(ValueError, match="months"):
        SOME[0].timedelta()
