"""A statement's text → the tables that it writes, and the columns that its INSERTs name.

By tokens and not by the query tree, so that it works on every server version; PREPARE has already
said that the statement is right.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec

from amber_sql.deploy.files.statements import parse_statements

if TYPE_CHECKING:
    from amber_sql.deploy.files.statements import SqlStatement


class Write(msgspec.Struct, frozen=True):
    """One INSERT, UPDATE or MERGE: `columns` of an INSERT; None where it names none."""

    table: str
    inserts: bool
    columns: tuple[str, ...] | None = None


@lru_cache(maxsize=10_000)  # `generate --watch` asks again after each save
def writes(sql: str) -> tuple[Write, ...]:
    """Return every write of a statement, those in its WITH included."""
    return tuple(write for statement in parse_statements(sql) for write in _writes(statement))


def plans_matter(sql: str) -> bool:
    """Tell whether planning may fail where preparing passes: ON CONFLICT, FOR UPDATE and its kin."""
    return any({"CONFLICT", "FOR"} & set(statement.words) for statement in parse_statements(sql))


def _writes(statement: SqlStatement) -> list[Write]:
    words, found, merged = statement.words, [], ""
    for place, word in enumerate(words):
        following = words[place + 1 : place + 2]
        if word == "INSERT" and following == ("INTO",):
            table, end = _name(statement, place + 2)
            found.append(Write(table, True, _columns(statement, end)))
        elif word == "MERGE" and following == ("INTO",):
            start = place + 2 + (words[place + 2] == "ONLY")
            merged, _ = _name(statement, start)
        elif word == "INSERT" and merged:
            found.append(Write(merged, True, _columns(statement, place + 1)))
        elif word == "UPDATE" and _is_update(words, place):
            start = place + 1 + (following == ("ONLY",))
            table, _ = _name(statement, start)
            found.append(Write(table, False))
    if merged:
        found.append(Write(merged, False))
    return found


def _is_update(words: tuple[str, ...], place: int) -> bool:
    """Tell the statement UPDATE from FOR UPDATE, FOR NO KEY UPDATE and DO UPDATE."""
    return place == 0 or words[place - 1] in {"(", ")"}


def _name(statement: SqlStatement, start: int) -> tuple[str, int]:
    """Return the name that begins at `start`, and where it ends."""
    end = start + 1
    while statement.words[end : end + 1] == (".",):
        end += 2
    return "".join(statement.raw[start:end]), end


def _columns(statement: SqlStatement, start: int) -> tuple[str, ...] | None:
    """Return the names in the parentheses at `start`, behind an alias perhaps; None without any."""
    words = statement.words
    if words[start : start + 1] == ("AS",):
        start += 2
    if words[start : start + 1] != ("(",) or words[start + 1 : start + 2] in {
        ("SELECT",),
        ("WITH",),
    }:
        return None
    end = words.index(")", start)
    names, depth = [], 0
    for word, raw in zip(words[start + 1 : end], statement.raw[start + 1 : end], strict=True):
        depth += {"[": 1, "]": -1}.get(word, 0)
        if word not in {",", ".", "[", "]"} and not depth:
            names.append(raw[1:-1].replace('""', '"') if raw.endswith('"') else raw.lower())
    return tuple(names)
