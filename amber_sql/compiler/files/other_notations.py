"""Parameters as other tools write them → what is written here, each at its place.

Only what can be nothing else: `?` and `%` stand between two values as operators, and a macro of sqlc's is
one before its parenthesis. `@name` may be an absolute value: the server says whether it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from amber_sql.sqltext.lexer import Kind, Token
from amber_sql.sqltext.statement import IGNORED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from amber_sql.compiler.files.source import Block

_SQLC = {
    "arg": "write :{}",
    "narg": "write :{}, and `-- @nullable {}` above the statement",
    "slice": "write = ANY (:{}), a parameter that is an array, where IN (…) is now",
    "embed": "write {} alone: a whole row is a struct",
}
_VALUES = set("NULL TRUE FALSE END CURRENT_DATE CURRENT_TIMESTAMP CURRENT_USER".split())
_KEYWORDS = set(
    "SELECT DISTINCT ALL FROM WHERE AND OR NOT IN LIKE ILIKE BETWEEN LIMIT OFFSET ON USING HAVING WHEN THEN ELSE"
    " CASE RETURNING ANY SOME IS AS".split()
)
"""Behind which a value begins; none of them can be a column without quotes."""
_COMPARING = {"=", "<>", "!=", "<", ">", "<=", ">=", "||", "+", "-", "*", "/"}


class Notation(NamedTuple):
    """One place: its offset in the file, what stands there, and what to write."""

    offset: int
    message: str
    hint: str


def other_notations(block: Block, declared: Sequence[str]) -> Iterator[Notation]:
    """Yield each parameter of psycopg's, JDBC's or sqlc's, and each `$1`."""
    words = [token for token in block.body if token.kind not in IGNORED]
    texts = [block.text(token) for token in words]
    mark = 0
    for at, token in enumerate(words):
        text, behind = texts[at], texts[at + 1 : at + 5]
        before = words[at - 1] if at else None
        if token.kind is Kind.PARAM:
            yield Notation(token.start, f"{text} is a position", _named(declared, int(text[1:])))
        elif text.lower() == "sqlc" and behind[:1] == ["."] and behind[2:3] == ["("]:
            yield from _macro(token, behind)
        elif before is not None and token.kind is Kind.OTHER:
            operator, last = text[:-1], text[-1:]
            alone = operator in _COMPARING or (
                not operator and not _is_value(before, texts[at - 1])
            )
            place = token.end - 1
            if last == "?" and alone:
                mark += 1
                hint = f"{_named(declared, mark)}; between two values ? is an operator of jsonb"
                yield Notation(place, "`?` is a parameter of JDBC's and SQLite's", hint)
            elif last == "%" and alone and (name := _of_psycopg(block, words, at)) is not None:
                mark += not name
                hint = f"write :{name}" if name else _named(declared, mark)
                shown = f"%({name})s" if name else "%s"
                if name and name not in declared:
                    hint += ", and declare it in the header"
                yield Notation(place, f"`{shown}` is a parameter of psycopg's", hint)


def _named(declared: Sequence[str], number: int) -> str:
    """Say which parameter a position is."""
    if 0 < number <= len(declared):
        return f"write :{declared[number - 1]}"
    return "write a parameter as :name, and declare it in the header"


def _macro(token: Token, behind: list[str]) -> Iterator[Notation]:
    """Say what a macro of sqlc's is here; `behind` is `. name ( argument`."""
    name = behind[1].lower()
    argument = behind[3].strip("'\"") if len(behind) > 3 else "name"
    if name in _SQLC:
        hint = f"{_SQLC[name].replace('{}', argument)}; amber-sql import-sqlc rewrites whole files"
        yield Notation(token.start, f"sqlc.{name} is a macro of sqlc's", hint)


def _of_psycopg(block: Block, words: Sequence[Token], at: int) -> str | None:
    """Return the name in `%(name)s`, "" for `%s`, None for neither."""
    rest = block.source.text[words[at].end :]
    if rest[:1] == "s" and not rest[1:2].isalnum() and rest[1:2] != "_":
        return ""
    name, _, end = rest[1:].partition(")")
    is_named = rest[:1] == "(" and name.isidentifier() and end[:1] == "s"
    return name if is_named else None


def _is_value(token: Token, text: str) -> bool:
    """Tell whether what a token ends may be the left side of an operator."""
    if token.kind is Kind.IDENT:
        return text.upper() in _VALUES or text.upper() not in _KEYWORDS
    if token.kind is Kind.OTHER:
        return text in {")", "]"} or text[-1:].isalnum() or text[-1:] == "."
    return token.kind in {Kind.STRING, Kind.PLACEHOLDER, Kind.PARAM}
