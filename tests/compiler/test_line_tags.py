"""`@if`, `@end` and `@choose` inside a statement: what is cut, and every mistake at its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from amber_sql.compiler.files.load import load_file
from amber_sql.runtime._sources import Texts

if TYPE_CHECKING:
    from pathlib import Path

    from amber_sql.compiler.files.query import Query, SqlFile


def read(tmp_path: Path, sql: str, header: str) -> SqlFile:
    """Load one query whose statement begins in line 3."""
    path = tmp_path / "q.sql"
    path.write_bytes(f"-- name: {header}\n-- Doc.\n{sql}\n".encode())
    return load_file(path, "queries/q.sql", "q")


def only(tmp_path: Path, sql: str, header: str = "q(a, b)") -> Query:
    """Load one query, in which there is nothing to find."""
    loaded = read(tmp_path, sql, header)
    assert loaded.findings == ()
    (query,) = loaded.queries
    return query


def sent(query: Query) -> dict[str, str]:
    """Return each variant's text by its name."""
    return {each.variant: each.sql for each in query.variants}


IF_A = "-- @if a"
CUT = {
    "a line": (f"SELECT 1\nWHERE x = :a {IF_A}\nLIMIT 1", "SELECT 1\nLIMIT 1"),
    "the first line": (f"WITH w AS (SELECT :a) {IF_A}\nSELECT 1", "SELECT 1"),
    "the last line": (f"SELECT 1\nWHERE x = :a {IF_A}", "SELECT 1"),
    "the last line and its semicolon": (f"SELECT 1\nWHERE x = :a; {IF_A}", "SELECT 1"),
    "a block at the top": (f"{IF_A}\nWITH w AS (SELECT :a)\n-- @end\nSELECT 1", "SELECT 1"),
    "a block at the end": (f"SELECT 1\n{IF_A}\nWHERE x = :a\n;\n-- @end\n", "SELECT 1"),
    "a block before the semicolon": (f"SELECT 1\n{IF_A}\nWHERE x\n= :a\n-- @end\n;", "SELECT 1"),
    "CRLF": (f"SELECT 1\r\nWHERE x = :a {IF_A}\r\nLIMIT 1", "SELECT 1\r\nLIMIT 1"),
    "CR": (f"SELECT 1\rWHERE x = :a {IF_A}\rLIMIT 1", "SELECT 1\rLIMIT 1"),
    "tabs": ("SELECT 1\n\tWHERE x = :a\t--\t@if\ta\t\n\tLIMIT 1", "SELECT 1\n\tLIMIT 1"),
    "no space": ("SELECT 1\nWHERE x = :a--@if a\nLIMIT 1", "SELECT 1\nLIMIT 1"),
    "two on a line": (f"SELECT 1\nWHERE :a + :a > 1 {IF_A}\nLIMIT 1", "SELECT 1\nLIMIT 1"),
    "a cast": (f"SELECT 1\nWHERE x = :a::int::text {IF_A}\n-- c\nLIMIT 1", "SELECT 1\n-- c\nLIMIT 1"),
    "a leading comma": (f"UPDATE t SET y = 1\n  , x = :a {IF_A}\nWHERE z", "UPDATE t SET y = 1\nWHERE z"),
    "a blank line": (f"SELECT 1\n\nWHERE x = :a {IF_A}\n\nLIMIT 1", "SELECT 1\n\n\nLIMIT 1"),
    "in a UNION's arm": (f"SELECT 1 WHERE true\nAND :a {IF_A}\nUNION SELECT 2", "SELECT 1 WHERE true\nUNION SELECT 2"),
    "a whole arm": (f"SELECT 1\nUNION SELECT :a {IF_A}\nORDER BY 1", "SELECT 1\nORDER BY 1"),
    "in a subquery": (f"SELECT (SELECT 1\nWHERE :a {IF_A}\n)", "SELECT (SELECT 1\n)"),
    "text in a block": (f"SELECT 1\n{IF_A}\n, 'x\n-- @end\ny', :a\n-- @end\nLIMIT 1", "SELECT 1\nLIMIT 1"),
    "a comment beside it": (f"SELECT 1 -- one\nWHERE :a -- why {IF_A}\nLIMIT 1", "SELECT 1 -- one\nLIMIT 1"),
    "a comment in a block": (f"SELECT 1\n{IF_A}\n-- why\nWHERE :a /* x */\n-- @end\nLIMIT 1", "SELECT 1\nLIMIT 1"),
}  # fmt: skip


