"""Calls of generated functions whose queries have optional lines: what they send, and what comes back."""

from __future__ import annotations

import importlib
import sys
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from msgspec import UNSET
from runtime_world import FACES, Face
from target import Target, database

from amber_sql import one_of
from amber_sql.compiler.pipeline import compile_queries, generated
from amber_sql.compiler.write import write
from amber_sql.errors import NotAChoice, ParameterRefused

if TYPE_CHECKING:
    from collections.abc import Iterator

SCHEMA = """
CREATE TYPE role AS ENUM ('USER', 'BOT');
CREATE TABLE visits (session int PRIMARY KEY, country text NOT NULL);
CREATE TABLE messages (
    id int PRIMARY KEY, session int NOT NULL, role role NOT NULL, note text, at timestamptz NOT NULL
);
INSERT INTO visits VALUES (1, 'de'), (2, 'fr');
INSERT INTO messages VALUES
    (1, 1, 'USER', NULL, '2024-01-01Z'), (2, 2, 'BOT', 'b', '2024-01-02Z'), (3, 1, 'BOT', 'c', '2024-01-03Z');
"""
SQL = """
-- name: search(role, since, country, sort, limit)
-- Find messages by whatever is known of them.
-- @returns Found
SELECT m.id, m.note
FROM messages AS m
JOIN visits AS v ON v.session = m.session  -- @if country
WHERE m.id > 0
  AND m.role = :role                       -- @if role
  AND m.at >= :since                       -- @if since
  AND v.country = :country                 -- @if country
ORDER BY m.at DESC                         -- @choose sort newest
                                           -- @choose sort oldest: ORDER BY m.at
LIMIT :limit;

-- name: patch(id, note, at, again)<!
-- Change what is given.
-- @returns Found
UPDATE messages AS m
SET id = m.id
  , note = :note  -- @if note
  , at = :at      -- @if at
-- @if again
  , role = 'BOT'
-- @end
WHERE m.id = :id
RETURNING m.id, m.note;

-- name: touch(id, note)!
-- Count it.
UPDATE messages SET id = id
  , note = :note  -- @if note
WHERE id = :id;

-- name: at_of(id, sort)$
-- One value.
SELECT at FROM messages
WHERE id = :id  -- @choose sort of_id
                -- @choose sort first: ORDER BY at LIMIT 1
                -- @choose sort none: WHERE false
;

-- name: between(low, high)
-- Two that need each other.
SELECT id FROM messages
WHERE true
  AND id BETWEEN :low AND :high  -- @if low, high
ORDER BY id;

-- name: within(country, session)
-- One that needs another.
SELECT m.id FROM messages AS m JOIN visits AS v ON v.session = m.session
WHERE true
  AND v.country = :country    -- @if country
  AND m.session = :session    -- @if country session
ORDER BY m.id;

-- name: all(role)
-- Stream.
-- @stream
SELECT id FROM messages
WHERE true
  AND role = :role  -- @if role
ORDER BY id;
"""


@pytest.fixture(scope="module")
def world(
    compiling_server: Target, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, str]]:
    """Give a database, and the package that is generated for it."""
    root = tmp_path_factory.mktemp("lines")
    (root / "queries").mkdir()
    (root / "queries" / "q.sql").write_text(SQL)
    with ExitStack() as stack:
        url = compiling_server.url(stack.enter_context(database(compiling_server)))
        with psycopg.connect(url, autocommit=True) as conn:
            conn.execute(SCHEMA)
            build = compile_queries(conn, root / "queries")
        assert build.errors == ()
        out = root / "lines_package"
        write(out, generated(build, root / "queries", out))
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.syspath_prepend(str(root))
        yield url, out.name
        for name in [name for name in sys.modules if name.startswith(out.name)]:
            del sys.modules[name]


class Lines(Face):
    """A face of the runtime, and the generated half for it."""

    def __init__(self, kind: str, world: tuple[str, str], **options: Any) -> None:
        url, package = world
        super().__init__(kind, url, **options)
        half = "aio." if self.is_async else ""
        self.queries = importlib.import_module(f"{package}.{half}queries.q")

    def call(self, name: str, **arguments: Any) -> Any:
        """Call a generated function."""
        return self.wait(getattr(self.queries, name)(self.conn, **arguments))

    def ids(self, name: str, **arguments: Any) -> list[int]:
        """Return the ids of the rows."""
        return [getattr(row, "id", row) for row in self.call(name, **arguments)]

    def read(self, name: str, **arguments: Any) -> list[Any]:
        """Read what a generated function streams."""

        async def whole() -> list[Any]:
            async with getattr(self.queries, name)(self.conn, **arguments) as found:
                return [row async for row in found]

        if self.is_async:
            return self.wait(whole())
        with getattr(self.queries, name)(self.conn, **arguments) as found:
            return list(found)


WAYS = {kind: (kind, {}) for kind in FACES} | {
    "cursor": ("plain", {"prepare_threshold": None}),
    "async_cursor": ("async_plain", {"prepare_threshold": None}),
}


