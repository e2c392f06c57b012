"""JSON that is read as a class, and JSON that cannot be read: each value says where it is."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec
import pytest
from runtime_world import SCHEMA, Face, Mood, rows, value
from target import Target, database

from amber_sql import skip_unreadable
from amber_sql.errors import UnfitJson, UnreadableValue
from amber_sql.runtime import Json

if TYPE_CHECKING:
    from collections.abc import Iterator


class Label(msgspec.Struct, frozen=True):
    """What a column of JSON is read as."""

    text: str
    on: date | None = None
    mood: Mood = Mood.HAPPY


@dataclass
class Point:
    """The same, without msgspec."""

    x: float


class Moment(msgspec.Struct, frozen=True):
    """A point of time in JSON."""

    at: datetime


class Odd(msgspec.Struct, frozen=True):
    """What msgspec by itself reads none of."""

    rate: float
    at: datetime
    mood: Mood
    any: Any


class Row(msgspec.Struct, frozen=True):
    """A row that holds it."""

    id: int
    label: Label | None
    __pg_types__: ClassVar[tuple[str, ...]] = ("", "jsonb")


@pytest.fixture(scope="module", params=["plain", "async_pool"])
def face(pg_server: Target, request: pytest.FixtureRequest) -> Iterator[Face]:
    """Give both halves."""
    with database(pg_server) as name:
        opened = Face(request.param, pg_server.url(name))
        opened.script(SCHEMA)
        yield opened
        opened.close()


UNFIT: list[tuple[str, Any, str, str]] = [
    ('{"text": "hush", "on": 5}', Label, "$.on", "expected `date | null`, got `int`"),
    ('{"hush": 1}', Label, "$", "object missing required field `text`"),
    ('{"text": "x", "on": "hush"}', Label, "$.on", "invalid RFC3339 encoded date"),
    ('[{"text": 5}]', list[Label], "$[0].text", "expected `str`, got `int`"),
    ('{"hush": {"text": 5}}', dict[str, Label], "$[...].text", "expected `str`, got `int`"),
    ('{"hush": 1}', dict[int, int], "key in $", "expected `int`, got `str`"),
    ('{"x": "NaN", "y": 1}', Label, "$", "object missing required field `text`"),
    ("5", str, "$", "expected `str`, got `int`"),
]
"""JSON, what it is read as, where it does not fit, and why."""


@pytest.mark.parametrize(("text", "shape", "path", "reason"), UNFIT)
def test_what_does_not_fit_says_where(
    face: Face, text: str, shape: Any, path: str, reason: str
) -> None:
    """The error names query, column, row and the place in the document, and holds no value."""
    statement = value(f"SELECT '{text}'::jsonb AS doc", shape, scalar_type="jsonb")
    with pytest.raises(UnfitJson) as caught:
        face.one(statement)
    said = str(caught.value)
    assert 'a.query: the JSON in column "doc" of row 1 does not fit' in said
    assert f" at {path} ({reason}): the data is older than the struct" in said
    assert "hush" not in said


def test_what_a_class_says_itself_is_not_shown(face: Face) -> None:
    """A `__post_init__` may put the value into its message."""

    class Strict(msgspec.Struct):
        a: str

        def __post_init__(self) -> None:
            raise ValueError(f"Expected `b`, got {self.a} - at {self.a}")

    with pytest.raises(UnfitJson) as caught:
        face.one(value("""SELECT '{"a": "hush"}'::jsonb""", Strict))
    assert (caught.value.path, "hush" in str(caught.value)) == ("$", False)


def test_any_class_that_msgspec_reads(face: Face) -> None:
    """Where the column was JSON when the code was generated, also inside of an array."""
    point = value("SELECT '{\"x\": 1}'::json", Point, scalar_type="json")
    points = value("SELECT ARRAY['{\"x\": 1}'::jsonb]", list[Point], scalar_type="jsonb[]")
    numbers = value("SELECT '[1, 2]'::jsonb", list[int], scalar_type="jsonb")
    assert face.one(point) == Point(1.0)
    assert face.one(points) == [Point(1.0)]
    assert face.one(numbers) == [1, 2]


def test_what_json_has_no_number_for(face: Face) -> None:
    """PostgreSQL writes NaN as a text; a text stays one where a text is expected."""
    floats = value("""SELECT '["NaN", "-Infinity", 1]'::jsonb""", list[float], scalar_type="jsonb")
    assert repr(face.one(floats)) == "[nan, -inf, 1.0]"
    text = value("""SELECT '["NaN", "1"]'::jsonb""", list[str], scalar_type="jsonb")
    assert face.one(text) == ["NaN", "1"]


LISTS: list[tuple[str, Any, list[Any]]] = [
    ("ARRAY['[1, 2]'::jsonb, '[]']", list[list[int]], [[1, 2], []]),
    ("ARRAY['[1, null]'::json, NULL]", list[list[int | None] | None], [[1, None], None]),
    ("ARRAY[ARRAY['[1]'::jsonb], ARRAY['[2]'::jsonb]]", list[list[list[int]]], [[[1]], [[2]]]),
    ("ARRAY[ARRAY['1'::jsonb], ARRAY['2'::jsonb]]", list[list[int]], [[1], [2]]),
    ("'{}'::jsonb[]", list[list[int]], []),
]
"""Arrays of JSON, what they are read as, and the values."""


@pytest.mark.parametrize(("sql", "shape", "expected"), LISTS)
def test_json_in_an_array_may_be_a_list_itself(
    face: Face, sql: str, shape: Any, expected: list[Any]
) -> None:
    """A list within the list is a dimension of the array, or what the JSON is."""
    kind = "json[]" if "::json," in sql else "jsonb[]"
    assert face.one(value(f"SELECT {sql} AS docs", shape, scalar_type=kind)) == expected


def test_one_document_may_have_all_that_is_read_twice(face: Face) -> None:
    """NaN, a number past a float's, an offset with seconds and a new label are no matter of order."""
    parts = [
        '"rate": "NaN"',
        '"at": "1890-01-01T00:17:30+00:17:30"',
        '"mood": "odd"',
        '"any": 1e400',
    ]
    found = [
        face.one(value(f"SELECT '{{{', '.join(order)}}}'::json", Odd, scalar_type="json"))
        for order in itertools.permutations(parts)
    ]
    assert {each.at for each in found} == {datetime(1890, 1, 1, tzinfo=UTC)}
    assert {(str(each.rate), str(each.mood), each.any) for each in found} == {
        ("nan", "odd", 10**400)
    }


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "Europe/Amsterdam", "America/New_York"])
def test_the_sessions_time_zone_changes_no_moment(face: Face, zone: str) -> None:
    """Before 1937 offsets have seconds, which RFC 3339 lacks and PostgreSQL writes."""
    sql = f"""
        WITH w AS (SELECT set_config('TimeZone', '{zone}', true))
        SELECT jsonb_build_object('at', '1890-06-01 12:00:00.25+00'::timestamptz, 'x', w.set_config)
        FROM w
    """
    found = face.one(value(sql, Moment, scalar_type="jsonb"))
    assert found.at == datetime(1890, 6, 1, 12, 0, 0, 250_000, tzinfo=UTC)


