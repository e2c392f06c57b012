"""Rows nested in a result, of any shape: generated, called on a real server, and compared."""

from __future__ import annotations

import importlib
import re
import sys
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from target import Target, database

from amber_sql import open_pool
from amber_sql.compiler.contract import contract
from amber_sql.compiler.pipeline import Build, compile_queries, generated
from amber_sql.compiler.write import write
from amber_sql.errors import SchemaChanged

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SCHEMA = """
CREATE TYPE mood AS ENUM ('happy', 'sad');
CREATE DOMAIN addr AS inet;
CREATE TYPE place AS (floor int, host addr);
CREATE TABLE authors (id int PRIMARY KEY, name text NOT NULL, mail text, mood mood NOT NULL);
CREATE TABLE books (id int PRIMARY KEY, author int NOT NULL, title text NOT NULL, at place);
COMMENT ON COLUMN authors.mail IS '@secret';
INSERT INTO authors VALUES (1, 'a', 'm', 'sad'), (2, 'b', NULL, 'happy');
INSERT INTO books VALUES (1, 1, 't1', ROW(1, '::1')), (2, 1, 't2', NULL);
CREATE TABLE notes (id int PRIMARY KEY, body jsonb NOT NULL, more jsonb);
COMMENT ON COLUMN notes.body IS '@type runtime_world.Pair';
INSERT INTO notes VALUES (1, '{"label": "x", "amount": 2}', '{"k": [1]}');
CREATE VIEW short AS SELECT id, name FROM authors;
CREATE FUNCTION pairs(OUT a int, OUT b text) RETURNS SETOF record LANGUAGE sql AS $$SELECT 1, 'x'$$;
CREATE FUNCTION twice(anyelement, OUT one anyelement, OUT "Two" anyarray) LANGUAGE sql AS 'SELECT $1, ARRAY[$1, $1]';
CREATE FUNCTION anything() RETURNS record LANGUAGE sql AS $$SELECT 1, 'x'::text$$;
"""
CASES = {
    "array": (
        "SELECT 1 AS n, ARRAY(SELECT b FROM (SELECT x.id, x.title, x.at FROM books AS x WHERE x.author = a.id) AS b) AS books FROM authors AS a",
        "[(n=1, books=[Book(id=1, title='t1', at=Place(floor=1, host='::1')), Book(id=2, title='t2', at=None)]), (n=1, books=[])]",
    ),
    "outer_join": (
        "SELECT a.id, b FROM authors AS a LEFT JOIN (SELECT author, 1 AS one FROM books WHERE id = 1) AS b ON b.author = a.id",
        "[(id=1, b=B(author=1, one=1)), (id=2, b=None)]",
    ),
    "aggregate": (
        "SELECT a.id, array_agg(b) AS bs, array_agg(b) FILTER (WHERE b.id > 1) AS some FROM authors AS a LEFT JOIN (SELECT id, author FROM books) AS b ON b.author = a.id GROUP BY a.id ORDER BY 1",
        "[(id=1, bs=[B(id=1, author=1), B(id=2, author=1)], some=[Some(id=2, author=1)]), (id=2, bs=[None], some=None)]",
    ),
    "scalar": (
        "SELECT 1 AS n, (SELECT r FROM (SELECT a.name, a.mood) AS r) AS r FROM authors AS a WHERE id = 1",
        "[(n=1, r=R(name='a', mood='sad'))]",
    ),
    "cte": (
        "WITH c AS (SELECT id AS class, mail FROM authors) SELECT 1 AS n, c FROM c",
        "[(n=1, c=C(class_=1)), (n=1, c=C(class_=2))]",
    ),
    "values": (
        "SELECT v, 1 AS n FROM (VALUES (1, 'a'), (2, NULL)) AS v(number, \"Wört\")",
        "[(v=V(number=1, Wört='a'), n=1), (v=V(number=2, Wört=None), n=1)]",
    ),
    "functions": (
        "SELECT p, e, r FROM pairs() AS p, jsonb_each('{\"k\": 1}') AS e, json_to_record('{}') AS r(x int)",
        "[(p=P(a=1, b='x'), e=E(key='k', value=1), r=R(x=None))]",
    ),
    "join": (
        "SELECT j, 1 AS n FROM (authors AS a JOIN (SELECT 1 AS id, 2 AS z) AS b USING (id)) AS j",
        "[(j=J(id=1, name='a', mood='sad', z=2), n=1)]",
    ),
    "using": (
        "SELECT u, 1 AS n FROM authors AS a JOIN (SELECT 1 AS id) AS b USING (id) AS u",
        "[(u=U(id=1), n=1)]",
    ),
    "whole_of_whole": (
        "SELECT t, s, 1 AS n FROM (SELECT t FROM short AS t) AS t, (SELECT r FROM (SELECT 1 AS k) AS r) AS s LIMIT 1",
        "[(t=Short(id=1, name='a'), s=S(r=SR(k=1)), n=1)]",
    ),
    "deep": (
        "SELECT 1 AS n, ARRAY(SELECT w FROM (SELECT a.id, ARRAY(SELECT b FROM (SELECT x AS whole FROM books AS x WHERE x.author = a.id AND x.id = 1) AS b) AS books FROM authors AS a WHERE a.id = 1) AS w) AS writers",
        "[(n=1, writers=[Writer(id=1, books=[WriterBook(whole=Book(id=1, author=1, title='t1', at=Place(floor=1, host='::1')))])])]",
    ),
    "union": (
        "SELECT 1 AS n, r FROM (SELECT 1 AS a, 'x' AS b) AS r UNION ALL SELECT 2, r FROM (SELECT NULL::int AS a, 'y' AS b) AS r",
        "[(n=1, r=R(a=1, b='x')), (n=2, r=R(a=None, b='y'))]",
    ),
    "choices": (
        "SELECT COALESCE((SELECT r FROM (SELECT 1 AS a WHERE false) AS r), (SELECT r FROM (SELECT 2 AS a) AS r)) AS c, CASE WHEN true THEN r END AS d, NULLIF(r, r) AS e FROM (SELECT 1 AS z) AS r",
        "[(c=C(a=2), d=D(z=1), e=None)]",
    ),
    "two_dimensions": (
        "SELECT ARRAY(SELECT ARRAY(SELECT b FROM (SELECT a.id) AS b) FROM authors AS a) AS grid, ARRAY(SELECT b FROM (SELECT 1 AS a WHERE false) AS b) AS empty",
        "[(grid=[[Grid(id=1)], [Grid(id=2)]], empty=[])]",
    ),
    "null": (
        "SELECT r, ARRAY[r, NULL] AS rs FROM (SELECT NULL::int AS a, NULL::text AS b) AS r",
        "[(r=R(a=None, b=None), rs=[R(a=None, b=None), None])]",
    ),
    "parts": (
        "SELECT (ARRAY(SELECT b FROM (SELECT 1 AS a) AS b))[1] AS r, unnest(ARRAY(SELECT b FROM (SELECT 1 AS a) AS b)) AS u, (z.w).x AS x FROM (SELECT w FROM (SELECT 5 AS x) AS w) AS z",
        "[(r=R(a=1), u=U(a=1), x=5)]",
    ),
    "recursive": (
        "WITH RECURSIVE t AS (SELECT a AS node, ARRAY[a.id] AS path FROM authors AS a WHERE id = 1 UNION ALL SELECT b, path || b.id FROM t JOIN authors AS b ON b.id = 2 AND cardinality(path) < 2) SELECT t, 1 AS n FROM t",
        "[(t=T(node=Author(id=1, name='a', mood='sad'), path=[1]), n=1), (t=T(node=Author(id=2, name='b', mood='happy'), path=[1, 2]), n=1)]",
    ),
    "lateral": (
        "SELECT a.id, l FROM authors AS a CROSS JOIN LATERAL (SELECT a.mood, count(*) FROM books AS b WHERE b.author = a.id) AS l ORDER BY 1",
        "[(id=1, l=L(mood='sad', count=2)), (id=2, l=L(mood='happy', count=0))]",
    ),
    "returning": (
        "UPDATE authors SET name = name WHERE id = 1 RETURNING id, (SELECT r FROM (SELECT authors.name, authors.mail) AS r) AS r",
        "[(id=1, r=R(name='a'))]",
    ),
    "no_columns": ("SELECT 1 AS n, r FROM (SELECT) AS r", "[(n=1, r=R())]"),
    "numbers_alone": (
        "SELECT 1 AS n, r FROM (SELECT 1 AS a, 2::bigint AS b, true AS c) AS r",
        "[(n=1, r=R(a=1, b=2, c=True))]",
    ),
    "hundred": (
        f"SELECT 1 AS n, r FROM (SELECT {', '.join(f'{n} AS c{n}' for n in range(100))}) AS r",
        f"[(n=1, r=R({', '.join(f'c{n}={n}' for n in range(100))}))]",
    ),
    "json": (
        "SELECT 1 AS n, ARRAY(SELECT r FROM (WITH c AS (SELECT * FROM notes) SELECT body, more FROM c) AS r) AS notes",
        "[(n=1, notes=[Note(body=Pair(label='x', amount=2), more={'k': [1]})])]",
    ),
    "bare": ("SELECT b FROM (SELECT 1 AS x) AS b", "[B(x=1)]"),
}
"""What is selected, and the rows as `repr` shows them without the name of their query."""


