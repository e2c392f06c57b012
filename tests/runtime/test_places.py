"""Every base type in every place, through generated code: the value that went in comes back.

A place is where PostgreSQL may put a value: a column, an element, behind a domain, a range's
bound, a field of a composite, of an anonymous row, of a row in one. The types of a database's own have OIDs that say nothing of what is behind them.
"""

from __future__ import annotations

import importlib
import re
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from generated import package
from psycopg.types.multirange import Multirange
from psycopg.types.range import Range
from runtime_world import Face

from amber_sql.compiler.bind.python_names import cap_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target import Target

BERLIN = timezone(timedelta(hours=2))
NOON = datetime(2024, 2, 29, 12, 30, 15, 123456, UTC)

VALUES: dict[str, tuple[Any, Any]] = {
    "int4": (1, 2**31 - 1),
    "oid": (1, 2**32 - 1),
    "float4": (-1.5, 0.25),
    "numeric": (Decimal("-1.50"), Decimal("12345678901234567890.5")),
    "bool": (False, True),
    "text": ("a", 'z"{},\\ ü'),
    "uuid": (UUID(int=1), UUID(int=2**127)),
    "bytea": (b"", bytes(range(256))),
    "date": (date(1, 1, 1), date(9999, 12, 31)),
    "time": (time(0, 0, 1), time(23, 59, 59, 999999)),
    "timetz": (time(1, tzinfo=UTC), time(12, 0, 0, 5, tzinfo=BERLIN)),
    "timestamp": (NOON.replace(tzinfo=None), datetime(2999, 1, 1)),  # noqa: DTZ001
    "timestamptz": (NOON, NOON + timedelta(days=1)),
    "interval": (timedelta(days=-3, hours=25), timedelta(microseconds=1)),
    "json": ({"a": [1, None]}, "text"),
    "jsonb": ("text", {"a": [1, None]}),
    "inet": ("10.0.0.1", "2001:db8::/32"),
    "cidr": ("10.0.0.0/8", "2001:db8::/32"),
    "macaddr": ("08:00:2b:01:02:03", "ff:ff:ff:ff:ff:ff"),
    "mood": ("happy", "sad"),
    "bit(3)": ("010", "111"),
    "pg_lsn": ("0/1", "A/FFFFFFFF"),
    "xid8": (1, 2**63),
    "int8": (-(2**63), 2**63 - 1),
    "float8": (-1e-300, 0.1),
    "varchar(9)": ("", "a,b()"),
    "bpchar(3)": ("  a", "abc"),
}
"""Two values of each type, the lesser first."""

SHOWN: dict[str, tuple[Any, Any]] = {
    '"char"': ("", "x"),
    "name": ("a", "ü"),
    "jsonpath": ('$."a"', '$."b"[*]'),
    "tsvector": ("'a':1A,2B,3C,4 'it''s'", "'\\\\':5 'ü'"),
    "tsquery": ("'a':*B & !( 'b' | 'c':AB ) <-> ( 'd' <3> 'e' )", "!'it''s'"),
    "pg_snapshot": ("10:20:11,15", "10:20:"),
    "txid_snapshot": ("10:20:11,15", "10:20:"),
    "tid": ("(0,1)", "(4294967295,65535)"),
    "varbit": ("", "10101010101"),
    "oidvector": ([1, 2**32 - 1], []),
    "int2vector": ([-1, 2], [3]),
    "macaddr8": ("08:00:2b:01:02:03:04:05", "ff:ff:ff:ff:ff:ff:ff:ff"),
    "citext": ("a", "B"),
    "hstore": ({"a": None, 'b "\\': "1,=>"}, {"": ""}),
    "ltree": ("a.b", "a.c"),
    "lquery": ("a.*{1,2}.b", "!a"),
    "ltxtquery": ("a & b*", "!a"),
    "vector": ([1.5, -2.0], [0.0, 0.25]),
    "halfvec": ([1.5, -2.0], [0.0, 0.25]),
    "sparsevec": ("{1:1.5,3:-0.1}/5", "{}/3"),
}
"""The same of types that PostgreSQL shows as texts, for the most part; read in one way alone."""
ALL = VALUES | SHOWN

OWN_RANGES = {
    "int4": "int4range", "numeric": "numrange",
    "date": "daterange", "timestamp": "tsrange", "timestamptz": "tstzrange",
}  # fmt: skip
UNORDERED = ("json", "bool", "xid8", "bit(3)", *SHOWN)
"""Types that have no order, or that nobody makes ranges of."""


