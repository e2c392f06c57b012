"""What does not parse, or parses as something else: one message, at its place, with the remedy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from together import compile_together

if TYPE_CHECKING:
    from target import Target

    from amber_sql.errors import Finding

SCHEMA = """
CREATE TABLE people (id int PRIMARY KEY, name text NOT NULL, prefs jsonb, tags text[] NOT NULL,
    born timestamptz NOT NULL);
CREATE TABLE pets (id int PRIMARY KEY, title text NOT NULL);
"""
NBSP, BOM = "\u00a0", "\ufeff"

# name: (header, statement from line 3 on, line, column, what the hint says)
STATEMENTS = {
    "SELCT": ("q()^", "SELCT id FROM people LIMIT 1", 3, 1, "SELECT?"),
    "FORM": ("q()^", "SELECT id FORM people LIMIT 1", 3, 16, "FROM?"),
    "WEHRE": ("q()^", "SELECT id FROM people WEHRE id = 1", 3, 29, "WHERE?"),
    "ODER BY": ("q()^", "SELECT id FROM people AS p ODER BY id LIMIT 1", 3, 28, "ORDER?"),
    "a ) too few": ("q()^", "SELECT count(id FROM people", 3, 17, "missing before it"),
    "a ) too many": ("q()^", "SELECT count(id)) FROM people", 3, 17, "delete this one"),
    "a JOIN of nothing": ("q()", "SELECT p.id FROM people p JOIN pets t WHERE p.id = 1", 3, 39, "ON …"),
    "CASE without END": ("q()$", "SELECT CASE WHEN true THEN 2 AS x", 3, 30, "lacks its END"),
    "BETWEEN with a comma": ("q()$", "SELECT 1 BETWEEN 1, 3 AS x", 3, 19, "low AND high"),
    "IN of nothing": ("q()$", "SELECT 1 IN () AS x", 3, 14, "one value"),
    "IN an array": ("q(t)", "SELECT id FROM people WHERE :t IN tags LIMIT 1", 3, 35, "= ANY (tags)"),
    "ANY an array": ("q(t)", "SELECT id FROM people WHERE :t = ANY tags LIMIT 1", 3, 38, "ANY (tags)"),
    "WITH without AS": ("q()", "WITH x (SELECT 1 AS id) SELECT id FROM x", 3, 9, "write AS"),
    "VALUES of a SELECT": ("q()!", "INSERT INTO pets VALUES SELECT 1, 'x'", 3, 25, "VALUES out"),
    "DELETE without FROM": ("q()!", "DELETE pets WHERE id = 1", 3, 8, "DELETE FROM"),
    "ON DUPLICATE KEY": ("q()!", "INSERT INTO pets VALUES (1, '') ON DUPLICATE KEY UPDATE id = 1", 3, 36, "ON CONFLICT"),
    "REPLACE INTO": ("q()!", "REPLACE INTO pets VALUES (1, '')", 3, 1, "ON CONFLICT"),
    "INSERT IGNORE": ("q()!", "INSERT IGNORE INTO pets VALUES (1, '')", 3, 8, "DO NOTHING"),
    "a # comment": ("q()$", "SELECT 1 AS x\n# one", 4, 1, "begins with --"),
    "a // comment": ("q()$", "SELECT 1 AS x\n// one", 4, 1, "begins with --"),
    "an aggregate in WHERE": ("q()", "SELECT name FROM people WHERE count(*) > 1 GROUP BY name", 3, 31, "HAVING"),
    "an aggregate of one": ("q()^", "SELECT sum(count(*)) AS x FROM people", 3, 12, "subquery first"),
    "a window in WHERE": ("q()", "SELECT id FROM people WHERE row_number() OVER () = 1", 3, 29, "query around it"),
    "DISTINCT sorted": ("q()", "SELECT DISTINCT name FROM people ORDER BY id LIMIT 1", 3, 43, "select it as well"),
    "an alias in WHERE": ("q()", "SELECT id AS x FROM people WHERE x = 1", 3, 34, "write its expression"),
    "None": ("q()", "SELECT id FROM people WHERE name = None LIMIT 1", 3, 36, "IS NULL"),
    "FROM user": ("q()^", "SELECT id FROM user LIMIT 1", 3, 8, "double quotes"),
    "another table's column": ("q()^", "SELECT p.title FROM people AS p LIMIT 1", 3, 8, "in pets"),
    "no such table": ("q()^", "SELECT id FROM accounts LIMIT 1", 3, 16, "no migration makes it"),
    "JSON compared": ("q()", "SELECT id FROM people WHERE prefs -> 'n' > 3 LIMIT 1", 3, 42, "->> 'key'"),
    "a time before": ("q(d)", "SELECT id FROM people WHERE born > now() - :d LIMIT 1", 3, 34, "::interval"),
    "a column set twice": ("q()!", "UPDATE pets SET title = '', title = '' WHERE id = 1", 3, 29, "delete one"),
    "two stars": ("q()", "SELECT p.*, t.* FROM people AS p, pets AS t LIMIT 1", 3, 13, "AS name"),
    "one table's two stars": ("q()", "SELECT p.*, t.* FROM pets AS p, pets AS t LIMIT 1", 3, 13, "AS name"),
    "COPY from the client": ("q()!", "COPY pets FROM STDIN", 3, 16, "with @copy"),
    "COPY in a script": ("q()#", "SELECT 1;\nCOPY pets TO STDIN", 4, 14, "write SELECT"),
    "BEGIN": ("q()!", "BEGIN;\nDELETE FROM pets WHERE id = 1;\nCOMMIT", 4, 1, "conn.transaction()"),
    "a curly quote": ("q()", "SELECT id FROM people WHERE name = \u2018Bob LIMIT 1", 3, 36, "write '"),
    "a space that does not break": ("q()^", f"SELECT{NBSP}1 AS x", 3, 7, "plain space"),
    "a long dash": ("q()$", "SELECT 2 \u2013 1 AS x", 3, 10, "write -"),
    "a wide comma": ("q()^", "SELECT 1 AS x\uff0c 2 AS y", 3, 14, "write ,"),
    "a mark in the middle": ("q()$", f"SELECT 1 AS x;\n{BOM}-- name: r()$\nSELECT 2 AS x", 4, 1, "delete it"),
    "$id": ("q(id)^", "SELECT title FROM pets WHERE id = $id", 3, 35, "write :id"),
    "#{id}": ("q(id)^", "SELECT title FROM pets WHERE id = #{id}", 3, 35, "write :id"),
    "%(id)s": ("q(id)^", "SELECT title FROM pets WHERE id = %(id)s", 3, 35, "write :id"),
    "@id": ("q(id)^", "SELECT title FROM pets WHERE id = @id", 3, 35, "write :id"),
    "':id'": ("q(id)^", "SELECT title FROM pets WHERE id = ':id'", 3, 36, "without the quotes"),
    "':d days'": ("q(d)$", "SELECT now() - interval ':d days' AS x", 3, 26, "(:d || ' days')::interval"),
    "no colon": ("q(id)^", "SELECT title FROM pets AS t WHERE t.id = id", 1, 12, "write :id"),
    "a parameter of DO": ("q(x)!", "DO $$ BEGIN PERFORM :x; END $$", 3, 21, "no parameters"),
    "no row": ("q()<!", "UPDATE pets SET title = '' WHERE id = 1", 1, 13, "RETURNING"),
    "no column": ("q()", "SELECT FROM pets LIMIT 1", 1, 1, "select a column"),
}  # fmt: skip
HEADERS = {
    "-- name:": (1, "this header names no query"),
    "-- name: 1st()": (10, "`1st` is no name of a query"),
    "-- name: get user(id)^": (14, "`user` stands between the name and its parameters"),
    "-- name: q()?": (13, "`?` is no suffix"),
    "-- name: q() -> str": (14, "`-> str` is no suffix"),
    "-- name: q^()": (11, "the suffix ^ stands before the parameters"),
    "-- name: GetUser :one": (18, "`:one` is sqlc's notation"),
    "-- name: q(a,)": (13, "a parameter is missing beside this comma"),
    "-- name: q(": (11, "the list of parameters has no end"),
    "-- name: q(a)#": (11, "a script takes no parameters"),
    "-- NAME: q()": (1, "`NAME` is not a header"),
}


@pytest.fixture(scope="module")
def found(
    compiling_server: Target, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[Finding]]:
    """Compile every mistake at once, each in a file of its own; return what is found in each."""
    texts = {
        name: f"-- name: {header}\n-- D.\n{sql};" for name, (header, sql, *_) in STATEMENTS.items()
    }
    texts["a row of too few"] = (
        "-- name: q()\n-- @returns Pet\nSELECT t.id, 1 AS n FROM pets AS t LIMIT 1;"
    )
    texts["a row of one too few"] = (
        "-- name: q()\n-- @returns Person\nSELECT id, name FROM people LIMIT 1;"
    )
    texts |= {
        header: f"-- name: a()$\n-- D.\nSELECT 1 AS x;\n{header}\n-- D.\nSELECT 2;"
        for header in HEADERS
    }
    return compile_together(compiling_server, tmp_path_factory.mktemp("syntax"), SCHEMA, texts)


@pytest.mark.parametrize("name", sorted(STATEMENTS.keys() - {"two stars", "one table's two stars"}))
def test_one_message_at_its_place(found: dict[str, list[Finding]], name: str) -> None:
    """There is one finding, at the line and the column, and its hint says what to write."""
    *_, line, column, hint = STATEMENTS[name]
    (one,) = found[name]
    assert (one.line, one.column) == (line, column), one
    assert hint in one.hint


@pytest.mark.parametrize("header", HEADERS)
def test_a_header_says_where_it_is_wrong(found: dict[str, list[Finding]], header: str) -> None:
    """One finding points into the header, and the query above is not blamed."""
    (one,) = found[header]
    assert (one.line, one.column, one.message) == (4, *HEADERS[header])


@pytest.mark.parametrize("name", ["two stars", "one table's two stars"])
def test_a_column_of_a_star_is_found_at_its_star(
    found: dict[str, list[Finding]], name: str
) -> None:
    """Of two stars it is told whose column comes a second time."""
    errors = [one for one in found[name] if "AS name" in one.hint]
    assert {(one.line, one.column) for one in errors} == {(3, 13)}


@pytest.mark.parametrize(
    ("name", "difference"),
    [
        ("a row of too few", "column 2 is n, not title"),
        ("a row of one too few", "2 columns, not 5"),
    ],
)
def test_a_row_differs_in_what_it_differs_in(
    found: dict[str, list[Finding]], name: str, difference: str
) -> None:
    """A table's columns that agree are not said to be of another type."""
    assert any(one.message.endswith(difference) for one in found[name]), found[name]