@pytest.mark.parametrize(("sql", "without"), CUT.values(), ids=CUT)
def test_whole_lines_are_left_out(tmp_path: Path, sql: str, without: str) -> None:
    """The file's own text but for those lines; with them it is the file's without the tags."""
    query = only(tmp_path, sql, "q(a)")
    assert sent(query)["without a"] == without
    assert "@if" not in query.sql
    assert query.sql == query.variants[0].sql
    assert "$1" in query.sql


SAME = {
    "in a string": "SELECT ' -- @if a\n', :a",
    "in a dollar quote": "SELECT $$\n-- @if a\nx\n-- @end\n$$, :a",
    "in an E string": r"SELECT E'\' -- @if a', :a",
    "in an identifier": 'SELECT 1 AS "x -- @if a\n", :a',
    "people's words": "SELECT :a -- what if a\n-- @todo: if a\n-- user@if.example\n, 2",
    "a line that is a comment": "SELECT :a\n--  AND b = :b  -- @if b\n, 2",
}


@pytest.mark.parametrize("sql", SAME.values(), ids=SAME)
def test_what_is_no_tag_is_text(tmp_path: Path, sql: str) -> None:
    """In quotes, or among people's words."""
    query = only(tmp_path, sql, "q(a)")
    assert (query.options, query.variants) == ((), ())
    assert query.sql == sql.replace(":a", "$1", 1)


CHOICE = """SELECT x FROM t WHERE y = :b
ORDER BY x, 'a'  -- up -- @choose sort up
    --   @choose sort down :  ORDER BY x DESC, ':c -- no' || :a /* : */ -- really: down
    -- @choose sort -x.y+z:
LIMIT 1;"""


def test_a_choice_is_a_text_in_the_place_of_its_line(tmp_path: Path) -> None:
    """Its comments and quotes are its own, its placeholders parameters; without text there is no line."""
    query = only(tmp_path, CHOICE, "q(a, b, sort)")
    assert sent(query) == {
        "sort up": "SELECT x FROM t WHERE y = $1\nORDER BY x, 'a'  -- up\nLIMIT 1",
        "sort down": "SELECT x FROM t WHERE y = $2\nORDER BY x DESC, ':c -- no' || $1 /* : */ -- really: down\nLIMIT 1",
        "sort -x.y+z": "SELECT x FROM t WHERE y = $1\nLIMIT 1",
    }
    down = query.variants[1]
    assert down.place(down.sql.index("$1")) == (5, 62)
    assert down.place(down.sql.index("LIMIT")) == (7, 1)
    assert query.options[0].labels == ("up", "down", "-x.y+z")


def test_what_is_given_together_has_fewer_variants(tmp_path: Path) -> None:
    """A line of several names needs all; one whose own lines need another is not given without it."""
    both = only(tmp_path, "SELECT 1\nWHERE :a < :b -- @if a, b")
    assert list(sent(both)) == ["with a, b", "without a, b"]
    further = only(tmp_path, "SELECT 1 WHERE true\nAND x = :a -- @if a\nAND y = :b -- @if b a")
    assert list(sent(further)) == ["with a, b", "with a, without b", "without a, b"]


def test_each_text_is_a_variant_once(tmp_path: Path) -> None:
    """Names in their order, all given at first; parameters are numbered by what is left."""
    query = only(tmp_path, f"SELECT 1 WHERE true\nAND :a {IF_A}\nAND :b -- @if b\nAND x -- @if s", "q(s, b, a)")  # fmt: skip
    assert list(sent(query))[:3] == ["with s, b, a", "with s, b, without a", "with s, a, without b"]
    assert [each.parameters for each in query.variants] == [("b", "a"), ("b",), ("a",), ()] * 2
    assert [option.kind for option in query.options] == ["switch", "value", "value"]


@pytest.mark.parametrize("sql", [CUT["CRLF"][0], CUT["a block at the end"][0]], ids=["CRLF", "end"])
def test_run_time_cuts_what_build_time_described(tmp_path: Path, sql: str) -> None:
    """Each variant's text and parameters, and of the query alone what stands in the file."""
    query = only(tmp_path, sql, "q(a)")
    texts = Texts("q", "q.sql", (tmp_path / "q.sql").read_bytes())
    cut = texts.cut("q")
    assert [cut.variant(each.given, dict(each.chosen)) for each in query.variants] == [
        (each.sql, each.parameters) for each in query.variants
    ]
    assert texts["q"] == query.sql


