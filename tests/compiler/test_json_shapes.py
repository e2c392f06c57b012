"""JSON that a query makes: its type, as the tree shows it, and its values, as Python has them."""

from __future__ import annotations

import importlib
import sys
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any, get_type_hints
from uuid import UUID

import msgspec
import psycopg
import pytest
from target import Target, database
from test_hostile_text import imported
from together import built

from amber_sql.compiler.bind.python_names import cap_words

if TYPE_CHECKING:
    from collections.abc import Iterator

SCHEMA = """
CREATE TYPE mood AS ENUM ('happy', 'sad');
CREATE DOMAIN email AS text;
CREATE TYPE spot AS (x int, label text);
CREATE TABLE authors (
    id int PRIMARY KEY, name text NOT NULL, nick text, mood mood NOT NULL, born date,
    key uuid NOT NULL, seen timestamptz NOT NULL, made timestamp, wakes time, worth numeric(20, 4),
    big bigint NOT NULL, rate float8, small real, mail email, raw bytea, spans int4range, wait interval,
    at inet, tags text[] NOT NULL, grid int[], place spot, note jsonb, old json
);
CREATE TABLE books (id int PRIMARY KEY, author int NOT NULL REFERENCES authors, title text NOT NULL, year int);
CREATE VIEW cards AS SELECT a.id, jsonb_build_object('name', a.name, 'nick', a.nick) AS card FROM authors AS a;
INSERT INTO authors VALUES (
    1, 'Ann', NULL, 'happy', '1980-02-29', '00000000-0000-0000-0000-000000000001',
    '2020-01-01 12:00:00.5+02', '2020-01-01 12:00', '07:30', 12.3400,
    9007199254740993, 'NaN', 0.1, 'a@b', '\\x00ff', '[1,5)', '1 mon', '10.0.0.1/8',
    '{x,NULL}', '{{1,2},{3,4}}', '(1,)', '{"any": null}', 'null'
), (
    2, 'Bob', 'B', 'sad', NULL, '00000000-0000-0000-0000-000000000002',
    '2020-06-01 12:00:00+00', NULL, NULL, NULL, -1, 1e308, NULL, NULL, NULL, NULL, NULL, NULL,
    '{}', NULL, NULL, NULL, NULL
);
INSERT INTO books VALUES (1, 1, 'One', 2001), (2, 1, 'Two', NULL), (3, 2, 'Three', 2003);
"""
KEY = UUID(int=1)
SEEN = datetime(2020, 1, 1, 10, 0, 0, 500_000, tzinfo=UTC)

