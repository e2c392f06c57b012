"""Files as they come: what aiosql would change in silence, and every error of every file at once."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from amber_sql.compiler.files.load import load_file, load_folder
from amber_sql.compiler.files.query import Operation, Query, SqlFile
from amber_sql.errors import Finding


def read(tmp_path: Path, text: str | bytes, name: str = "users.sql") -> SqlFile:
    """Load a file with this content."""
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return load_file(path, f"queries/{name}", name.removesuffix(".sql"))


def only(tmp_path: Path, sql: str, header: str = "q(a)^") -> Query:
    """Load one query, in which there is nothing to find."""
    loaded = read(tmp_path, f"-- name: {header}\n-- Doc.\n{sql}\n")
    assert loaded.findings == ()
    (query,) = loaded.queries
    return query


def places(loaded: SqlFile) -> list[tuple[int, int, str]]:
    """Return line, column and the first words of each finding."""
    return [(f.line, f.column, f.message) for f in sorted(loaded.findings)]


FACTS = {
    "dollar quote": ("SELECT $$hello :a$$ || :a", "SELECT $$hello :a$$ || $1"),
    "E string": (r"SELECT E'it\'s :a' || :a", r"SELECT E'it\'s :a' || $1"),
    "percent": ("SELECT '%(a)s=' || :a", "SELECT '%(a)s=' || $1"),
    "two percents": ("SELECT '100%%' || :a", "SELECT '100%%' || $1"),
    "comment mark in a body": ("SELECT $$a /* b -- c$$, :a", "SELECT $$a /* b -- c$$, $1"),
    "comment mark in E": ("SELECT E'/* \\' --', :a", "SELECT E'/* \\' --', $1"),
    "line of a string": ("SELECT 'x\n-- y\nz', :a", "SELECT 'x\n-- y\nz', $1"),
    "line of a body": ("SELECT $b$\n-- y\n$b$, :a", "SELECT $b$\n-- y\n$b$, $1"),
    "header in a string": ("SELECT '\n-- name: x()\n', :a", "SELECT '\n-- name: x()\n', $1"),
    "trailing blanks": ("SELECT 'x  \n\t\ny', :a", "SELECT 'x  \n\t\ny', $1"),
    "line separator": ("SELECT 'x\u2028y\x0cz\x85', :a", "SELECT 'x\u2028y\x0cz\x85', $1"),
    "slice": ("SELECT arr[1:2], :a", "SELECT arr[1:2], $1"),
    "slice of parameters": ("SELECT x[:a : :a]", "SELECT x[$1 : $1]"),
    "colon in a comment": ("SELECT :a -- see: :this\n+ 1", "SELECT $1 -- see: :this\n+ 1"),
    "apostrophe in a comment": ("SELECT :a -- it's\n, 'x'", "SELECT $1 -- it's\n, 'x'"),
    "nested comment": ("SELECT /* a /* :b */ ' */ :a", "SELECT /* a /* :b */ ' */ $1"),
    "LIKE": ("SELECT 1 WHERE 'b' LIKE 'a%' AND :a", "SELECT 1 WHERE 'b' LIKE 'a%' AND $1"),
    "first character": (":a", "$1"),
    "hint": ("/*+ SeqScan(t) */ SELECT :a", "/*+ SeqScan(t) */ SELECT $1"),
    "JSON operators": ("SELECT j ? 'x', j ?| :a, j @? '$'", "SELECT j ? 'x', j ?| $1, j @? '$'"),
    "cast": ("SELECT :a::text::int", "SELECT $1::text::int"),
    "word before": ("SELECT:a", "SELECT $1"),
    "number before": ("SELECT 1e3:a", "SELECT 1e3 $1"),
    "Unicode escapes": ("SELECT U&'\\0441:a', U&\":a\", :a", "SELECT U&'\\0441:a', U&\":a\", $1"),
    "assignment": ("SELECT f(x:=:a, y => :a)", "SELECT f(x:=$1, y => $1)"),
    "last semicolon": ("SELECT :a ;  -- the end: :a", "SELECT $1"),
}


@pytest.mark.parametrize(("sql", "sent"), FACTS.values(), ids=FACTS)
def test_what_aiosql_would_change(tmp_path: Path, sql: str, sent: str) -> None:
    """The statement that is sent is the file's, with `$1` for `:a`."""
    assert only(tmp_path, sql).sql == sent


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"], ids=["", "BOM"])
def test_line_endings_and_byte_order_marks(tmp_path: Path, end: str, bom: bytes) -> None:
    """Each line ending and a byte order mark are read; a literal keeps the line ending that it has."""
    text = f"-- Users.{end}{end}-- name: a(x)^{end}-- Doc.{end}-- @one{end}SELECT '1{end}2',{end} :x;{end}{end}-- name: b(){end}-- Doc.{end}SELECT 3;"
    loaded = read(tmp_path, bom + text.encode())
    a, b = loaded.queries
    assert (loaded.findings, loaded.doc, a.doc, a.line, b.line) == ((), "Users.", "Doc.", 3, 10)
    assert (a.sql, b.sql) == (f"SELECT '1{end}2',{end} $1", "SELECT 3")
    assert [tag.name for tag in a.tags] == ["one"]
    assert a.place(a.sql.index("$1")) == (8, 2)


