"""Database types that the project maps to a class: by its settings, a column's comment, or a query's tag."""

from __future__ import annotations

import importlib
import ipaddress
from ipaddress import IPv4Interface
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from generated import package
from psycopg.types.range import Range
from pydantic import TypeAdapter

from amber_sql import Interval, ParameterRefused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target import Target

SETTINGS = """
[types]
interval = "amber_sql.Interval"
inet = {type = "ipaddress.IPv4Interface", decode = "ipaddress.ip_interface"}
date = {type = "mapped_own.Day", decode = "mapped_own.Day.parse", encode = "mapped_own.shown"}
point = "mapped_own.Raw"
numeric = "mapped_own.Amount"
feeling = "mapped_own.Word"
slug = "mapped_own.Word"
level = "mapped_own.Level"
macaddr = {type = "mapped_own.Key", encode = "mapped_own.text_of"}
uuid = "mapped_own.Key"
"""
OWN = """
import enum
class Word:
    def __init__(self, text): self.text = text
    def __str__(self): return self.text
    def __eq__(self, other): return type(other) is type(self) and other.text == self.text
    def __hash__(self): return hash(self.text)
    def __repr__(self): return f"{type(self).__name__}({self.text!r})"
class Amount(Word): pass
class Day(Word):
    @classmethod
    def parse(cls, text): return cls(text.upper())
def shown(day): return day.text.lower()
class Raw(Word):
    def __str__(self): return "(1,2)"
class Tag(Word): pass
class Level(enum.Enum):
    LOW = "low"
    HIGH = "high"
class Work(enum.IntEnum):
    REMOTE = 0
    HYBRID = 1
class Days(enum.IntFlag):
    MON = 1
    TUE = 2
class Blob(bytes): pass
class Share(enum.Enum):
    HALF = 0.5
def text_of(key):
    if key.text == "number": return 1
    raise KeyError(key.text)
class Key(Word): pass
class Length(Word): pass
"""
SCHEMA = """
CREATE TYPE feeling AS ENUM ('calm', 'wild');
CREATE DOMAIN slug AS text;
CREATE DOMAIN level AS text;
CREATE TABLE t (
    id int NOT NULL, i interval, net inet, nets inet[], day date, days daterange, place point,
    price numeric, feel feeling, slug slug, tag text, made timestamptz
);
COMMENT ON COLUMN t.tag IS '@type mapped_own.Tag';
"""
NAMES = "id, i, net, nets, day, days, place, price, feel, slug, tag"
VALUES = ", ".join(f":{name}" for name in NAMES.split(", "))
SQL = f"""
-- name: add({NAMES})!
-- One.
INSERT INTO t ({NAMES}) VALUES ({VALUES});
-- name: add_many({NAMES})*!
-- Many.
INSERT INTO t ({NAMES}) VALUES ({VALUES});
-- name: copy_many({NAMES})*!
-- Many, by COPY.
-- @copy
INSERT INTO t ({NAMES}) VALUES ({VALUES});
-- name: all()
-- Columns.
SELECT {NAMES} FROM t;
-- name: rows()$
-- Fields of composites.
SELECT array_agg(t) AS rows FROM t;
-- name: tagged(made, price)^
-- One column and one parameter otherwise than the rest.
-- @type made mapped_own.Tag
-- @type price mapped_own.Tag
SELECT id, price, made FROM t WHERE price = :price LIMIT 1;
-- name: levels(one, more)^
-- An enum of Python's.
SELECT :one::level::text = 'low' AS one, :more::level[] AS more;
-- name: keys(u, m)^
-- @nullable m
-- What is given as PostgreSQL writes it, and what refuses to be written.
SELECT :u::uuid AS u, :m::macaddr AS m;
-- name: numbers(work, days, share)^
-- Enums of numbers.
-- @type work mapped_own.Work
-- @type days mapped_own.Days
-- @type share mapped_own.Share
SELECT :work::smallint[] AS work, :days::int AS days, :share::float8 AS share;
-- name: blob(blob)$
-- What bytes are, and how many.
-- @type blob mapped_own.Blob
SELECT octet_length(:blob::bytea) AS octets;
-- name: lengths()
-- An interval that is a text to somebody's class.
-- @type i mapped_own.Length
SELECT i FROM t ORDER BY id;
""".replace("tagged(made, price)", "tagged(price)")


@pytest.fixture(scope="module")
def world(
    compiling_server: Target, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Any, Any, Any, psycopg.Connection[Any]]]:
    """Give the generated queries and models, the project's own module, and a connection."""
    root = tmp_path_factory.mktemp("mapped")
    (root / "amber-sql.toml").write_text(SETTINGS)
    (root / "mapped_own.py").write_text(OWN)
    with (
        package(compiling_server, root, "mapped_package", schema=SCHEMA, queries=SQL) as url,
        psycopg.connect(url, autocommit=True) as conn,
    ):
        parts = ("mapped_package.queries.q", "mapped_package.models", "mapped_own")
        queries, models, own = map(importlib.import_module, parts)
        yield queries, models, own, conn


def values(own: Any) -> dict[str, Any]:
    """Return a value of each column."""
    day = own.Day("2024-02-29")
    return {
        "id": 1, "i": Interval(1, 2, 3), "net": IPv4Interface("10.0.0.1/8"),
        "nets": [IPv4Interface("10.0.0.1/32"), IPv4Interface("10.0.0.2/32")], "day": day,
        "days": Range(day, None), "place": own.Raw(b"\x3f\xf0" + 6 * b"\0" + b"\x40" + 7 * b"\0"),
        "price": own.Amount("1.50"), "feel": own.Word("wild"), "slug": own.Word("a-b"),
        "tag": own.Tag("t"),
    }  # fmt: skip