def test_a_new_label_keeps_its_text(face: Face) -> None:
    """An enum is as open inside of JSON as it is beside it, and only there."""
    found = face.one(value("""SELECT '{"text": "x", "mood": "NEW"}'::jsonb""", Label))
    assert (type(found.mood), found.mood.value) == (Mood, "NEW")
    with pytest.raises(ValueError, match="NEW"):
        Mood("NEW")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("1e4300", "has a number of more than 4300 digits"),
        ('"\\ud800"', "has an escape that stands for no"),
    ],
)
def test_json_beyond_python_is_an_error(face: Face, text: str, what: str) -> None:
    """It has too many digits, or half of a character."""
    with pytest.raises(UnreadableValue, match=what):
        face.one(value(f"SELECT '{text}'::json", Json))


MANY = """
SELECT n, CASE WHEN {unfit} THEN '{{"text": 1}}'::jsonb ELSE '{{"text": "x"}}' END AS label
FROM generate_series(1, 1200) AS n ORDER BY n
"""


@pytest.mark.parametrize(("first", "last"), [(7, 7), (300, 1100), (1, 1200)])
def test_the_other_rows_are_read_on_request(face: Face, first: int, last: int) -> None:
    """In lists and streams, however many there are; the list says which rows were left out."""
    statement = rows(MANY.format(unfit=f"n BETWEEN {first} AND {last}"), Row)
    wrong = set(range(first, last + 1))
    for read in (face.many, face.stream):
        with skip_unreadable() as left_out:
            found = read(statement)
        assert {row.id for row in found} == set(range(1, 1201)) - wrong
        assert {error.row for error in left_out} == wrong
    with pytest.raises(UnfitJson):
        face.many(statement)


def test_one_row_is_never_left_out(face: Face) -> None:
    """A row that is there but cannot be read is not "no row"."""
    unfit = rows("""SELECT 1 AS id, '{"text": 1}'::jsonb AS label""", Row)
    with skip_unreadable() as left_out:
        with pytest.raises(UnfitJson):
            face.optional(unfit)
        assert face.many(value("SELECT 'infinity'::date AS d", date)) == []
    assert [error.column for error in left_out] == ['column "d"']