@pytest.mark.parametrize("content", ["", "\n\n", "-- only a comment\n", b"\xef\xbb\xbf", "/* x */"])
def test_a_file_without_queries_is_fine(tmp_path: Path, content: str | bytes) -> None:
    """An empty file has no queries and no errors."""
    assert (read(tmp_path, content).queries, read(tmp_path, content).findings) == ((), ())


def test_every_suffix_is_an_operation(tmp_path: Path) -> None:
    """The suffixes are aiosql's, and so is what each may leave out."""
    text = "".join(f"-- name: q{n}{rest}\n-- Doc.\nSELECT 1;\n" for n, rest in enumerate(["()", "()^", "()$", "()!", "<!", "*!", "#"]))  # fmt: skip
    loaded = read(tmp_path, text)
    assert [query.operation for query in loaded.queries] == list(Operation)


def test_names_that_python_keeps(tmp_path: Path) -> None:
    """A parameter may have any name: a keyword, `self`, or one that differs by an underscore."""
    query = only(
        tmp_path, "SELECT :class, :self, :class_, :from, :é", "q(class, self, class_, from, é)"
    )
    assert query.parameters == ("class", "self", "class_", "from", "é")
    assert query.sql == "SELECT $1, $2, $3, $4, $5"


def test_the_comment_is_the_docstring_as_it_is(tmp_path: Path) -> None:
    """No line of a comment is lost or read as something else."""
    lines = ["It's 100 % /* fine", "see -- name: other() there", "a\u2028b */", "", "- a list", "@"]
    loaded = read(tmp_path, "-- name: q()^\n" + "".join(f"-- {x}\n" for x in lines) + "SELECT 1;")
    assert loaded.findings == ()
    assert loaded.queries[0].doc == "\n".join(lines)


def test_comments_below_the_first_line_of_sql_stay_there(tmp_path: Path) -> None:
    """Only what stands above the statement documents it."""
    query = only(tmp_path, "SELECT :a -- one\n-- two\n/* three */ + 1")
    assert (query.doc, query.sql) == ("Doc.", "SELECT $1 -- one\n-- two\n/* three */ + 1")