@pytest.fixture(scope="module")
def world(compiling_server: Target, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Generate the package of every case, in a database of its own."""
    root = tmp_path_factory.mktemp("nested")
    (root / "queries").mkdir()
    texts = (f"-- name: {name}()\n-- A case.\n{sql};\n" for name, (sql, _) in CASES.items())
    (root / "queries" / "q.sql").write_text("".join(texts))
    with (
        database(compiling_server) as name,
        psycopg.connect(compiling_server.url(name), autocommit=True) as conn,
        pytest.MonkeyPatch.context() as patch,
    ):
        conn.execute(SCHEMA)
        build = compile_queries(conn, root / "queries")
        assert build.errors == ()
        write(root / "nested_package", generated(build, root / "queries", root / "nested_package"))
        patch.syspath_prepend(str(root))
        yield World(conn, build, compiling_server.url(name))
        for module in [name for name in sys.modules if name.startswith("nested_package")]:
            del sys.modules[module]


class World:
    """A database, and the package that is generated for it."""

    def __init__(self, conn: psycopg.Connection[Any], build: Build, url: str) -> None:
        self.conn, self.build, self.url = conn, build, url
        self.queries = importlib.import_module("nested_package.queries.q")

    def call(self, name: str, through: Any = None) -> str:
        """Return what a query gives, without the name of the query and the class of an enum."""
        shown = repr(getattr(self.queries, name)(through or self.conn))
        prefix = "".join(word.capitalize() for word in ("q", *name.split("_"), "row"))
        return re.sub(r"<Mood\.\w+: ('\w+')>", r"\1", re.sub(rf"\b{prefix}", "", shown))


@pytest.mark.parametrize("name", CASES)
def test_a_row_of_any_shape_is_a_struct(world: World, name: str) -> None:
    """Named after the row and the column, with the values that PostgreSQL gave."""
    assert world.call(name) == CASES[name][1]


def test_a_field_that_changes_its_type_is_refused(world: World) -> None:
    """The rows were read before; then a migration changes what is in them."""
    before = world.call("outer_join")
    world.conn.execute("ALTER TABLE books ALTER author TYPE bigint")
    with pytest.raises(SchemaChanged, match=r"QOuterJoinRowB\.author was int4 and is int8"):
        world.call("outer_join")
    world.conn.execute("ALTER TABLE books ALTER author TYPE int")
    assert world.call("outer_join") == before


def test_an_enum_that_is_made_anew_is_read(world: World) -> None:
    """Its OID is another one then, in the header of each field; by a connection and by a pool."""
    before = world.call("scalar")
    with open_pool(world.url, min_size=1, max_size=1) as pool:
        assert world.call("scalar", pool) == before
        world.conn.execute("""
            ALTER TYPE mood RENAME TO mood_before; CREATE TYPE mood AS ENUM ('happy', 'sad');
            ALTER TABLE authors ALTER mood TYPE mood USING mood::text::mood; DROP TYPE mood_before;
        """)
        assert world.call("scalar") == before
        assert world.call("scalar", pool) == before


def test_the_contract_has_the_fields(world: World) -> None:
    """Each with its type, NULL and the reason, at any depth."""
    queries = {query["name"]: query for query in contract(world.build)["queries"]}
    _, row = queries["outer_join"]["columns"]
    assert (row["pg_type"], row["py_type"]) == ("record", "QOuterJoinRowB | None")
    assert row["fields"][0] == {"name": "author", "pg_type": "int4", "py_type": "int", "nullable": False, "why": "books.author is NOT NULL"}  # fmt: skip
    (_, writers) = queries["deep"]["columns"]
    (_, books) = writers["fields"]
    assert (books["py_type"], books["fields"][0]["py_type"]) == ("list[QDeepRowWriterBook]", "Book")


REFUSED = {
    "SELECT ROW(a.id, name) AS pair, 1 AS n FROM authors AS a": (
        "pair: ROW(…) has no names for its fields",
        "(SELECT r FROM (SELECT a.id, a.name) AS r)",
    ),
    "SELECT (SELECT ROW(id, 1 + 1) FROM authors LIMIT 1) AS pair": (
        "pair: ROW(…) has no names for its fields",
        "(SELECT r FROM (SELECT authors.id, … AS field_2) AS r)",
    ),
    "SELECT array_agg((a.id, a.name)) AS pairs FROM authors AS a": (
        "pairs: ROW(…) has no names",
        "(SELECT r FROM (SELECT a.id, a.name) AS r)",
    ),
    "SELECT r, 1 AS n FROM (SELECT ROW(id) AS one FROM authors) AS r": (
        "r.one: ROW(…) has no names",
        "in its place",
    ),
    "SELECT anything() AS x": (
        "x: anything() returns a row whose columns it does not name",
        "SELECT r FROM anything(…) AS r(a integer, b text)",
    ),
    "SELECT 1 AS n, p FROM twice(2) AS p": (
        "p: nobody can tell the columns of p",
        '(SELECT r FROM (SELECT p.one, "p"."Two") AS r)',
    ),
    "SELECT pairs() AS x": ("x: pairs() returns a row", "SELECT r FROM pairs(…) AS r"),
    "SELECT 1 AS n, r FROM (SELECT 1 AS a, 2 AS a) AS r": ("r: two fields of its row are named a", "alias"),
    "SELECT 1 AS n, r FROM (SELECT 1, 2) AS r": ('r: field 1 of its row is named "?column?"', "alias"),
    "SELECT 1 AS n, r FROM (SELECT '(1,2)'::point AS p) AS r": (
        "r.p: the type point has no Python type",
        "write p::text AS p in the subquery",
    ),
    "SELECT 1 AS n, COALESCE((SELECT r FROM (SELECT 1 AS a) AS r), (SELECT r FROM (SELECT 1 AS b) AS r)) AS r": (
        "r: its rows are not alike: field 1 is a in one, and b in another",
        "subqueries",
    ),
    "WITH RECURSIVE t AS (SELECT 1 AS n, NULL::record AS up UNION ALL SELECT n + 1, t FROM t WHERE n < 3) SELECT n, up FROM t": (
        "up: a row of this recursive query holds rows of itself",
        "",
    ),
    "-- @struct books Name\nSELECT r, 1 AS n FROM (SELECT 1 AS a) AS r": (
        "@struct books: there is no row without a name of its own",
        "such rows are in: r",
    ),
    "-- @struct r class\nSELECT r, 1 AS n FROM (SELECT 1 AS a) AS r": ("cannot be the name of a class", ""),
    "-- @struct r Author\nSELECT r, 1 AS n FROM (SELECT 1 AS a) AS r": (
        "@struct r Author is not the table's row: column 1 is a, not id",
        "",
    ),
    "-- @struct r Mood\nSELECT r, 1 AS n FROM (SELECT 1 AS a) AS r": ("would be named Mood, as an enum's", "@struct r"),
}  # fmt: skip


@pytest.mark.parametrize("sql", REFUSED)
def test_what_cannot_be_a_struct_says_what_to_write(
    blank: psycopg.Connection[Any], tmp_path: Path, sql: str
) -> None:
    """At the column, with its path."""
    blank.execute(SCHEMA)
    (tmp_path / "q.sql").write_text(f"-- name: q()\n-- A case.\n{sql};\n")
    (error,) = compile_queries(blank, tmp_path).errors
    message, hint = REFUSED[sql]
    assert message in error.message
    assert hint in error.hint


def named(blank: psycopg.Connection[Any], folder: Path, *queries: str) -> Build:
    """Compile queries of one file, each with its tags."""
    blank.execute(SCHEMA)
    texts = (f"-- name: q{n}()\n-- A case.\n{sql};\n" for n, sql in enumerate(queries))
    (folder / "q.sql").write_text("".join(texts))
    return compile_queries(blank, folder)


CARD = "-- @struct r Card\nSELECT 1 AS n, r FROM (SELECT id, title FROM books) AS r"


def test_equal_rows_of_one_name_are_one_struct(
    blank: psycopg.Connection[Any], tmp_path: Path
) -> None:
    """Nested twice, and once as the row of a query; a table's own struct where they are its rows."""
    row = "-- @returns Card\nSELECT id, title FROM books"
    whole = "-- @struct r Author\nSELECT 1 AS n, r FROM (SELECT * FROM authors) AS r"
    build = named(blank, tmp_path, CARD, row, CARD, whole)
    assert build.errors == ()
    (card,) = [one for one in build.package.structs if one.name == "Card"]
    assert [(field.name, field.built_in) for field in card.fields] == [
        ("id", "int4"),
        ("title", "text"),
    ]
    assert [one.returns.text for one in build.package.modules[0].functions][1] == "list[Card]"
    (last,) = [one for one in build.package.structs if one.name == "QQ3Row"]
    assert last.fields[1].annotation.text == "Author"


def test_unequal_rows_of_one_name_name_both_places(
    blank: psycopg.Connection[Any], tmp_path: Path
) -> None:
    """The tag that came second, and where the first one is."""
    other = CARD.replace("title", "NULL::text AS title")
    (error,) = named(blank, tmp_path, CARD, other).errors
    assert error.message == "@struct r Card differs: title is str | None, not str"
    assert "make it agree with q.q0, column r (" in error.hint
    assert "q.sql:1)" in error.hint
    assert error.line == 7