BAD = {
    "no name": ("SELECT :a -- @if", 3, 11, "@if names no parameter"),
    "an unknown name": ("SELECT 1\nWHERE :a -- @if aa", 4, 17, "@if aa: no such parameter"),
    "a colon": ("SELECT 1\nWHERE :a -- @if :a", 4, 17, "@if :a: no such parameter"),
    "a condition": ("SELECT 1\nWHERE :a -- @if a = 1", 4, 10, "@if is written differently"),
    "or": ("SELECT 1\nWHERE :a -- @if a or b", 4, 19, "@if or: no such parameter"),
    "words behind it": ("SELECT 1\nWHERE :a -- @if a (only)", 4, 10, "@if is written differently"),
    "no end": ("SELECT 1\n-- @if a\nWHERE :a", 4, 1, "this block never ends"),
    "no beginning": ("SELECT 1\nWHERE :a -- @if a\n-- @end", 5, 1, "@end ends no block"),
    "an empty block": ("SELECT :a\n-- @if a\n-- c\n-- @end", 4, 1, "this block has no SQL"),
    "a block in a block": ("SELECT 1\n-- @if a\n-- @if b\nWHERE :a = :b\n-- @end", 5, 1, "this @if stands in a block"),
    "a line in a block": ("SELECT 1\n-- @if a\nWHERE :a\nAND :b -- @if b\n-- @end", 6, 8, "this @if stands in a block"),
    "@end behind SQL": ("SELECT 1\n-- @if a\nWHERE :a -- @end", 5, 10, "@end stands behind SQL"),
    "@end with a name": ("SELECT 1\n-- @if a\nWHERE :a\n-- @end a", 6, 1, "@end is written differently"),
    "behind the statement": ("SELECT :a;\n-- @if a", 4, 1, "this block never ends"),
    "misspelt": ("SELECT 1\nWHERE :a -- @iff a", 4, 10, "@iff is no tag of a line"),
    "in capitals": ("SELECT 1\nWHERE :a -- @If a", 4, 10, "@If is no tag of a line"),
    "a space": ("SELECT 1\nWHERE :a -- @ if a", 4, 10, "@if is no tag of a line"),
    "else": ("SELECT 1\n-- @if a\nWHERE :a\n-- @else\nWHERE 1\n-- @end", 6, 1, "@else is no tag of a line"),
    "endif": ("SELECT 1\n-- @if a\nWHERE :a\n-- @endif", 6, 1, "@endif is no tag of a line"),
    "within a comment": ("SELECT 1\nWHERE :a -- if known @if a", 4, 22, "this tag is only a comment"),
    "in /* */": ("SELECT 1\nWHERE :a /* @if a */", 4, 13, "a tag in /* */ is only text"),
    "between two literals": ("SELECT 'a' -- @if a\n'b', :a", 3, 12, "@if stands inside of quoted text"),
    "a line in quotes": ("SELECT 1, 'x\ny', :a -- @if a", 3, 11, "this line goes on inside of quotes"),
    "a line of a comment": ("SELECT 1 /* x\ny */, :a -- @if a", 3, 10, "this line goes on inside of quotes"),
    "a choice without a label": ("SELECT :a -- @choose b", 3, 11, "@choose is written differently"),
    "a choice's text without a colon": ("SELECT :a -- @choose b up\n-- @choose b down ORDER BY 1", 4, 1, "@choose is written differently"),
    "a choice of no line": ("SELECT :a\n-- @choose b up", 4, 1, "this @choose marks no line"),
    "a text of no line": ("SELECT :a\n-- @choose b up: LIMIT 1", 4, 1, "this text stands in for no line"),
    "a text further down": ("SELECT :a -- @choose b up\nLIMIT 1\n-- @choose b down: LIMIT 2", 5, 1, "this text stands in for no line"),
    "a text behind SQL": ("SELECT :a -- @choose b up: LIMIT 1", 3, 11, "a text for another line stands behind"),
    "two texts of a label": ("SELECT :a -- @choose b up\n-- @choose b up: LIMIT 1", 4, 1, "a second text for b up"),
    "one label": ("SELECT :a -- @choose b up", 3, 11, "b has no other label"),
    "another default": ("SELECT :a -- @choose b x\n-- @choose b y: 1\nLIMIT 1 -- @choose b y\n-- @choose b x: 2", 5, 9, "y is another default of b"),
    "a label less": ("SELECT :a -- @choose b x\n-- @choose b y: SELECT :a\nLIMIT 1 -- @choose b x", 5, 9, "this line has no text for b y"),
    "a label more": ("SELECT :a -- @choose b x\n-- @choose b y: 1\nLIMIT 1 -- @choose b x\n-- @choose b y: 2\n-- @choose b z: 3", 5, 9, "line 3 has no text for b z"),
    "an unknown choice": ("SELECT :a -- @choose c x\n-- @choose c y: SELECT :a", 3, 11, "@choose c: no such parameter"),
    "a choice that is optional": ("SELECT :a -- @choose b x\n-- @choose b y: SELECT :a\nLIMIT 1 -- @if b", 3, 11, "b is chosen here and optional elsewhere"),
    "an optional text": ("SELECT :a -- @choose b x\n-- @choose b y: SELECT :a -- @if a", 4, 27, "a choice's text has no tag"),
    "a text that never ends": ("SELECT :a -- @choose b x\n-- @choose b y: SELECT :a, 'x", 4, 28, "this text never ends"),
    "a semicolon": ("SELECT :a -- @choose b x\n-- @choose b y: SELECT :a;", 4, 26, "a choice's text has no semicolon"),
    "an undeclared name in a text": ("SELECT :a -- @choose b x\n-- @choose b y: SELECT :a, :x", 4, 28, "the parameter :x is not declared"),
    "another tool's parameter in a text": ("SELECT :a -- @choose b x\n-- @choose b y: SELECT :a, %(a)s", 4, 28, "`%(a)s` is a parameter of psycopg's"),
    "a quote of an editor in a text": ("SELECT :a -- @choose b x\n-- @choose b y: SELECT :a, \u201cx", 4, 28, "\u201c (U+201C LEFT DOUBLE QUOTATION MARK) is part of a name"),
    "a position in a text": ("SELECT :a -- @choose b x\n-- @choose b y: SELECT :a, $1", 4, 28, "$1 is a position"),
}  # fmt: skip