BAD = {
    "-- name: 1st()\n-- d\nSELECT 1": (1, 10, "`1st` is no name of a query"),
    "-- name: q\n-- d\nSELECT 1": (1, 1, "missing mandatory parameter list"),
    "-- name: q()?\n-- d\nSELECT 1": (1, 13, "`?` is no suffix"),
    "-- name: q(a,)\n-- d\nSELECT :a": (1, 13, "a parameter is missing"),
    "-- name: q(a b)\n-- d\nSELECT :a": (1, 12, "`a b` is no name of a parameter"),
    "-- name: _q()\n-- d\nSELECT 1": (1, 10, "_q begins with an underscore"),
    "-- name: q(a)\n-- d\nSELECT 1": (1, 12, "the parameter a is never used"),
    "-- name: q(a, a)\n-- d\nSELECT :a": (1, 15, "the parameter a is declared twice"),
    "-- name: q(a)#\n-- d\nSELECT :a": (1, 11, "a script takes no parameters"),
    "-- name: q()#\n-- d\nSELECT :a": (1, 1, "a script takes no parameters"),
    "-- name: q()\n-- d\nSELECT\t日本,\n\t:b": (4, 2, "the parameter :b is not declared"),
    "-- name: q()\n-- d\nSELECT $1": (3, 8, "$1 is a position"),
    "-- name: q()\n-- d\nSELECT 1;\n  SELECT 2": (4, 3, "a second statement begins here"),
    "-- name: q()\n-- d\n;;\n": (1, 1, "this query has no SQL"),
    "-- name: q()\n-- d\nSELECT 'x": (3, 8, "this quoted text never ends"),
    "-- name: q()\n-- d\nSELECT E'x\\'": (3, 8, "this quoted text never ends"),
    "-- name: q()\n-- d\nSELECT /* x /* y */": (3, 8, "this comment never ends"),
    "SELECT 1;\n-- name: q()\n-- d\nSELECT 1": (1, 1, "SQL before the first query"),
    "-- name: q()\n-- d\nSELECT '\0'": (3, 9, "a NUL byte"),
    "-- name: q()\n-- record_class: X\nSELECT 1": (2, 1, "record_class is aiosql's"),
    "-- @one\n-- name: q()\n-- d\nSELECT 1": (1, 1, "the tag @one belongs to no query"),
    "-- name: q()\n-- d\nSELECT 1\n  -- @one\n+ 1": (4, 3, "the tag @one stands inside"),
    "-- name: q()\n-- @one\n-- @one\nSELECT 1": (3, 1, "a second @one"),
    "-- name: q()\n-- @returns A\n-- @returns B\nSELECT 1": (3, 1, "a second @returns"),
    "-- name: q()\n-- @not_null a\n-- @not_null a\nSELECT 1": (3, 1, "a second @not_null a"),
    "-- name: q()\n-- @returns\nSELECT 1": (2, 1, "@returns is written differently"),
    "-- name: q()\n-- @returns None\nSELECT 1": (2, 1, "@returns is written differently"),
    "-- name: q()\n-- @one x\nSELECT 1": (2, 1, "@one is written differently"),
    "-- name: q()\n-- @allow no_where\nSELECT 1": (2, 1, "@allow is written differently"),
}


@pytest.mark.parametrize(("text", "expected"), BAD.items())
def test_each_mistake_has_its_place(
    tmp_path: Path, text: str, expected: tuple[int, int, str]
) -> None:
    """One finding, at the line and the column, saying what and what to do about it."""
    (finding,) = read(tmp_path, text).findings
    assert (finding.line, finding.column) == expected[:2]
    assert finding.message.startswith(expected[2])
    assert finding.hint
    assert finding.text == text.split("\n")[finding.line - 1]


@pytest.mark.parametrize(
    "header",
    ["-- nmae: b()^", "-- Name: b()", "--NAME : b(x)$", "-- name b()", "-- names: b()", "-- mane: b(x)!", "-- name; b()", "  -- nam: b()", "-- name = b()", "-- nmae: b"],
)  # fmt: skip
def test_misspelt_headers(tmp_path: Path, header: str) -> None:
    """A header that is none is refused, where aiosql would glue it to the query before."""
    loaded = read(tmp_path, f"-- name: a()\n-- d\nSELECT 1\n{header}\n")
    assert places(loaded)[0][:2] == (4, len(header) - len(header.lstrip()) + 1)
    assert "is not a header" in loaded.findings[0].message


@pytest.mark.parametrize(
    "comment", ["-- names are unique", "-- note: x", "-- same: as above", "-- name the row", "-- see a: b(c) for it"]
)  # fmt: skip
def test_comments_that_are_no_headers(tmp_path: Path, comment: str) -> None:
    """A comment that begins like a header is a comment."""
    loaded = read(tmp_path, f"-- name: a()\n{comment}\nSELECT 1,\n{comment}\n2\n")
    assert loaded.findings == ()