def test_a_value_goes_in_and_comes_back(world: Any) -> None:
    """As a column, an element, a bound, behind a domain, and as a field; by each way in."""
    queries, models, own, conn = world
    row = values(own)
    conn.execute("TRUNCATE t")
    queries.add(conn, **row)
    queries.add_many(conn, [models.QAddManyParams(**row)])
    queries.copy_many(conn, [models.QCopyManyParams(**row)])
    found = queries.all(conn)
    assert [{name: getattr(each, name) for name in row} for each in found] == [row] * 3
    assert [{name: getattr(each, name) for name in row} for each in queries.rows(conn)] == [row] * 3


def test_pydantic_has_such_a_value_as_its_text(world: Any) -> None:
    """A class that it does not know is shown as a text, and made of one."""
    queries, models, own, conn = world
    conn.execute("TRUNCATE t; INSERT INTO t (id, tag, price) VALUES (1, 'x', 1.50)")
    adapter = TypeAdapter(models.QAllRow)
    written = adapter.dump_json(*queries.all(conn))
    assert b'"price":"1.50"' in written
    assert adapter.validate_json(written).tag == own.Tag("x")
    assert adapter.json_schema()["properties"]["tag"]["anyOf"][0] == {"type": "string"}


def test_a_query_maps_its_own_column_and_parameter(world: Any) -> None:
    """A tag goes before the settings."""
    queries, _, own, conn = world
    conn.execute(
        "TRUNCATE t; INSERT INTO t (id, price, made) VALUES (1, 1.5, '2024-01-01 12:00+00')"
    )
    found = queries.tagged(conn, price=own.Tag("1.5"))
    assert (found.price, found.made) == (own.Tag("1.5"), own.Tag("2024-01-01T12:00:00+00:00"))


def test_what_is_beyond_python_is_still_a_text(world: Any) -> None:
    """An infinite date is the class's to understand."""
    queries, _, own, conn = world
    conn.execute("TRUNCATE t; INSERT INTO t (id, day) VALUES (1, 'infinity'), (2, '-infinity')")
    assert [each.day for each in queries.all(conn)] == [own.Day("INFINITY"), own.Day("-INFINITY")]


def test_what_does_not_fit_is_named(world: Any) -> None:
    """Another class is refused before it is sent; what the class refuses names column and row."""
    queries, _, own, conn = world
    with pytest.raises(ParameterRefused, match=r"parameter slug \(text\) takes no str"):
        queries.add(conn, **values(own) | {"slug": "a"})
    conn.execute("TRUNCATE t; INSERT INTO t (id, net) VALUES (1, '10.0.0.1'), (2, '::1')")
    conn.execute("SET application_name = 'x'")
    assert isinstance(queries.all(conn)[1].net, ipaddress.IPv6Interface)
    conn.execute("UPDATE t SET nets = ARRAY[NULL, '10.0.0.1'::inet]")
    assert queries.all(conn)[0].nets == [None, IPv4Interface("10.0.0.1/32")]


def test_an_enum_is_written_by_its_value(world: Any) -> None:
    """And not as `Level.LOW`, which a text would keep."""
    queries, _, own, conn = world
    found = queries.levels(conn, one=own.Level.LOW, more=[own.Level.HIGH])
    assert (found.one, found.more) == (True, [own.Level.HIGH])


@pytest.mark.parametrize(
    ("key", "why"),
    [("number", "no text: .*text_of gave int"), ("x", "refused by .*text_of: KeyError")],
)
def test_a_function_that_fails_is_named(world: Any, key: str, why: str) -> None:
    """And what it says, which may hold the value, is not."""
    queries, _, own, conn = world
    with pytest.raises(ParameterRefused, match=rf"parameter m \(macaddr\) is {why}"):
        queries.keys(conn, u=own.Key("0193e8f0-7b1c-7000-8000-00000000abcd"), m=own.Key(key))


def test_a_text_is_one_that_others_read(world: Any) -> None:
    """A UUID has its dashes, and an interval is ISO 8601's."""
    queries, _, own, conn = world
    conn.execute(
        "TRUNCATE t; INSERT INTO t (id, i) VALUES (1, '1 mon -2 days 3.5 s'), (2, '-1 us'), (3, '0')"
    )
    found = [each.text for each in queries.lengths(conn)]
    assert found == ["P1M-2DT3.5S", "PT-0.000001S", "PT0S"]
    key = "0193e8f0-7b1c-7000-8000-00000000abcd"
    assert queries.keys(conn, u=own.Key(key), m=None).u == own.Key(key)


def test_an_enum_may_have_numbers(world: Any) -> None:
    """IntEnum, a flag of several members, and any other value, as a number and as an element."""
    queries, _, own, conn = world
    given = {"work": [*own.Work], "days": own.Days.MON | own.Days.TUE, "share": own.Share.HALF}
    found = queries.numbers(conn, **given)
    assert {name: getattr(found, name) for name in given} == given
    assert type(found.work[0]) is own.Work


def test_bytes_of_a_class_are_bytes(world: Any) -> None:
    """And not what `str` says of them, which bytea would take."""
    queries, _, own, conn = world
    assert queries.blob(conn, blob=own.Blob(b"\x00\xff")) == 2