def wrappers(base: str, name: str) -> dict[str, tuple[str, Any]]:
    """Return each place: the type of its column, and the value made of the base type's two."""
    one, other = ALL[base]
    places: dict[str, tuple[str, Any]] = {
        "scalar": (base, other),
        "elements": (f"{base}[]", [one, other]),
        "of_domain": (f"d_{name}", one),
        "domains": (f"d_{name}[]", [other, one]),
        "array_domain": (f"da_{name}", [one]),
        "array_domains": (f"da_{name}[]", [[one, other], [other]]),
    }
    if base in UNORDERED:
        return places
    discrete = base in ("int4", "date")
    ranges = {"own": f"r_{name}", "domain_range": f"rd_{name}", "over_domain": f"ro_{name}"}
    if base in OWN_RANGES:
        ranges["built_in"] = OWN_RANGES[base]
    for key, pg_type in ranges.items():
        bounds = "[)" if discrete or key != "own" else "(]"
        value = Range(one, other, bounds)
        places[f"{key}_range"] = (pg_type, value)
        places[f"{key}_ranges"] = (f"{pg_type}[]", [value, Range(empty=True), Range(one, None)])
        if key != "domain_range":
            multi = pg_type.replace("range", "multirange") if key == "built_in" else f"m{pg_type}"
            places[f"{key}_multi"] = (multi, Multirange([value]))
            places[f"{key}_multis"] = (f"{multi}[]", [Multirange([value]), Multirange()])
    return places


ALONE = {"domains", "array_domains", "own_ranges", "over_domain_multi"}
"""Places that are read as a bare value, too."""

NAMES = {base: base.partition("(")[0].strip('"') for base in ALL}
EXTENSIONS = "CREATE EXTENSION citext; CREATE EXTENSION hstore; CREATE EXTENSION ltree; CREATE EXTENSION vector;\n"
SCHEMA = EXTENSIONS + "CREATE TYPE mood AS ENUM ('happy', 'sad');\n"
SQL = ""
for _base, _name in NAMES.items():
    SCHEMA += f"CREATE DOMAIN d_{_name} AS {_base}; CREATE DOMAIN da_{_name} AS {_base}[];\n"
    if _base not in UNORDERED:
        SCHEMA += (
            f"CREATE TYPE r_{_name} AS RANGE (SUBTYPE = {_base}, MULTIRANGE_TYPE_NAME = mr_{_name});\n"
            f"CREATE TYPE ro_{_name} AS RANGE (SUBTYPE = d_{_name}, MULTIRANGE_TYPE_NAME = mro_{_name});\n"
            f"CREATE DOMAIN rd_{_name} AS r_{_name};\n"
        )
    _columns = {key: pg_type for key, (pg_type, _) in wrappers(_base, _name).items()}
    _listed = ", ".join(f"{key} {pg_type}" for key, pg_type in _columns.items())
    SCHEMA += f"CREATE TABLE t_{_name} ({_listed});\n"
    _all, _given = ", ".join(_columns), ", ".join(f":{key}" for key in _columns)
    _insert = f"INSERT INTO t_{_name} ({_all}) VALUES ({_given})"
    SQL += f"""
-- name: add_{_name}({_all})!
-- One.
{_insert};
-- name: add_many_{_name}({_all})*!
-- Many.
{_insert};
-- name: copy_{_name}({_all})*!
-- Many, by COPY.
-- @copy
{_insert};
-- name: echo_{_name}({_all})^
-- Parameters alone.
SELECT {", ".join(f":{key}::{pg_type} AS {key}" for key, pg_type in _columns.items())};
-- name: back_{_name}(row)$
-- A composite.
SELECT :row::t_{_name} AS row;
-- name: columns_{_name}()
-- Columns.
SELECT {_all} FROM t_{_name};
-- name: stream_{_name}()
-- Columns, by a cursor.
-- @stream
SELECT {_all} FROM t_{_name};
-- name: rows_{_name}()$
-- Fields of an array's composites.
SELECT array_agg(t) AS rows FROM t_{_name} AS t;
-- name: nested_{_name}()^
-- Fields of anonymous rows: alone, in an array, in a row in an array, beside the table's row.
SELECT s AS one, ARRAY(SELECT r FROM (SELECT {_all} FROM t_{_name}) AS r) AS rows,
       ARRAY(SELECT o FROM (SELECT s AS inside, t AS whole) AS o) AS deep
FROM t_{_name} AS t, LATERAL (SELECT {", ".join(f"t.{key}" for key in _columns)}) AS s
WHERE t.scalar IS NOT NULL;
"""
    for _key in ALONE & {*_columns}:
        SQL += f"-- name: {_key}_of_{_name}()\n-- One value.\nSELECT {_key} FROM t_{_name};\n"


@pytest.fixture(scope="module")
def world(
    compiling_server: Target, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, str]]:
    """Give a database with the types, and the package that is generated for it."""
    root = tmp_path_factory.mktemp("places")
    with package(compiling_server, root, "places_package", schema=SCHEMA, queries=SQL) as url:
        yield url, "places_package"