TAG_HINTS = {
    "@retuns X": "did you mean @returns?",
    "@Returns X": "did you mean @returns?",
    "@not-null x": "did you mean @not_null?",
    "@nullabel x": "did you mean @nullable?",
    "@depricated x": "did you mean @deprecated?",
    "@zzz": "known tags: @returns Name, ",
}


@pytest.mark.parametrize(("tag", "hint"), TAG_HINTS.items())
def test_unknown_tags(tmp_path: Path, tag: str, hint: str) -> None:
    """An unknown tag is an error that says which one was meant."""
    (finding,) = read(tmp_path, f"-- name: a()\n-- {tag}\nSELECT 1\n").findings
    assert (finding.line, finding.message) == (2, f"unknown tag {tag.split(maxsplit=1)[0]}")
    assert finding.hint.startswith(hint)


def test_parameters_close_to_what_was_meant(tmp_path: Path) -> None:
    """A misspelt parameter names the declared one, and the other way round."""
    found = read(tmp_path, "-- name: a(user_id)\n-- d\nSELECT :usr_id\n").findings
    assert [f.hint for f in found] == ["the statement says :usr_id", "did you mean :user_id?"]


@pytest.mark.parametrize(
    ("sql", "hint"),
    [("SELECT '%:n%'", "write '%' || :n"), ("SELECT %(n)s", "write :n")],
    ids=["quotes", "percent"],
)
def test_a_parameter_written_otherwise(tmp_path: Path, sql: str, hint: str) -> None:
    """One that the statement has in another notation is told the right one."""
    (finding,) = read(tmp_path, f"-- name: q(n)\n-- d\n{sql}\n").findings
    assert finding.hint.startswith(hint)


@pytest.mark.parametrize(
    ("data", "place"),
    [
        ("-- é\n-- name: ü()^".encode() + b"\n-- \xe9\n", (3, 4)),
        ("-- name: q()^\nSELECT 1".encode("utf-16"), (1, 1)),
        (b"\xef\xbb\xbf-- \xff", (1, 4)),
    ],
    ids=["latin-1", "utf-16", "BOM"],
)
def test_files_that_are_not_utf8(tmp_path: Path, data: bytes, place: tuple[int, int]) -> None:
    """The first byte that is no UTF-8 is the place of the error."""
    (finding,) = read(tmp_path, data).findings
    assert (finding.line, finding.column) == place
    assert "not UTF-8" in finding.message


def test_an_unreadable_byte_costs_one_query(tmp_path: Path) -> None:
    """What no server could read is found where it stands, and the queries around it are read."""
    data = b"".join(
        b"-- name: %s()\n-- d\nSELECT '%s';\n" % each
        for each in ((b"a", b"a"), (b"b", b"\xff"), (b"c", b"\0"), (b"d", b"d"))
    )
    loaded = read(tmp_path, data)
    assert [query.name for query in loaded.queries] == ["a", "d"]
    assert [(f.line, f.column) for f in loaded.findings] == [(6, 9), (9, 9)]


def test_a_query_in_error_is_still_read(tmp_path: Path) -> None:
    """A header without parameters and a name used twice are findings, and PostgreSQL is asked."""
    loaded = read(tmp_path, "-- name: a^\n-- d\nSELECT :x, :y;\n-- name: a()\n-- d\nSELECT 1;\n")
    assert [query.parameters for query in loaded.queries] == [("x", "y"), ()]
    missing, second = loaded.findings
    assert "`-- name: a(x, y)`" in missing.hint
    assert second.message == "a second query is named a"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_an_open_quote_costs_one_query(tmp_path: Path, end: str) -> None:
    """A quote that never ends is found where it opens, and the queries behind it are read."""
    text = "-- name: a()\n-- d\nSELECT 'it's';\n\n-- name: b()\n-- d\nSELECT 'b';\n-- name: c()\n-- d\nSELECT 'c';"
    loaded = read(tmp_path, text.replace("\n", end))
    assert places(loaded) == [(3, 13, "this quoted text never ends")]
    assert [(q.name, q.sql) for q in loaded.queries] == [("b", "SELECT 'b'"), ("c", "SELECT 'c'")]