CASES: dict[str, tuple[str, str, Any]] = {
    "types": (
        """SELECT jsonb_build_object('id', a.id, 'name', a.name, 'mood', a.mood, 'born', a.born,
            'key', a.key, 'seen', a.seen, 'made', a.made, 'wakes', a.wakes, 'worth', a.worth,
            'big', a.big, 'mail', a.mail, 'ok', a.id = 1) AS it FROM authors AS a WHERE id = 1""",
        (
            "It(id: int, name: str, mood: Mood, born: date | None, key: UUID, seen: datetime,"
            " made: datetime | None, wakes: time | None, worth: Decimal | None, big: int,"
            " mail: str | None, ok: bool)"
        ),
        [
            {
                "id": 1,
                "name": "Ann",
                "mood": "happy",
                "born": date(1980, 2, 29),
                "key": KEY,
                "seen": SEEN,
                "made": datetime(2020, 1, 1, 12),  # noqa: DTZ001
                "wakes": time(7, 30),
                "worth": Decimal("12.3400"),
                "big": 9007199254740993,
                "mail": "a@b",
                "ok": True,
            }
        ],
    ),
    "without_a_form": (
        """SELECT json_build_object('raw', a.raw, 'spans', a.spans, 'wait', a.wait, 'note', a.note,
            'oid', 5::oid, 'zone', '12:00+02'::timetz) AS it FROM authors AS a WHERE id = 1""",
        "It(raw: Any | None, spans: Any | None, wait: Any | None, note: Any | None, oid: Any, zone: Any)",
        [
            {
                "raw": "\\x00ff",
                "spans": "[1,5)",
                "wait": "1 mon",
                "note": {"any": None},
                "oid": "5",
                "zone": "12:00:00+02",
            }
        ],
    ),
    "floats": (
        "SELECT jsonb_agg(a.rate ORDER BY a.id) AS it FROM authors AS a",
        "list[float | None] | None",
        ["[nan, 1e+308]"],
    ),
    "single_floats": (
        "SELECT json_build_array(a.small, a.rate) AS it FROM authors AS a ORDER BY id",
        "tuple[float | None, float | None]",
        ["(0.1, nan)", "(None, 1e+308)"],
    ),
    "nested": (
        """SELECT jsonb_build_object('name', a.name, 'books', coalesce((
            SELECT jsonb_agg(jsonb_build_object('title', b.title, 'year', b.year) ORDER BY b.id)
            FROM books AS b WHERE b.author = a.id AND b.year > 2001), '[]')) AS it
        FROM authors AS a ORDER BY a.id""",
        "It(name: str, books: list[ItBook(title: str, year: int)])",
        [
            {"name": "Ann", "books": []},
            {"name": "Bob", "books": [{"title": "Three", "year": 2003}]},
        ],
    ),
    "aggregate": (
        """SELECT jsonb_agg(jsonb_build_object('id', b.id, 'year', b.year) ORDER BY b.id)
            FILTER (WHERE b.year IS NOT NULL) AS books
        FROM authors AS a LEFT JOIN books AS b ON b.author = a.id GROUP BY a.id ORDER BY a.id""",
        "list[Book(id: int, year: int)] | None",
        [[{"id": 1, "year": 2001}], [{"id": 3, "year": 2003}]],
    ),
    "no_rows": (
        "SELECT jsonb_agg(b.id) AS it FROM books AS b WHERE false",
        "list[int] | None",
        [None],
    ),
    "null_elements": (
        "SELECT json_agg(b.year ORDER BY b.id) AS it FROM books AS b",
        "list[int | None] | None",
        [[2001, None, 2003]],
    ),
    "map": (
        "SELECT jsonb_object_agg(a.name, a.nick) AS it FROM authors AS a",
        "dict[str, str | None] | None",
        [{"Ann": None, "Bob": "B"}],
    ),
    "map_of_structs": (
        "SELECT json_object_agg(b.id, json_build_object('t', b.title)) AS books FROM books AS b",
        "dict[str, Book(t: str)] | None",
        [{"1": {"t": "One"}, "2": {"t": "Two"}, "3": {"t": "Three"}}],
    ),
    "whole_rows": (
        "SELECT jsonb_agg(b ORDER BY b.id) AS books FROM books AS b",
        "list[Book(id: int, author: int, title: str, year: int | None)] | None",
        [
            [
                {"id": 1, "author": 1, "title": "One", "year": 2001},
                {"id": 2, "author": 1, "title": "Two", "year": None},
                {"id": 3, "author": 2, "title": "Three", "year": 2003},
            ]
        ],
    ),
    "rows_of_a_subquery": (
        """SELECT json_agg(r) AS books FROM (SELECT b.title, b.year AS "the year" FROM books AS b
            WHERE b.id = 1) AS r""",
        "list[Book(title: str, the_year: int | None)] | None",
        [[{"title": "One", "the_year": 2001}]],
    ),
    "row_to_json": (
        """WITH r AS (SELECT a.id, (SELECT row_to_json(b) FROM books AS b WHERE b.id = a.id) AS book
            FROM authors AS a) SELECT row_to_json(r) AS it FROM r ORDER BY r.id""",
        "It(id: int, book: ItBook(id: int, author: int, title: str, year: int | None) | None)",
        [
            {"id": 1, "book": {"id": 1, "author": 1, "title": "One", "year": 2001}},
            {"id": 2, "book": {"id": 2, "author": 1, "title": "Two", "year": None}},
        ],
    ),
    "an_outer_joins_row": (
        """SELECT to_jsonb(b) AS book FROM authors AS a LEFT JOIN books AS b ON b.id = a.id + 2
            ORDER BY a.id""",
        "Book(id: int, author: int, title: str, year: int | None) | None",
        [{"id": 3, "author": 2, "title": "Three", "year": 2003}, None],
    ),
    "arrays": (
        "SELECT jsonb_build_object('tags', a.tags, 'place', a.place) AS it FROM authors AS a ORDER BY id",
        "It(tags: list[str | None], place: ItPlace(x: int | None, label: str | None) | None)",
        [{"tags": ["x", None], "place": {"x": 1, "label": None}}, {"tags": [], "place": None}],
    ),
    "strange_keys": (
        """SELECT jsonb_build_object('my-key', 1, 'class', 2, '?', 3, '1st', 4, 'my_key', 5, '_x', 6, 'ü', 7) AS it""",
        "It(my_key_: int, class_: int, key_3: int, key_1st: int, my_key: int, x: int, ü: int)",
        [{"my_key_": 1, "class_": 2, "key_3": 3, "key_1st": 4, "my_key": 5, "x": 6, "ü": 7}],
    ),
    "a_key_that_a_cast_writes": (
        "SELECT jsonb_build_object('01'::text::int, 1) AS it",
        "Any",
        [{"1": 1}],
    ),
    "lists_in_an_array": (
        "SELECT ARRAY(SELECT jsonb_build_array(a.id) FROM authors AS a ORDER BY a.id) AS it",
        "list[tuple[int]]",
        [[(1,), (2,)]],
    ),
    "aggregates_in_an_array": (
        """SELECT ARRAY(SELECT (SELECT jsonb_agg(b.year ORDER BY b.id) FROM books AS b WHERE b.author = a.id)
            FROM authors AS a ORDER BY a.id) AS it""",
        "list[list[int | None] | None]",
        [[[2001, None], [2003]]],
    ),
    "a_key_twice": (
        "SELECT jsonb_build_object('a', 'x', 'a', 1) AS it",
        "It(a: int)",
        [{"a": 1}],
    ),
    "a_key_twice_in_text": (
        "SELECT json_build_object('a', 'x', 'a', 1) AS it",
        "It(a: Any | None)",
        [{"a": 1}],
    ),
    "absent": (
        "SELECT JSON_OBJECT('id': a.id, 'nick': a.nick ABSENT ON NULL) AS it FROM authors AS a ORDER BY id",
        "It(id: int, nick: str | None = None)",
        [{"id": 1, "nick": None}, {"id": 2, "nick": "B"}],
    ),
    "absent_json_null": (
        """SELECT JSON_OBJECT('old': 'null'::json, 'id': 1 ABSENT ON NULL RETURNING jsonb) AS it""",
        "It(old: Any | None = None, id: int)",
        [{"old": None, "id": 1}],
    ),
    "null_on_null": (
        "SELECT JSON_OBJECT('id': a.id, 'nick': a.nick RETURNING jsonb) AS it FROM authors AS a ORDER BY id",
        "It(id: int, nick: str | None)",
        [{"id": 1, "nick": None}, {"id": 2, "nick": "B"}],
    ),
    "json_array": (
        "SELECT JSON_ARRAY(a.nick, a.name) AS it FROM authors AS a ORDER BY id",
        "list[str]",
        [["Ann"], ["B", "Bob"]],
    ),
    "json_array_with_null": (
        "SELECT JSON_ARRAY(a.nick, a.id NULL ON NULL) AS it FROM authors AS a ORDER BY id",
        "tuple[str | None, int]",
        [(None, 1), ("B", 2)],
    ),
    "json_array_of_rows": (
        "SELECT JSON_ARRAY(SELECT b.year FROM books AS b ORDER BY b.id) AS it",
        "list[int] | None",
        [[2001, 2003]],
    ),
    "json_arrayagg": (
        "SELECT JSON_ARRAYAGG(b.year ORDER BY b.id NULL ON NULL) AS it FROM books AS b",
        "list[int | None] | None",
        [[2001, None, 2003]],
    ),
    "json_objectagg": (
        "SELECT JSON_OBJECTAGG(b.title: b.year ABSENT ON NULL) AS it FROM books AS b",
        "dict[str, int] | None",
        [{"One": 2001, "Three": 2003}],
    ),
    "stripped": (
        """SELECT jsonb_strip_nulls(jsonb_build_object('id', a.id, 'nick', a.nick,
            'list', jsonb_build_array(a.nick), 'in', jsonb_build_object('n', a.nick))) AS it
        FROM authors AS a ORDER BY id""",
        (
            "It(id: int, nick: str | None = None, list: tuple[str | None],"
            " in_: ItIn(n: str | None = None))"
        ),
        [
            {"id": 1, "nick": None, "list": (None,), "in_": {"n": None}},
            {"id": 2, "nick": "B", "list": ("B",), "in_": {"n": "B"}},
        ],
    ),
    "a_view": (
        "SELECT c.card FROM cards AS c ORDER BY c.id",
        "Card(name: str, nick: str | None)",
        [{"name": "Ann", "nick": None}, {"name": "Bob", "nick": "B"}],
    ),
    "either": (
        """SELECT jsonb_build_object('a', 1, 'both', 'x') AS it
        UNION ALL SELECT CASE WHEN a.id = 1 THEN jsonb_build_object('b', a.nick, 'both', a.nick) END
        FROM authors AS a WHERE a.id = 1""",
        "It(a: int | None = None, both: str | None, b: str | None = None) | None",
        [{"a": 1, "both": "x", "b": None}, {"a": None, "both": None, "b": None}],
    ),
    "or_empty": (
        "SELECT coalesce((SELECT jsonb_build_object('t', b.title) FROM books AS b WHERE b.id = 9), '{}') AS it",
        "It(t: str | None = None)",
        [{"t": None}],
    ),
    "a_column_of_a_cte": (
        """WITH w AS (INSERT INTO books VALUES (9, 1, 'Nine', 2009)
            RETURNING id, jsonb_build_object('id', id, 'title', title) AS b) SELECT w.b FROM w""",
        "B(id: int, title: str)",
        [{"id": 9, "title": "Nine"}],
    ),
    "pairs": (
        "SELECT json_build_array(1, jsonb_build_object('a', 1), jsonb_build_object('b', 2)) AS it",
        "tuple[int, ItItem2(a: int), ItItem3(b: int)]",
        [(1, {"a": 1}, {"b": 2})],
    ),
    "an_array_of_json": (
        "SELECT ARRAY(SELECT jsonb_build_object('id', b.id) FROM books AS b WHERE b.id < 3 ORDER BY 1) AS books",
        "list[Book(id: int)]",
        [[{"id": 1}, {"id": 2}]],
    ),
    "in_a_record": (
        "SELECT r AS it FROM (SELECT a.id, jsonb_build_object('n', a.name) AS doc FROM authors AS a) AS r ORDER BY id",
        "It(id: int, doc: ItDoc(n: str))",
        [{"id": 1, "doc": {"n": "Ann"}}, {"id": 2, "doc": {"n": "Bob"}}],
    ),
    "a_scalar": ("SELECT to_jsonb(a.key) AS it FROM authors AS a WHERE a.id = 1", "UUID", [KEY]),
    "a_window": (
        "SELECT jsonb_agg(b.id) OVER (ORDER BY b.id) AS it FROM books AS b WHERE b.id < 3 ORDER BY b.id",
        "list[int]",
        [[1], [1, 2]],
    ),
    "an_empty_key": ("SELECT jsonb_build_object('', 1) AS it", "Any", [{"": 1}]),
    "a_key_of_data": (
        "SELECT jsonb_build_object(a.name, 1) AS it FROM authors AS a WHERE id = 1",
        "Any",
        [{"Ann": 1}],
    ),
    "a_column": (
        "SELECT a.note FROM authors AS a ORDER BY id",
        "Any | None",
        [{"any": None}, None],
    ),
    "a_text": ("""SELECT '{"a": 1}'::jsonb AS it""", "Any", [{"a": 1}]),
    "changed": (
        "SELECT jsonb_set(jsonb_build_object('a', 1), '{a}', '\"x\"') AS it",
        "Any",
        [{"a": "x"}],
    ),
    "variadic": ("SELECT jsonb_build_object(VARIADIC ARRAY['a', '1']) AS it", "Any", [{"a": "1"}]),
    "an_argument_of_json": (
        "SELECT jsonb_build_object('note', coalesce(a.note, '{}')) AS it FROM authors AS a WHERE id = 1",
        "It(note: Any | None)",
        [{"note": {"any": None}}],
    ),
    "a_table_with_everything": (
        """SELECT jsonb_build_object('is', to_json(a) ->> 'id', 'row', a.place, 'x', a.raw IS NULL) AS it
        FROM authors AS a WHERE a.id = 2""",
        "It(is_: str | None, row: ItRow(x: int | None, label: str | None) | None, x: bool)",
        [{"is_": "2", "row": None, "x": True}],
    ),
}
"""A query of one column, the type of it, and its values; a struct's as what it holds."""


