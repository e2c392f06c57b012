"""Text fidelity: what reaches the server is the file's SQL, token for token, placeholders aside.

The oracle is `pglast.scan`, PostgreSQL's own scanner; a last test lets the server itself read both.
"""

from __future__ import annotations

import tempfile
import time
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pglast
import psycopg
import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from amber_sql.compiler.files.load import load_file
from amber_sql.sqltext.lexer import Kind, tokens

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amber_sql.compiler.files.query import Query

COMMENTS = {"SQL_COMMENT", "C_COMMENT"}
SILENT = {Kind.SPACE, Kind.LINE_COMMENT, Kind.BLOCK_COMMENT}
FUZZ = settings(
    max_examples=400,
    deadline=None,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.function_scoped_fixture],
)

# What literals and comments are made of: everything that some scanner somewhere trips over.
CRUMBS = st.sampled_from(
    ["a", "é", "日", "😀", " ", "  \n", "\n", "\t", ":a", ":b", "::", "--", "-- :a\n", "/", "*", ";", "?",
     "%", "%(a)s", "%%", "$", "$1", "@x", "\u2028", "\f", "\x0b", "\x85", "\ufeff", "{a}", "\n-- x\n",
     "\n-- name: b(a)^\n", "\n-- @one\n", "/+", "[1:2]", "#", "`", "|", "!"]
)  # fmt: skip
CONTENT = st.lists(CRUMBS, max_size=5).map("".join)
TAGS = st.sampled_from(["", "a", "b", "_x1", "é"])
GAPS = st.sampled_from(["\n", " \n ", "\t\n\n", " -- it's :a\n", "\n-- ' ::\n  ", "\n--\n--\n"])