@pytest.mark.parametrize(("sql", "line", "column", "message"), BAD.values(), ids=BAD)
def test_each_mistake_has_its_place(
    tmp_path: Path, sql: str, line: int, column: int, message: str
) -> None:
    """A tag that would be a comment and change nothing is an error, and says what to write."""
    findings = [
        one for one in read(tmp_path, sql, "q(a, b)").findings if "never used" not in one.message
    ]
    assert [(one.line, one.column) for one in findings] == [(line, column)], findings
    assert findings[0].message.startswith(message)
    assert findings[0].hint
    assert findings[0].text == sql.split("\n")[line - 3]


@pytest.mark.parametrize("header", ["q()#", "q(a)*!"])
def test_what_has_one_text_has_no_optional_lines(tmp_path: Path, header: str) -> None:
    """A script, and a query for many rows."""
    (finding, *_) = read(tmp_path, "INSERT INTO t VALUES (1) -- @if a\n, (:a) -- @if a", header).findings  # fmt: skip
    assert "optional lines" in " ".join(
        one.message for one in read(tmp_path, "SELECT 1 -- @if a", header).findings
    )
    assert finding.line in {1, 3, 4}


def test_too_many_variants_are_counted(tmp_path: Path) -> None:
    """With the number, what makes it, and what to do."""
    names = [f"a{n}" for n in range(8)]
    lines = "".join(f"AND :{name} -- @if {name}\n" for name in names)
    choice = "ORDER BY 1 -- @choose s x\n-- @choose s y: ORDER BY 2\n"
    (finding,) = read(tmp_path, f"SELECT 1 WHERE true\n{lines}{choice}", f"q({', '.join(names)}, s)").findings  # fmt: skip
    assert (
        finding.message
        == "q has 512 variants, and 256 are the most: 8 optional names, 2 texts of s"
    )
    assert "two queries" in finding.hint
    assert len(only(tmp_path, f"SELECT 1 WHERE true\n{lines}", f"q({', '.join(names)})").variants) == 256  # fmt: skip


def test_a_header_without_a_list_has_the_names_of_its_tags(tmp_path: Path) -> None:
    """The hint writes the list with switches and choices."""
    (finding,) = read(tmp_path, "SELECT :a\nLIMIT 1 -- @if s", "q").findings
    assert "`-- name: q(a, s)`" in finding.hint