@pytest.fixture(scope="module")
def shaped(
    compiling_server: Target, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[psycopg.Connection[Any], Any, Any]]:
    """Generate all cases together, and give a connection and both modules."""
    folder = tmp_path_factory.mktemp("shapes")
    with (
        database(compiling_server) as name,
        psycopg.connect(compiling_server.url(name), autocommit=True) as conn,
        pytest.MonkeyPatch.context() as patch,
    ):
        conn.execute(SCHEMA)
        texts = (f"-- name: {name}()\n-- D.\n{sql};\n" for name, (sql, _, _) in CASES.items())
        build = built(conn, folder, {"q.sql": "".join(texts)})
        assert build.errors == ()
        models = imported(build, folder, patch, "models")
        yield conn, importlib.import_module("hostile_package.queries.q"), models
        for known in [known for known in sys.modules if known.startswith("hostile_package")]:
            del sys.modules[known]


def in_words(kind: Any, row: str) -> str:
    """Return an annotation with each struct's fields written out, and its name without the row's."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        hints = get_type_hints(kind)
        fields = [
            f"{field.name}: {in_words(hints[field.name], row)}"
            + ("" if field.required else " = None")
            for field in msgspec.structs.fields(kind)
        ]
        return f"{kind.__name__.removeprefix(row)}({', '.join(fields)})"
    if args := getattr(kind, "__args__", ()):
        origin = getattr(kind, "__origin__", None)
        inner = [in_words(arg, row) for arg in args]
        if origin in (list, dict, tuple):
            return f"{origin.__name__}[{', '.join(inner)}]"
        return " | ".join("None" if each == "NoneType" else each for each in inner)
    return str(getattr(kind, "__name__", kind))


def plain(value: Any) -> Any:
    """Return a value with structs as dicts."""
    if isinstance(value, msgspec.Struct):
        return {name: plain(getattr(value, name)) for name in value.__struct_fields__}
    if isinstance(value, list | tuple):
        return type(value)(map(plain, value))
    return {key: plain(item) for key, item in value.items()} if isinstance(value, dict) else value


@pytest.mark.parametrize("case", CASES)
def test_a_shape_and_its_values(
    shaped: tuple[psycopg.Connection[Any], Any, Any], case: str
) -> None:
    """The annotation says what the constructors say, and every value is of it."""
    conn, queries, _ = shaped
    _, words, values = CASES[case]
    annotation = get_type_hints(getattr(queries, case))["return"].__args__[0]
    with conn.transaction(force_rollback=True):
        found = getattr(queries, case)(conn)
    assert in_words(annotation, f"Q{cap_words(case)}Row") == words
    shown = [plain(each) for each in found]
    assert shown == values or list(map(repr, shown)) == values
