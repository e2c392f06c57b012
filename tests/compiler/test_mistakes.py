"""What people get wrong in their first week: each mistake at its place, with what to write instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from together import compile_together

if TYPE_CHECKING:
    from target import Target

    from amber_sql.errors import Finding

SCHEMA = """
CREATE TYPE mood AS ENUM ('happy', 'sad');
CREATE TABLE people (
    id int PRIMARY KEY, name text NOT NULL, nick text, mood mood NOT NULL DEFAULT 'happy',
    prefs jsonb, seen_at timestamptz
);
CREATE TABLE pets (id int PRIMARY KEY, owner int REFERENCES people, name text NOT NULL);
CREATE SCHEMA ext;
CREATE EXTENSION hstore SCHEMA ext;
CREATE TABLE notes (id int PRIMARY KEY, tags ext.hstore);
CREATE TABLE docs (id int PRIMARY KEY, title text NOT NULL, words point);
CREATE TABLE odd (id int PRIMARY KEY, "a\nb" int);
CREATE TABLE alike (id int PRIMARY KEY, "ﬁ" int, fi int);
"""
PERSON = " FROM people AS p WHERE p.id = 1"

# name: (header, tags and comment, statement from line 3 or 4 on, line, column, the hint)
SQL_MISTAKES = {
    "a misspelt column": ("q()^", f"SELECT p.nmae{PERSON}", 3, 8, "did you mean name?"),
    "a misspelt table": ("q()^", "SELECT p.id FROM peopel AS p LIMIT 1", 3, 18, "did you mean people?"),
    "a misspelt function": ("q()^", f"SELECT uper(p.name) AS x{PERSON}", 3, 8, "did you mean upper?"),
    "a misspelt label": ("q()^", f"SELECT p.id{PERSON} AND p.mood = 'hapy'", 3, 58, "did you mean happy?"),
    "a misspelt type": ("q()$", "SELECT 1::integre AS x", 3, 11, "did you mean integer?"),
    "an alias that is none": ("q()^", f"SELECT x.name{PERSON}", 3, 8, "no such table or alias"),
    "the table beside its alias": ("q()^", f"SELECT people.name{PERSON}", 3, 8, 'the table alias "p"'),
    "an ambiguous column": ("q()", "SELECT name FROM people, pets LIMIT 1", 3, 8, "alias.column"),
    "two columns of one name": ("q()", "SELECT p.name, b.name FROM people AS p, pets AS b LIMIT 1", 3, 16, "alias"),
    "two tables with a star": ("q()", "SELECT p.*, b.* FROM people AS p, pets AS b LIMIT 1", 3, 13, "b in place of b.*"),
    "a star for two tables": ("q()", "SELECT * FROM people AS p, pets AS b LIMIT 1", 3, 8, "each table's alias"),
    "a missing GROUP BY": ("q()", "SELECT p.name, count(*) FROM people AS p LIMIT 1", 3, 8, "GROUP BY"),
    "text in double quotes": ("q()^", f'SELECT p.id{PERSON} AND p.name = "x"', 3, 58, "single quotes"),
    "names in backticks": ("q()^", f"SELECT `id`{PERSON}", 3, 8, "double quotes"),
    "names in brackets": ("q()^", f"SELECT [id]{PERSON}", 3, 8, "double quotes"),
    "operators out of sight": ("q(t)", "SELECT n.id FROM notes AS n WHERE n.tags = :t LIMIT 1", 3, 42, "OPERATOR(ext.=)"),
    "types that differ": ("q()^", f"SELECT p.id{PERSON} AND p.name = p.id", 3, 56, "cast one side"),
    "==": ("q()^", "SELECT p.id FROM people AS p WHERE p.id == 1", 3, 41, "write ="),
    "+ for texts": ("q()^", f"SELECT p.name + 'x' AS x{PERSON}", 3, 15, "||"),
    "TOP": ("q()", "SELECT TOP 10 p.id FROM people AS p", 3, 12, "LIMIT"),
    "LIMIT a, b": ("q(a, b)", "SELECT p.id FROM people AS p LIMIT :a, :b", 3, 30, "OFFSET"),
    "ifnull": ("q()^", f"SELECT ifnull(p.nick, '') AS x{PERSON}", 3, 8, "coalesce"),
    "getdate": ("q()$", "SELECT getdate() AS x", 3, 8, "now()"),
    "a dot into JSON": ("q()^", f"SELECT prefs.theme{PERSON}", 3, 8, "prefs ->> 'field'"),
    "a comma too many": ("q()^", f"SELECT p.id,{PERSON}", 3, 14, "delete the comma"),
    "a comma too few": ("q()^", f"SELECT p.id p.name{PERSON}", 3, 14, "comma missing"),
    "half a statement": ("q()^", f"SELECT p.id{PERSON} AND", 3, 48, "in its middle"),
    "a value too few": ("q()!", "INSERT INTO pets (id, name) VALUES (1)", 3, 23, "one value"),
    "SET with an alias": ("q()!", "UPDATE people AS p SET p.name = 'x' WHERE p.id = 1", 3, 24, "cannot be qualified"),
    "%s": ("q()^", "SELECT p.id FROM people AS p WHERE p.id = %s", 3, 43, "a parameter as :name"),
    "${id}": ("q()^", "SELECT p.id FROM people AS p WHERE p.id = ${id}", 3, 43, "a parameter as :name"),
    "{id}": ("q()^", "SELECT p.id FROM people AS p WHERE p.id = {id}", 3, 43, "a parameter as :name"),
    "?": ("q()^", "SELECT p.id FROM people AS p WHERE p.id = ? LIMIT 1", 3, 43, "a parameter as :name"),
    "IN a list": ("q(ids)", "SELECT p.id FROM people AS p WHERE p.id IN :ids LIMIT 1", 3, 44, "= ANY (:ids)"),
    "interval and a parameter": ("q(d)$", "SELECT now() - interval :d AS x", 3, 25, ":d::interval"),
    "a parameter as a direction": ("q(d)", "SELECT p.id FROM people AS p ORDER BY p.id :d LIMIT 1", 3, 44, "never for a name"),
    "a parameter without a type": ("q(x)$", "SELECT :x IS NULL AS x", 3, 8, ":x::text"),
    "one parameter of two types": ("q(x)^", f"SELECT p.id{PERSON} AND p.name = :x AND p.id = :x", 3, 70, ""),
    "ON CONFLICT without a key": ("q()!", "INSERT INTO pets (id, name) VALUES (1, 'x')\nON CONFLICT (name) DO NOTHING", 4, 1, "unique index"),
    "FOR UPDATE behind LEFT JOIN": ("q()^", "SELECT p.id FROM people AS p LEFT JOIN pets AS t ON t.id = 1 WHERE p.id = 1\nFOR UPDATE", 4, 1, "FOR UPDATE OF"),
}  # fmt: skip
FILE_MISTAKES = {
    "an undeclared parameter": ("-- name: q(id)^\n-- D.\nSELECT :id::int, :idd::int", 3, 18, "did you mean :id?"),
    "an unused parameter": ("-- name: q(ids)^\n-- D.\nSELECT :id::int", 1, 12, "the statement says :id"),
    "a parameter in quotes": ("-- name: q(x)$\n-- D.\nSELECT 'a' LIKE '%:x%' AS y", 3, 19, "'%' || :x || '%'"),
    "a parameter twice": ("-- name: q(id, id)$\n-- D.\nSELECT :id::int AS x", 1, 16, "name it once"),
    "a position": ("-- name: q(id)$\n-- D.\nSELECT $1::int AS x", 3, 8, "write :id"),
    "a header with types": ("-- name: q(id int)$\n-- D.\nSELECT :id::int AS x", 1, 12, "write id alone"),
    "a header with colons": ("-- name: q(:id)$\n-- D.\nSELECT :id::int AS x", 1, 12, "write id alone"),
    "a header without a list": ("-- name: q$\n-- D.\nSELECT 1 AS x", 1, 1, "`-- name: q()`"),
    "a header of another suffix": ("-- name: q()?\n-- D.\nSELECT 1 AS x", 1, 13, "nothing, ^, $"),
    "a misspelt header": ("-- nmae: q()$\n-- D.\nSELECT 1 AS x", 1, 1, "-- name: …"),
    "a query without SQL": ("-- name: q()$\n-- D.\n", 1, 1, "write the statement"),
    "SQL without a query": ("SELECT 1;\n-- name: q()$\n-- D.\nSELECT 1 AS x", 1, 1, "-- name: …"),
    "two statements": ("-- name: q()!\n-- D.\nSELECT pg_notify('a', '');\nSELECT 1", 4, 1, "a name of its own"),
    "a quote that never ends": ("-- name: q()$\n-- D.\nSELECT 'x AS x", 3, 8, "close it"),
    "two queries of one name": ("-- name: q()$\n-- D.\nSELECT 1 AS x;\n-- name: q()$\n-- D.\nSELECT 1 AS x", 4, 10, "line 1"),
    "an unknown tag": ("-- name: q()$\n-- D.\n-- @strem\nSELECT 1 AS x", 3, 1, "@stream"),
    "a tag of the schema": ("-- name: q()$\n-- D.\n-- @secrt\nSELECT 1 AS x", 3, 1, "COMMENT of the schema"),
    "a misspelt @type": ("-- name: q()$\n-- D.\n-- @typ x app.Prefs\nSELECT 1 AS x", 3, 1, "did you mean @type?"),
    "a tag without its name": ("-- name: q()^\n-- D.\n-- @returns\nSELECT 1 AS x, 2 AS y", 3, 1, "@returns Name"),
    "a tag within a line": ("-- name: q()^\n-- D. @returns Pair\nSELECT 1 AS x, 2 AS y", 2, 7, "a line of its own"),
    "a tag in the statement": ("-- name: q()^\n-- D.\nSELECT 1 AS x,\n-- @one\n2 AS y", 4, 1, "move it above"),
    "a tag behind the statement": ("-- name: q()^\n-- D.\nSELECT 1 AS x, 2 AS y; -- @one", 3, 24, "between a header"),
    "a class that is no name": ("-- name: q()^\n-- D.\n-- @returns __Pair\nSELECT 1 AS x, 2 AS y", 3, 1, "begins with a letter"),
    "a class that is a type": ("-- name: q()^\n-- D.\n-- @returns str\nSELECT 1 AS x, 2 AS y", 3, 1, "another @returns"),
    "@nullable of nothing": ("-- name: q(id)$\n-- D.\n-- @nullable ids\nSELECT :id::int AS x", 3, 1, "its parameters: id"),
    "@copy that returns": ("-- name: q(id)*!\n-- D.\n-- @copy\nINSERT INTO pets (id, name) VALUES (:id, 'x') RETURNING id", 3, 1, "no RETURNING"),
    "@copy of no VALUES": ("-- name: q(id)*!\n-- D.\n-- @copy\nINSERT INTO pets (id, name) SELECT :id, 'x'", 3, 1, "INSERT … VALUES"),
    "no name for a column": ("-- name: q()^\n-- D.\nSELECT 1 AS x,\n  1 + 1", 4, 3, "AS name"),
    "two columns of one name": (f"-- name: q()^\n-- D.\nSELECT p.id,\n  p.id{PERSON}", 4, 3, "AS name"),
    "names alike in Python": ('-- name: q()^\n-- D.\nSELECT a."ﬁ",\n  a.fi FROM alike AS a LIMIT 1', 4, 3, "AS name"),
    "a name with a newline": ('-- name: q()^\n-- D.\nSELECT o.id, o."a\nb" FROM odd AS o LIMIT 1', 3, 14, "AS name"),
    "a row with such a name": ("-- name: q()$\n-- D.\nSELECT o FROM odd AS o LIMIT 1", 3, 8, "instead of the whole row"),
    "a struct with such a name": ('-- name: q()^\n-- D.\n-- @returns Odd\nSELECT o.id, o."a\nb" AS b FROM odd AS o LIMIT 1', 3, 1, "otherwise"),
    "a type without a Python one": ("-- name: q()$\n-- D.\nSELECT\n  point(1, 2) AS place", 4, 3, "write point(1, 2)::text AS place"),
    "a list of such": ("-- name: q()$\n-- D.\nSELECT ARRAY[point(1, 2)] AS x", 3, 8, "::text[] AS x"),
    "a parameter of such": ("-- name: q(p)$\n-- D.\nSELECT :p::point <-> '(0,0)' AS x", 3, 8, ":p::text::point"),
    "a row with such a column": ("-- name: q()^\n-- D.\nSELECT d.id, d FROM docs AS d WHERE d.id = 1", 3, 14, "words::text among them"),
    "a struct with such a column": ("-- name: q()^\n-- D.\n-- @returns Doc\nSELECT d.id, d.title FROM docs AS d WHERE d.id = 1", 3, 1, "words::text"),
    "an anonymous record": ("-- name: q()$\n-- D.\nSELECT ROW(1, 2) AS pair", 3, 8, "SELECT r FROM (SELECT … AS field_1"),
    "no row for `^`": ("-- name: q()^\n-- D.\nUPDATE people SET nick = 'x' WHERE id = 1", 1, 13, "add RETURNING"),
    "two columns for `$`": (f"-- name: q()$\n-- D.\nSELECT p.id, p.name{PERSON}", 3, 14, "write `^`"),
    "another row than the table's": (f"-- name: q()^\n-- D.\n-- @returns Person\nSELECT p.id, p.name{PERSON}", 3, 1, "name the row otherwise"),
}  # fmt: skip
ADVICE = {
    "rows under `!`": (f"-- name: q()!\n-- D.\nSELECT p.id{PERSON}", 3, 8, "unused_rows"),
    "a SELECT under `*!`": ("-- name: q(id)*!\n-- D.\nSELECT name FROM pets WHERE id = :id", 3, 8, "ANY(:ids)"),
    "rows of a WITH under `!`": ("-- name: q()!\n-- D.\nWITH gone AS (DELETE FROM pets WHERE id = 1 RETURNING id)\nSELECT id FROM gone", 4, 8, "unused_rows"),
    "a star": ("-- name: q()^\n-- D.\nSELECT * FROM people WHERE id = 1", 3, 8, "select_star"),
    "= NULL": (f"-- name: q()^\n-- D.\nSELECT p.id{PERSON} AND p.nick = NULL", 3, 56, "IS NULL"),
    "<> NULL in parentheses": (f"-- name: q()^\n-- D.\nSELECT p.id{PERSON} AND (p.nick <> NULL)", 3, 57, "IS NOT NULL"),
    "ORDER BY a parameter": ("-- name: q(c)\n-- D.\nSELECT p.id FROM people AS p ORDER BY :c LIMIT 1", 3, 39, "CASE WHEN"),
    "@name": ("-- name: q()\n-- D.\nSELECT p.id FROM people AS p WHERE p.id = @id LIMIT 1", 3, 43, "write :id"),
    "a misspelt rule": (f"-- name: q()^\n-- D.\n-- @allow no_coment: why\nSELECT p.id{PERSON}", 3, 1, "did you mean no_comment?"),
    "a misspelt @not_null": (f"-- name: q()^\n-- D.\n-- @not_null nik\nSELECT p.id, p.nick{PERSON}", 3, 1, "did you mean nick?"),
}  # fmt: skip
FINE = {
    "rows under `*!`": "-- name: q(id)*!\n-- D.\nINSERT INTO pets (id, name) VALUES (:id, '')\nRETURNING id, name",
    "void under `*!`": "-- name: q(id)*!\n-- D.\nSELECT pg_notify('a', :id)",
    "SET to NULL": "-- name: q()!\n-- D.\nUPDATE people SET nick = NULL WHERE id = 1",
    "void": "-- name: q()!\n-- D.\nSELECT pg_notify('a', 'b')",
    "names twice where no row is given": "-- name: q()!\n-- D.\n-- @allow unused_rows: they are counted\nDELETE FROM pets WHERE id = 1 RETURNING id, id",
    "an address in a comment": "-- name: q()$\n-- Ask ann@one.example, or @ann in the chat.\nSELECT 1 AS x",
    "a case for each order": "-- name: q(c)\n-- D.\nSELECT p.id FROM people AS p ORDER BY CASE WHEN :c = 'id' THEN p.id END LIMIT 1",
}  # fmt: skip


@pytest.fixture(scope="module")
def found(
    compiling_server: Target, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[Finding]]:
    """Compile every mistake at once, each in a file of its own; return what is found in each."""
    folder = tmp_path_factory.mktemp("mistakes")
    texts = {
        name: f"-- name: {header}\n-- D.\n{sql};"
        for name, (header, sql, *_) in SQL_MISTAKES.items()
    }
    texts |= {name: text for name, (text, *_) in (FILE_MISTAKES | ADVICE).items()}
    return compile_together(compiling_server, folder, SCHEMA, texts | FINE)


MISTAKES = {name: expected[1:] for name, expected in SQL_MISTAKES.items()} | FILE_MISTAKES | ADVICE


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_found_at_its_place(found: dict[str, list[Finding]], name: str) -> None:
    """One finding stands at the line and the column, and its hint says what to write."""
    _, line, column, hint = MISTAKES[name]
    there = [one for one in found[name] if (one.line, one.column) == (line, column)]
    assert any(hint in one.hint for one in there), found[name]


@pytest.mark.parametrize("name", FINE)
def test_what_looks_like_one_is_none(found: dict[str, list[Finding]], name: str) -> None:
    """Nothing is found where nothing is wrong."""
    assert found[name] == []
