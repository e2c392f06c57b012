"""A statement's `$1`, `@name` and `sqlc.…(…)` → the same statement with `:name`, and its parameters.

A parameter that has only a number is called after the column that it is compared with or goes to, as
sqlc does.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from amber_sql.sqltext.lexer import Kind, Token

if TYPE_CHECKING:
    from collections.abc import Sequence

_SILENT = {Kind.SPACE, Kind.LINE_COMMENT, Kind.BLOCK_COMMENT}
_COMPARING = {
    "=",
    "<>",
    "!=",
    "<",
    ">",
    "<=",
    ">=",
    "LIKE",
    "ILIKE",
    "~",
    "~*",
    "@>",
    "<@",
    "&&",
    "?",
}
_OF_ARRAYS = {"ANY", "ALL", "SOME"}
_TAG = re.compile(r"(?<=--)(\s*)@(?=\w)|()@(?=(?:if|choose|else|end)\b)")
_MACROS = {"arg", "narg", "slice", "embed"}


class Rewritten(NamedTuple):
    """A statement of ours."""

    text: str
    parameters: list[str]
    nullable: list[str]
    findings: list[tuple[int, str, str]]
    """(place, message, hint)"""


def rewritten(text: str, body: Sequence[Token]) -> Rewritten:
    """Return the statement of `body`, which are tokens of `text`."""
    return _Statement(text, body).rewritten()


def without_tags(comment: str) -> str:
    """Return a comment in which nothing is a tag of ours: `-- @if x` were only words."""
    return _TAG.sub(r"\1\2", comment)


def snake(name: str) -> str:
    """`GetAuthorByID` → `get_author_by_id`."""
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    return re.sub(r"\W+", "_", name).lower().strip("_") or "arg"


class _Statement:
    def __init__(self, text: str, body: Sequence[Token]) -> None:
        self.text = text
        self.body = list(body)
        self.words = [token for token in body if token.kind not in _SILENT]
        self.shown = [text[token.start : token.end] for token in self.words]
        self.numbered = _names(self.shown, self.words)
        self.parameters: list[str] = []
        self.nullable: list[str] = []
        self.findings: list[tuple[int, str, str]] = []
        self.instead: list[tuple[int, int, str]] = []
        """(start, end, text): what is written in the place of what."""

    def rewritten(self) -> Rewritten:
        for token in self.body:
            if token.kind is Kind.LINE_COMMENT:
                shown = self.text[token.start : token.end]
                if (words := without_tags(shown)) != shown:
                    self.instead.append((token.start, token.end, words))
        number = 0
        while number < len(self.words):
            number += self._at(number)
        numbers = [n for n in self.numbered if self.numbered[n] in self.parameters]
        if len(numbers) == len(
            self.parameters
        ):  # in the order of their numbers, as callers know them
            self.parameters = [self.numbered[n] for n in sorted(numbers)]
        out, position = [], self.body[0].start
        for start, end, instead in sorted(self.instead):
            out += [self.text[position:start], instead]
            position = end
        out.append(self.text[position : self.body[-1].end])
        return Rewritten("".join(out), self.parameters, self.nullable, self.findings)

    def _at(self, number: int) -> int:
        """Rewrite what begins at a word, and return how many words that were."""
        token, shown = self.words[number], self.shown[number]
        following = self.words[number + 1] if number + 1 < len(self.words) else None
        if token.kind is Kind.PARAM:
            self._name(self.numbered[int(shown[1:])], token.start, token.end)
        elif token.kind is Kind.PLACEHOLDER:  # the bound of a slice, and a parameter here
            self.instead.append((token.start, token.start + 1, ": "))
        elif shown.lower() in {"sqlc", "pggen"} and self.shown[number + 1 : number + 2] == ["."]:
            return self._macro(number)
        elif shown.endswith("@") and following and following.start == token.end:
            operator = shown[:-1]
            named = following.kind is Kind.IDENT and not self.shown[number + 1].startswith('"')
            if named and (not operator or operator in _COMPARING | {"||", "+", "-", "*", "/"}):
                self._name(snake(self.shown[number + 1]), token.end - 1, following.end)
                return 2
        elif shown == "?" and self._is_unknown_parameter(number):
            message = "a `?` is a parameter of MySQL's or SQLite's"
            self.findings.append((token.start, message, "write :name, and PostgreSQL's own SQL"))
        return 1

    def _is_unknown_parameter(self, number: int) -> bool:
        behind = self.shown[number + 1] if number + 1 < len(self.shown) else ""
        return not (behind.startswith(("'", "$", "@", ":")) or behind.isidentifier())

    def _name(self, name: str, start: int, end: int) -> None:
        if name not in self.parameters:
            self.parameters.append(name)
        before = self.text[start - 1 : start]
        space = " " if before == ":" and self.text[start - 2 : start] != "::" else ""
        self.instead.append((start, end, f"{space}:{name}"))

    def _macro(self, number: int) -> int:
        """Rewrite `sqlc.name ( argument )`."""
        found = self.shown[number + 2 : number + 6]
        start = self.words[number].start
        if len(found) < 4 or found[1] != "(" or found[3] != ")" or found[0].lower() not in _MACROS:
            shown = ".".join(["sqlc", *found[:1]])
            self.findings.append((start, f"`{shown}` is not known", "write what it stands for"))
            return 2
        macro, argument = found[0].lower(), found[2].strip("'\"")
        end = self.words[number + 5].end
        if macro == "embed":  # a whole row
            self.instead.append((start, end, found[2].strip("'")))
            return 6
        name = snake(argument)
        if macro == "narg" and name not in self.nullable:
            self.nullable.append(name)
        if macro == "slice":
            return self._slice(number, name, end)
        self._name(name, start, end)
        return 6

    def _slice(self, number: int, name: str, end: int) -> int:
        """`IN (sqlc.slice(ids))` → `= ANY (:ids)`: one parameter that is an array."""
        before = [one.upper() for one in self.shown[max(number - 3, 0) : number]]
        is_array = before[-1:] == ["("] and before[-2:-1] and before[-2] in _OF_ARRAYS
        if is_array:
            pass
        elif before[-2:] != ["IN", "("]:
            message = "sqlc.slice stands where no IN is before it"
            hint = "the parameter is an array: write = ANY (:name)"
            self.findings.append((self.words[number].start, message, hint))
        else:
            negated = before[:1] == ["NOT"] and len(before) == 3
            word = self.words[number - (3 if negated else 2)]
            stop = self.words[number - 2].end
            self.instead.append((word.start, stop, "<> ALL" if negated else "= ANY"))
        self._name(name, self.words[number].start, end)
        return 6


def _names(shown: list[str], words: Sequence[Token]) -> dict[int, str]:
    """Return a name for each `$n`, no two alike."""
    found: dict[int, str] = {}
    columns = _inserted(shown, words)
    for at, token in enumerate(words):
        if token.kind is Kind.PARAM:
            number = int(shown[at][1:])
            name = columns.get(at) or _beside(shown, words, at)
            if name and number not in found:
                found[number] = snake(name)
    taken: set[str] = set()
    for number in sorted(
        {int(s[1:]) for s, t in zip(shown, words, strict=True) if t.kind is Kind.PARAM}
    ):
        name = unique = found.get(number, f"arg{number}")
        counter = 2
        while unique in taken:
            unique, counter = f"{name}_{counter}", counter + 1
        found[number] = unique
        taken.add(unique)
    return found


def _beside(shown: list[str], words: Sequence[Token], at: int) -> str:
    """Return the column that a parameter is compared with, or what it limits."""
    before = [one.upper() for one in shown[max(at - 3, 0) : at]]
    if before[-1:] and before[-1] in {"LIMIT", "OFFSET"}:
        return before[-1].lower()
    if before[-1:] == ["("] and before[-2:-1] and before[-2] in _OF_ARRAYS:
        left = _column(shown, words, at - 4)
        return f"{left}s" if left and before[:1] and before[0] in _COMPARING else ""
    if before[-1:] == ["("] and before[-2:-1] == ["IN"]:
        skip = 4 if before[:1] == ["NOT"] else 3
        return _column(shown, words, at - skip)
    if before[-1:] and before[-1] in _COMPARING:
        negated = before[-2:-1] == ["NOT"]
        return _column(shown, words, at - (3 if negated else 2))
    after = shown[at + 1 : at + 3]
    if after and after[0].upper() in _COMPARING and len(after) == 2:
        last = at + 2
        while shown[last + 1 : last + 2] == ["."] and last + 2 < len(shown):
            last += 2
        return _column(shown, words, last)
    return ""


def _column(shown: list[str], words: Sequence[Token], at: int) -> str:
    if at < 0 or words[at].kind is not Kind.IDENT:
        return ""
    return shown[at].strip('"')


def _inserted(shown: list[str], words: Sequence[Token]) -> dict[int, str]:
    """Return which column each word of INSERT … (columns) VALUES (…) goes to."""
    upper = [one.upper() for one in shown]
    found: dict[int, str] = {}
    for start in range(len(upper) - 1):
        if upper[start : start + 2] != ["INSERT", "INTO"] or "(" not in upper[start:]:
            continue
        first = upper.index("(", start)
        if ")" not in upper[first:]:
            continue
        last = upper.index(")", first)
        columns = [shown[n] for n in range(first + 1, last) if words[n].kind is Kind.IDENT]
        at = last + 1
        if upper[at : at + 1] != ["VALUES"]:
            continue
        at += 1
        while upper[at : at + 1] == ["("]:
            at = _row(shown, at, columns, found)
            at += upper[at : at + 1] == [","]
    return found


def _row(shown: list[str], at: int, columns: list[str], found: dict[int, str]) -> int:
    """Note the columns of one row of VALUES, and return where it ends."""
    depth, column = 0, 0
    while at < len(shown):
        depth += (shown[at] == "(") - (shown[at] == ")")
        if not depth:
            return at + 1
        if shown[at] == "," and depth == 1:
            column += 1
        elif column < len(columns):
            found[at] = columns[column].strip('"')
        at += 1
    return at