def _plain(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _escaped(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", r"\'") + "'"


def _dollars(tag: str, text: str) -> str:
    quote = f"${tag}$"
    while quote in text + "$":  # its own end must stand at its end
        text = text.replace("$", "")
    return f"{quote}{text}{quote}"


def _continued(prefix: str, parts: list[str], gaps: list[str]) -> str:
    pieces = [part for pair in zip(parts, gaps, strict=False) for part in pair]
    return prefix + "".join(pieces[:-1])


QUOTED = CONTENT | st.builds("{}'{}".format, CONTENT, CONTENT)
NONASCII_FREE = st.sampled_from(["d\\0061t", ":a", "x--y", "it''s"])
LITERALS = st.one_of(
    QUOTED.map(_plain),
    QUOTED.map(lambda text: "E" + _escaped(text)),
    QUOTED.map(lambda text: "e" + _plain(text.replace("\\", ""))),
    st.builds(
        _continued,
        st.just("E"),
        st.lists(QUOTED.map(_escaped), min_size=2, max_size=3),
        st.lists(GAPS, min_size=3, max_size=3),
    ),
    st.builds(
        _continued,
        st.sampled_from(["", "N"]),
        st.lists(QUOTED.map(_plain), min_size=2, max_size=3),
        st.lists(GAPS, min_size=3, max_size=3),
    ),
    st.builds(_dollars, TAGS, QUOTED),
    NONASCII_FREE.map("U&'{}'".format),
    NONASCII_FREE.map("U&'{}' UESCAPE '!'".format),
    st.sampled_from(["B'01'", "x'1F'", "X''", "b'1'\n'0'", "n'a'"]),
)


def _nested(inner: str) -> str:
    text = inner.replace("/", "").replace("*", "")
    return f"/* {text} /* :a ' {text} */ $$ */"


NEWLINE_FREE = CONTENT.map(lambda t: "".join(c for c in t if c not in "\n\r")).map(
    lambda t: t.replace("@", "").replace("name", "")
)
REMARKS = st.one_of(
    CONTENT.map(_nested),
    st.sampled_from(["/**/", "/*+ SeqScan(t) :a */", "/***/", "/*/**/*/", "/* ' */", '/* " */']),
    NEWLINE_FREE.map("-- it's {} :a\n".format),
    st.sampled_from(["--\n", "---\n", "--*/\n", "--+ hint\n"]),
)
WORDS = st.sampled_from(
    ["SELECT", "x", "é", "a$1", "_", "E", "e", "U", "u", "n", "B", "日本", '"q""x"', '":a"', '"--"', '"\'"',
     'U&"d\\0061t"', 'u&"x" UESCAPE \'!\'', "from", "NULL", "int", "$1"]
)  # fmt: skip
NUMBERS = st.sampled_from(["1", "1.5", ".5", "1.", "1e3", "1E-3", "0x1F", "1_000", "0b1", "0o7"])
OPERATORS = st.sampled_from(
    ["->", "->>", "#>", "#>>", "?", "?|", "?&", "@>", "<@", "@?", "@@", "%", "||", "::", "=", "<=", "!=", "-", "+",
     "*", "/", ":=", "=>", "..", "(", ")", ",", ".", "&", "|", "~~*", "^", "<->", "`", "@-", ":", "[", "]", ";"]
)  # fmt: skip
SLICES = st.sampled_from(
    ["[1:2]", "[:a]", "[a : b]", "[:]", "[1:]", "[ :1]", "[:a:3]", "[1::a]", "[a::int:2]"]
)
PLACEHOLDERS = st.sampled_from([":a", ":b", ":a::text", ":a::int[]", "(:b)", "::b", ":::a"])
PIECES = st.one_of(LITERALS, REMARKS, WORDS, NUMBERS, OPERATORS, SLICES, PLACEHOLDERS, PLACEHOLDERS)
JOINTS = st.sampled_from(["", "", " ", "\n", "\t", "\f", "/**/", "--\n"])


@st.composite
def snippets(draw: st.DrawFn) -> str:
    """Draw SQL, or what looks like it: pieces next to each other, often with nothing between."""
    pieces = draw(st.lists(PIECES, min_size=1, max_size=8))
    return "".join(piece + draw(JOINTS) for piece in pieces)


class Word(NamedTuple):
    """A token as PostgreSQL's scanner sees it, or a placeholder."""

    name: str
    text: str
    start: int
    end: int


def scanned(text: str) -> list[Word]:
    """Ask PostgreSQL's scanner for the tokens; comments left out."""
    found = pglast.scan(text)
    words = [Word(t.name, text[t.start : t.end + 1], t.start, t.end + 1) for t in found]
    words = [word for word in words if word.name not in COMMENTS]
    for before, word in pairwise(list(words)):  # N'…' is a keyword and a string to it
        if before.name == "NCHAR" and word.name == "SCONST" and before.end == word.start:
            words.remove(before)
            text = before.text + word.text
            words[words.index(word)] = Word("SCONST", text, before.start, word.end)
    return words


def with_placeholders(words: Sequence[Word]) -> list[Word]:
    """Put a colon and the word that follows it at once together."""
    found: list[Word] = []
    for word in words:
        before = found[-1] if found else None
        touches = before is not None and before.name == "ASCII_58" and before.end == word.start
        if touches and (word.text[0].isalpha() or word.text[0] == "_"):
            assume(not any(mark in word.text for mark in "$'\""))  # `:b'1'` can be read both ways
            found[-1] = Word("PLACEHOLDER", f":{word.text}", word.start - 1, word.end)
        else:
            found.append(word)
    return found


def oracle(text: str) -> list[Word]:
    """Return the tokens of a file's SQL, or give this example up where PostgreSQL would."""
    try:
        words = scanned(text)
    except pglast.parser.ParseError:
        assume(condition=False)
        raise
    return with_placeholders(words)


def load(data: bytes) -> tuple[Query, ...]:
    """Load a file with these bytes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "t.sql")
        path.write_bytes(data)
        return load_file(path, "queries/t.sql", "t").queries


@FUZZ
@given(snippets())
@example("SELECT E'it\\'s :a' || :a")
@example("'a' " + "-" * 60 + "\nFROM t")
@example("SELECT:a")
@example("$$hello :a$$||:a")
def test_tokens_are_postgres_tokens(text: str) -> None:
    """Our tokens have PostgreSQL's boundaries: nothing that it reads as text is SQL to us, nor the reverse."""
    words = oracle(text)
    ours = [t for t in tokens(text) if t.kind not in SILENT]
    assert "".join(text[t.start : t.end] for t in tokens(text)) == text
    starts = {word.start for word in words if word.text[0] not in "+-*/<>=~!@#%^&|`?"}
    assert {t.start for t in ours} >= starts
    for kind, names in {
        Kind.STRING: {"SCONST", "USCONST", "XCONST", "BCONST"},
        Kind.PLACEHOLDER: {"PLACEHOLDER"},
        Kind.PARAM: {"PARAM"},
        Kind.SEMICOLON: {"ASCII_59"},
    }.items():
        assert [t.start for t in ours if t.kind is kind] == [
            w.start for w in words if w.name in names
        ], kind
    assert not any(t.kind is Kind.BROKEN for t in ours)


def _comments(text: str) -> list[str]:
    return [text[t.start : t.end] for t in tokens(text) if t.kind is Kind.LINE_COMMENT]


@FUZZ
@given(
    snippets(),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from([b"", b"\xef\xbb\xbf"]),
    st.sampled_from(["", ";", " ; -- the end: it's :a", "\n;\n/* :b */\n\n"]),
)
def test_the_servers_text_is_the_files_text(text: str, end: str, bom: bytes, tail: str) -> None:
    """A whole file through aiosql: the same tokens, with $1 for :a and $2 for :b."""
    text = text.replace("\n", end)
    words = [w for w in oracle(text) if w.name != "NUL"]
    while words and words[-1].name == "ASCII_59":
        words.pop()
    assume(words)
    # Outside of a literal that is the next query's header.
    assume(not any(":" in c and c.startswith("-- name") for c in _comments(text)))
    head = f"-- name: q(a, b)^{end}-- Doc: it's /* here.{end}"
    query = load(bom + f"{head}{text}{tail.replace(chr(10), end)}{end}".encode())[0]
    numbered = [
        {":a": "$1", ":b": "$2"}.get(w.text, w.text) if w.name == "PLACEHOLDER" else w.text
        for w in words
    ]
    # A name that is not declared stays as it was written, and is a finding.
    assert query.name == "q"
    assert [w.text for w in with_placeholders(scanned(query.sql))] == numbered
    for word in words:
        if word.name == "PLACEHOLDER":
            break
        place = query.sql.find(word.text)
        assert place >= 0


@settings(FUZZ, max_examples=150)
@given(LITERALS, LITERALS)
def test_the_server_reads_the_same_literals(
    scratch: psycopg.Connection, one: str, other: str
) -> None:
    """Sent with $1 in the extended protocol, each literal has the value that psql would have sent."""
    text = f"SELECT {one} AS one, :a::text, {other} AS other"
    (query,) = load(f"-- name: q(a)^\n-- Doc.\n{text};\n".encode())
    plain = psycopg.ClientCursor(scratch).execute(text.replace(":a::text", "'x'::text", 1).encode())
    if ":a" in one:  # the first one belongs to the literal
        first, _, rest = text.partition(f"{one} AS one, :a")
        plain = psycopg.ClientCursor(scratch).execute(f"{first}{one} AS one, 'x'{rest}".encode())
    sent = psycopg.RawCursor(scratch).execute(query.sql.encode(), ["x"])
    assert sent.fetchone() == plain.fetchone()


@pytest.mark.parametrize(
    "text",
    [
        "'a' " + "-" * 5000 + "\nx",
        "'a' " + "-- " * 5000 + "\nx",
        "'" + "''" * 20000 + "'",
        "E'" + "\\'" * 20000,
        "/*" * 20000,
        "$a$" + "$b$" * 20000,
        '"' * 20001,
        "'a'" + "\n" * 20000 + "x",
        "U&" * 20000,
    ],
    ids=lambda text: text[:6],
)
def test_no_text_takes_long(text: str) -> None:
    """Rulers of dashes, piles of quotes and comments that never end are cut in linear time."""
    started = time.process_time()
    assert sum(t.end - t.start for t in tokens(text)) == len(text)
    assert time.process_time() - started < 1


@pytest.mark.parametrize(
    "text",
    ["E'abc\\'", "e'\\\\\\'", "'abc", 'x "abc', "U&'a", 'u&"a', "$a$ $b$", "/* /* */", "B'0", "n'", "$$"],
)  # fmt: skip
def test_what_never_ends_is_broken(text: str) -> None:
    """Quoted text and comments without an end are told from all else, whatever stands before the quote."""
    assert [token.kind for token in tokens(f"SELECT {text}")][-1] is Kind.BROKEN
