"""A statement's text → where each column of its result, and each of its parameters, is written.

Query trees do not say it of all columns (a whole row has no location there), so the items of the
select list are counted in the text. A star stands for several columns; of two of them the tables
tell which columns are whose.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from amber_sql.sqltext.lexer import Kind, tokens
from amber_sql.sqltext.statement import IGNORED

if TYPE_CHECKING:
    from collections.abc import Sequence

_WRITES = {"INSERT", "UPDATE", "DELETE", "MERGE"}
_ENDS = set(
    "FROM INTO WHERE GROUP HAVING WINDOW UNION INTERSECT EXCEPT ORDER LIMIT OFFSET FETCH FOR".split()
)
_NO_END_BEHIND = {"AS", ".", "DISTINCT", "WITHIN"}
"""`AS from`, `t.order`, `IS DISTINCT FROM`, `WITHIN GROUP`."""


class _Word(NamedTuple):
    text: str
    depth: int
    start: int


class Item(NamedTuple):
    """An item of a select list: where it begins, and its expression where that fits a hint."""

    offset: int | None = None
    expression: str = ""
    alias: bool = False


_UNKNOWN = Item()
_SHORT = 60


def select_items(sql: str, origins: Sequence[tuple[int, int]]) -> list[Item]:
    """Return the item of each column, as far as the text tells.

    `origins` are (table, column) of each: of several stars one ends where the columns begin anew.
    """
    count = len(origins)
    found = _items(_words(sql))
    stars = [n for n, words in enumerate(found) if words and words[-1].text == "*"]
    items = [_item(sql, words) for words in found]
    if not stars:
        return items if len(items) == count else [_UNKNOWN] * count
    first, last = stars[0], stars[-1]
    behind = items[last + 1 :]
    expanded = count - first - len(behind)
    if expanded < 0:
        return [_UNKNOWN] * count
    if first == last:
        return [*items[:first], *[Item(items[first].offset)] * expanded, *behind]
    between = _stars(
        origins[first : first + expanded], [one.offset for one in items[first : last + 1]]
    )
    return [*items[:first], *between, *behind]


def _stars(origins: Sequence[tuple[int, int]], offsets: list[int | None]) -> list[Item]:
    """Give each column its star's offset, where there are as many tables in a row as items."""
    found: list[Item] = []
    number = 0
    for before, origin in pairwise([(0, 0), *origins]):
        begins = origin[0] != before[0] or origin[1] <= before[1]
        number += begins and bool(found)
        found.append(Item(offsets[number] if number < len(offsets) else None))
    return found if number + 1 == len(offsets) else [_UNKNOWN] * len(origins)


def _item(sql: str, words: list[_Word]) -> Item:
    if not words:
        return _UNKNOWN
    begin, depth = words[0].start, words[0].depth
    named = next((w for w in reversed(words) if w.text == "AS" and w.depth == depth), None)
    last = words[-1]
    expression = sql[begin : named.start if named else last.start + len(last.text)].strip()
    fits = len(expression) <= _SHORT and "\n" not in expression
    return Item(begin, expression if fits else "", named is not None)


def parameter_offsets(sql: str) -> dict[int, int]:
    """Return where each `$n` of a statement stands first."""
    found: dict[int, int] = {}
    for token in tokens(sql):
        if token.kind is Kind.PARAM:
            found.setdefault(int(sql[token.start + 1 : token.end]), token.start)
    return found


def _words(sql: str) -> list[_Word]:
    """Return the statement's tokens with their depth in parentheses."""
    words, depth = [], 0
    for token in tokens(sql):
        if token.kind in IGNORED:
            continue
        text = sql[token.start : token.end]
        depth -= text in {")", "]"}
        words.append(_Word(text.upper(), depth, token.start))
        depth += text in {"(", "["}
    return words


def _items(words: list[_Word]) -> list[list[_Word]]:
    """Return the words of each item of the result's list."""
    base = 0
    while base < len(words) and words[base].text == "(":
        base += 1
    top = [n for n, word in enumerate(words) if word.depth == base]
    verb = next((n for n in top if words[n].text in _WRITES | {"SELECT", "VALUES"}), None)
    if verb is None:
        return []
    if words[verb].text in _WRITES:
        verb = next((n for n in reversed(top) if words[n].text == "RETURNING"), None)
        if verb is None:
            return []
    begin = verb + 1
    if words[verb].text == "VALUES":
        begin, base = begin + 1, base + 1
    items: list[list[_Word]] = [[]]
    before = ""
    for word in words[_behind_options(words, begin, base) :]:
        if word.depth < base or (
            word.depth == base
            and (word.text in _ENDS or word.text == ";")
            and before not in _NO_END_BEHIND
        ):
            break
        if word.depth == base and word.text == ",":
            items.append([])
        else:
            items[-1].append(word)
        before = word.text
    return items if items != [[]] else []


def _behind_options(words: list[_Word], begin: int, base: int) -> int:
    """Return where the list begins: behind ALL, DISTINCT ON (…), or RETURNING's WITH (…)."""
    options = {"ALL", "DISTINCT", "ON", "WITH"}
    while begin < len(words) and words[begin].depth == base and words[begin].text in options:
        begin += 1
        if words[begin - 1].text in {"ON", "WITH"} and words[begin : begin + 1]:
            begin += 1
            while begin < len(words) and words[begin].depth > base:
                begin += 1
            begin += 1
    return begin