def test_two_queries_of_one_name(tmp_path: Path) -> None:
    """The second one is refused and says where the first one is, also where a hyphen hides it."""
    text = "-- name: get-it()\n-- d\nSELECT 1;\n-- name: get_it()\n-- d\nSELECT 2;\n"
    loaded = read(tmp_path, text)
    assert places(loaded) == [(4, 10, "a second query is named get_it")]
    assert "line 1" in loaded.findings[0].hint


def test_every_error_of_every_file(tmp_path: Path) -> None:
    """One run reads every file, nested ones too, and reports whatever is wrong anywhere."""
    read(tmp_path, "-- name: a()\n-- @x\nSELECT $1;\n-- name: b(\n-- d\nSELECT 1;\n", "one.sql")
    read(tmp_path, "-- name: c()\n-- d\nSELECT 1;\n", "sub/deep/two.sql")
    read(tmp_path, "-- name: d()\n-- d\nSELECT :x;\n-- nmae: e()\n", "sub/three.sql")
    (tmp_path / ".hidden").mkdir()
    read(tmp_path, "nonsense", ".hidden/x.sql")
    (tmp_path / "folder.sql").mkdir()
    files = load_folder(tmp_path)
    assert [file.module for file in files] == ["one", "sub.deep.two", "sub.three"]
    found = [
        (f.file.partition("/")[2], f.line, f.column)
        for file in files
        for f in sorted(file.findings)
    ]
    assert found == [
        ("one.sql", 2, 1),
        ("one.sql", 3, 8),
        ("one.sql", 4, 11),
        ("sub/three.sql", 3, 8),
        ("sub/three.sql", 4, 1),
    ]


def test_files_are_named_by_their_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--queries .` says the folder's name as well."""
    read(tmp_path, "-- name: a()\n-- d\nSELECT 1;\n", "sqls/x.sql")
    monkeypatch.chdir(tmp_path / "sqls")
    assert [file.file for file in load_folder(Path())] == ["sqls/x.sql"]


def _finding_of(tmp_path: Path, *names: str) -> list[tuple[str, str]]:
    for name in names:
        read(tmp_path, "-- name: a()\n-- d\nSELECT 1;\n", f"q/{name}")
    found = [f for file in load_folder(tmp_path / "q") for f in file.findings]
    assert all(isinstance(f, Finding) and f.hint for f in found)
    return [(f.file, f.message) for f in found]


@pytest.mark.parametrize(
    ("name", "module"),
    [("past-due.sql", "past_due"), ("v1.2.sql", "v1_2"), ("class.sql", "class_"), ("a b/import.sql", "a_b.import_")],
)  # fmt: skip
def test_files_become_modules(tmp_path: Path, name: str, module: str) -> None:
    """Hyphens, dots and blanks are underscores in Python, and a keyword gets one."""
    assert _finding_of(tmp_path, name) == []
    assert [file.module for file in load_folder(tmp_path / "q")] == [module]


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["1st.sql"], "1st is no name of a Python module"),
        (["__init__.sql"], "__init__ is no name of a Python module"),
        (["users.sql", "users/x.sql"], "users is a folder as well as a file"),
        (["a-b.sql", "a_b.sql"], "its module, a_b, is also that of q/a-b.sql"),
    ],
)
def test_files_that_cannot_be_modules(tmp_path: Path, names: list[str], message: str) -> None:
    """A file whose module would have no name, or another file's, is refused."""
    assert [found for _, found in _finding_of(tmp_path, *names)] == [message]


def test_the_server_reads_what_the_file_says(tmp_path: Path, scratch: psycopg.Connection) -> None:
    """What aiosql would change arrives unchanged, in one statement, on a real server."""
    query = only(
        tmp_path,
        "SELECT $$h :a$$, E'it\\'s :a', '%(a)s', '100%%', 'x  \n-- y\nz',"
        " (ARRAY[1,2,3])[1:2], '\u2028\x0c', U&'d\\0061', :a::text -- it's :a\n",
    )
    row = psycopg.RawCursor(scratch).execute(query.sql.encode(), ["v"]).fetchone()
    assert row == ("h :a", "it's :a", "%(a)s", "100%%", "x  \n-- y\nz", [1, 2], "\u2028\x0c", "da", "v")  # fmt: skip