class Places(Face):
    """A face of the runtime, and the generated half for it."""

    def __init__(self, kind: str, world: tuple[str, str], **options: Any) -> None:
        url, package = world
        if kind.endswith("pool"):
            options = {"kwargs": options, "min_size": 1, "max_size": 1}
        super().__init__(kind, url, **options)
        half = "aio." if self.is_async else ""
        self.queries = importlib.import_module(f"{package}.{half}queries.q")
        self.models = importlib.import_module(f"{package}.models")

    def call(self, name: str, *rows: Any, **arguments: Any) -> Any:
        """Call a generated function."""
        return self.wait(getattr(self.queries, name)(self.conn, *rows, **arguments))

    def read(self, name: str) -> list[Any]:
        """Read what a generated function streams."""

        async def whole() -> list[Any]:
            async with getattr(self.queries, name)(self.conn) as found:
                return [row async for row in found]

        if self.is_async:
            return self.wait(whole())
        with getattr(self.queries, name)(self.conn) as found:
            return list(found)


FACES = {
    "fast": ("plain", 5),
    "cursor": ("plain", None),
    "pool": ("pool", 5),
    "async_pool": ("async_pool", 5),
}
PAIRS = [("fast", base) for base in SHOWN] + [(face, base) for face in FACES for base in VALUES]


@pytest.fixture(scope="module")
def places(world: tuple[str, str], request: pytest.FixtureRequest) -> Iterator[Places]:
    """Give the fast path, the cursor's, a pool's, and the async half."""
    kind, threshold = FACES[request.param]
    opened = Places(kind, world, prepare_threshold=threshold)
    yield opened
    opened.close()


EACH = pytest.mark.parametrize(("places", "base"), PAIRS, indirect=["places"], scope="module")


def given(base: str) -> dict[str, Any]:
    """Return the value of each place."""
    return {key: value for key, (_, value) in wrappers(base, NAMES[base]).items()}


def differences(found: Any, expected: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Return the places whose value is another one, or of another class."""
    pairs = {key: (getattr(found, key), value) for key, value in expected.items()}
    return {key: pair for key, pair in pairs.items() if shown(pair[0]) != repr(pair[1])}


def shown(value: Any) -> str:
    """Return a value with its class, which of an enum has another name for each package."""
    return re.sub(r"<Mood\.\w+: ('\w+')>", r"\1", repr(value))


@EACH
def test_a_value_is_stored_as_it_is(places: Places, base: str) -> None:
    """By each of the three ways in."""
    name, row = NAMES[base], given(base)
    places.script(f"TRUNCATE t_{name}")
    places.call(f"add_{name}", **row)
    for way in ("add_many", "copy"):
        struct = getattr(places.models, f"{cap_words(f'q_{way}_{name}')}Params")
        places.call(f"{way}_{name}", [struct(**row)])
    found = places.call(f"columns_{name}")
    assert [differences(each, row) for each in found] == [{}, {}, {}]


@EACH
def test_a_parameter_comes_back(places: Places, base: str) -> None:
    """Without a table between; and as the fields of a composite, there and back."""
    name, row = NAMES[base], given(base)
    assert differences(places.call(f"echo_{name}", **row), row) == {}
    struct = getattr(places.models, cap_words(f"t_{name}"))
    assert differences(places.call(f"back_{name}", row=struct(**row)), row) == {}


@EACH
def test_each_place_of_a_result(places: Places, base: str) -> None:
    """A column alone, a column of a stream, a field of a row and of an array's rows; NULL too."""
    name, row = NAMES[base], given(base)
    places.script(f"TRUNCATE t_{name}; INSERT INTO t_{name} DEFAULT VALUES")
    places.call(f"add_{name}", **row)
    _, found = places.read(f"stream_{name}")
    assert differences(found, row) == {}
    null, found = places.call(f"rows_{name}")
    assert {getattr(null, key) for key in row} == {None}
    assert differences(found, row) == {}
    alone = {key: places.call(f"{key}_of_{name}") for key in ALONE & {*row}}
    assert {key: shown(two) for key, two in alone.items()} == {
        key: repr([None, row[key]]) for key in alone
    }


@EACH
def test_each_place_of_an_anonymous_row(places: Places, base: str) -> None:
    """Alone, in an array, and in a row that is an element; a row of NULLs is a row."""
    name, row = NAMES[base], given(base)
    places.script(f"TRUNCATE t_{name}; INSERT INTO t_{name} DEFAULT VALUES")
    places.call(f"add_{name}", **row)
    found = places.call(f"nested_{name}")
    null, full = found.rows
    assert {getattr(null, key) for key in row} == {None}
    (deep,) = found.deep
    assert [differences(each, row) for each in (full, found.one, deep.inside, deep.whole)] == [
        {}
    ] * 4