@pytest.fixture(params=WAYS.values(), ids=WAYS)
def lines(world: tuple[str, str], request: pytest.FixtureRequest) -> Iterator[Lines]:
    """Give each way to call, on a database as it was at first."""
    kind, options = request.param
    with psycopg.connect(world[0], autocommit=True) as conn:
        conn.execute("DROP TABLE messages, visits; DROP TYPE role")
        conn.execute(SCHEMA)
    opened = Lines(kind, world, **options)
    yield opened
    opened.close()


def test_what_is_not_given_leaves_its_lines_out(lines: Lines) -> None:
    """Each combination is a statement of its own, which finds what it says."""
    second = datetime(2024, 1, 2, tzinfo=UTC)
    assert lines.ids("search", limit=9) == [3, 2, 1]
    assert lines.ids("search", limit=9, role="BOT") == [3, 2]
    assert lines.ids("search", limit=9, country="de", sort="oldest") == [1, 3]
    assert lines.ids("search", limit=1, role="BOT", since=second, sort="oldest") == [2]
    assert lines.ids("search", limit=9, role="BOT", since=second, country="de") == [3]


def test_null_is_a_value_and_unset_is_none(lines: Lines) -> None:
    """A PATCH sets what is given, NULL included, and leaves the rest."""
    now = datetime(2025, 1, 1, tzinfo=UTC)
    assert lines.call("patch", id=2).note == "b"
    assert lines.call("patch", id=2, at=now).note == "b"
    assert lines.call("patch", id=2, note="x", again=True).note == "x"
    assert lines.call("patch", id=2, note=None).note is None
    assert [lines.call("touch", id=2, note=UNSET), lines.call("touch", id=9, note="x")] == [1, 0]


def test_each_suffix_sends_its_variant(lines: Lines) -> None:
    """A value by `$`, rows of a stream, for which a cursor is declared."""
    assert lines.call("at_of", id=3) == datetime(2024, 1, 3, tzinfo=UTC)
    assert lines.call("at_of", id=3, sort="first") == datetime(2024, 1, 1, tzinfo=UTC)
    assert lines.call("at_of", id=3, sort="none") is None
    assert [lines.read("all"), lines.read("all", role="BOT")] == [[1, 2, 3], [2, 3]]


REFUSED = {
    "one of two": ("between", {"low": 1}, r"q\.between: parameter low .*given without high"),
    "the other": ("between", {"high": 1}, r"q\.between: parameter high .*given without low"),
    "its other": ("within", {"session": 1}, r"q\.within: parameter session .*without country"),
    "no label": ("at_of", {"id": 1, "sort": "x"}, r"sort .*is none of of_id, first, none"),
    "no text": ("at_of", {"id": 1, "sort": []}, r"sort .*is none of of_id, first, none"),
    "no switch": ("patch", {"id": 1, "again": "no"}, r"again .*is neither True nor False"),
    "UNSET for None": ("between", {"low": UNSET, "high": 1}, r"q\.between: parameter low"),
}


@pytest.mark.parametrize(("name", "arguments", "message"), REFUSED.values(), ids=REFUSED)
def test_what_fits_no_variant_is_refused(
    lines: Lines, name: str, arguments: dict[str, Any], message: str
) -> None:
    """Before anything is sent, by query and parameter."""
    with pytest.raises(ParameterRefused, match=message):
        lines.call(name, **arguments)
    assert [lines.ids("between"), lines.ids("between", low=2, high=3)] == [[1, 2, 3], [2, 3]]
    assert [lines.ids("within", country="de"), lines.ids("within", country="de", session=1)] == [
        [1, 3],
        [1, 3],
    ]


def test_a_label_from_outside_is_narrowed(world: tuple[str, str]) -> None:
    """One helper: a label, or the default for None; anything else is refused with what there is."""
    queries = importlib.import_module(f"{world[1]}.queries.q")
    assert queries.SEARCH_SORT == ("newest", "oldest")
    assert one_of("oldest", queries.SEARCH_SORT) == "oldest"
    assert one_of(None, queries.SEARCH_SORT) == "newest"
    with pytest.raises(NotAChoice, match="newest, oldest"):
        one_of("'; DROP TABLE messages", queries.SEARCH_SORT)


def test_a_variant_is_cut_once_and_prepared_under_its_own_name(world: tuple[str, str]) -> None:
    """Two connections and many calls: a statement of each variant, its text the file's own lines."""
    with psycopg.connect(world[0], autocommit=True) as conn:
        queries = importlib.import_module(f"{world[1]}.queries.q")
        for _ in range(3):
            queries.between(conn)
            queries.between(conn, low=1, high=2)
        first, _ = queries._between.chosen(None, None)
        prepared = conn.execute("SELECT name, statement FROM pg_prepared_statements").fetchall()
        assert queries._between.chosen(None, None)[0] is first
        assert dict(prepared)[first.wire.name.decode()] == first.sql
        assert sorted(text for _, text in prepared) == [
            "SELECT id FROM messages\nWHERE true\n  AND id BETWEEN $1 AND $2\nORDER BY id",
            "SELECT id FROM messages\nWHERE true\nORDER BY id",
        ]
