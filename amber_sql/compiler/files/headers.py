"""A header that aiosql refuses → what is wrong with it, where it stands, and what to write."""

from __future__ import annotations

import re
from typing import NamedTuple

from amber_sql.compiler.sqlc.commands import SUFFIXES as SQLC
from amber_sql.sqltext.statement import PARAMETERS

SUFFIXES = ("", "^", "$", "!", "<!", "*!", "#")
HINT = (
    "write `-- name: get_user(id)^`: a name, its parameters, then nothing, ^, $, !, <!, *!"
    " or, where there are no parameters, #"
)
_START = re.compile(r"--\s*name\s*:\s*")
_NAME = re.compile(r"[^\W\d]\w*(-\w+)*")


class Problem(NamedTuple):
    """What is wrong, and its place in the header."""

    offset: int
    message: str
    hint: str


def problem(header: str) -> Problem:
    """Say what is wrong with a header."""
    start = match.end() if (match := _START.match(header)) else 0
    if not header[start:].strip():
        return Problem(0, "this header names no query", HINT)
    name = re.split(r"[\s(^$!<*#:?]", header[start:], maxsplit=1)[0]
    behind = start + len(name)
    if command := re.search(r":(\w+)\s*$", header):
        hint = f"write `-- name: {name}(…){SQLC.get(command[1], '')}`, with its parameters"
        if command[1] == "copyfrom":
            hint += ", and `-- @copy` below it"
        hint += "; amber-sql import-sqlc rewrites whole files"
        return Problem(command.start(), f"`:{command[1]}` is sqlc's notation", hint)
    if name.startswith("_"):
        return Problem(start, f"{name} begins with an underscore", "a query is public: rename it")
    if not _NAME.fullmatch(name):
        hint = "begin it with a letter; letters, digits and underscores follow"
        return Problem(start, f"`{name}` is no name of a query", hint)
    listed = PARAMETERS.search(header, behind)
    if listed and (between := header[behind : listed.start()].strip()):
        at = header.index(between, behind)
        if between in SUFFIXES:
            hint = f"it stands behind the parameters: {name}{listed[0]}{between}"
            return Problem(at, f"the suffix {between} stands before the parameters", hint)
        return Problem(at, f"`{between}` stands between the name and its parameters", HINT)
    if not listed and "(" in header[behind:]:
        at = header.index("(", behind)
        return Problem(at, "the list of parameters has no end", "close it with )")
    behind = listed.end() if listed else behind
    suffix = header[behind:].strip()
    at = header.index(suffix, behind)
    if suffix not in SUFFIXES:
        return Problem(at, f"`{suffix}` is no suffix", HINT)
    if suffix == "#" and listed:
        return Problem(listed.start(), "a script takes no parameters", "split it into queries")
    return Problem(0, "this header cannot be read", HINT)


def suffix_offset(header: str) -> int:
    """Return where a header's suffix stands, or where it begins."""
    match = re.search(r"[\^$!#<*]+\s*$", header)
    return match.start() if match else 0


def name_offset(header: str) -> int:
    """Return where a header's name stands."""
    return match.end() if (match := _START.match(header)) else 0
