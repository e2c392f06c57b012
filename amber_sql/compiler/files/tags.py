"""Comment lines → tags and docstring: `-- @returns User` speaks to us, every other line to people."""

from __future__ import annotations

import re
from difflib import get_close_matches
from keyword import iskeyword
from typing import TYPE_CHECKING

from amber_sql.compiler.comments import TAGS as COMMENT_TAGS
from amber_sql.compiler.files.source import Tag

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amber_sql.compiler.files.query import Query
    from amber_sql.compiler.files.source import SourceText
    from amber_sql.errors import Finding
    from amber_sql.sqltext.lexer import Token

TAGS = {
    "returns": "@returns Name",
    "one": "@one",
    "not_null": "@not_null column",
    "nullable": "@nullable parameter",
    "stream": "@stream",
    "copy": "@copy",
    "params": "@params Name",
    "struct": "@struct column Name",
    "deprecated": "@deprecated why",
    "allow": "@allow rule: why",
    "type": "@type column module.Struct",
}
"""Every tag, as it is written."""

_ARGUMENT = {
    "returns": r"[^\W\d]\w*",
    "params": r"[^\W\d]\w*",
    "one": "",
    "not_null": r".+",
    "nullable": r"\w+(\[\])?",
    "stream": "",
    "copy": "",
    "struct": r"\S.*\s[^\W\d]\w*",
    "deprecated": r".+",
    "allow": r"\w+\s*:\s*\S.*",
    "type": r"\S.*?\s+[^\W\d]\w*(\.[^\W\d]\w*)+",
}
_RECORD_CLASS = re.compile(r"--\s*record_class\s*:\s*(\w+)\s*$")
_WITHIN = re.compile(r"(?<=\s)@(?P<name>\w+)(?P<argument>.*)$")
_TAG = re.compile(r"--\s*@\s*(?P<name>[\w-]+)\s*(?P<argument>.*?)\s*$")


def read_doc(source: SourceText, comments: list[Token]) -> list[str]:
    """Return the comment lines that are no tags."""
    lines = [source.text[token.start : token.end] for token in comments]
    return [line.removeprefix("--").strip() for line in lines if not _TAG.match(line)]


def read_tags(source: SourceText, comments: list[Token], findings: list[Finding]) -> list[Tag]:
    """Read the tags; an unknown one, or one with a wrong argument, is refused."""
    tags = []
    for token in comments:
        line = source.text[token.start : token.end]
        if found := _RECORD_CLASS.match(line):
            message = "record_class is aiosql's, and nothing reads it"
            findings.append(source.finding(token.start, message, f"write `-- @returns {found[1]}`"))
        if not (match := _TAG.match(line)):
            continue
        name, argument = match["name"], match["argument"]
        if name not in TAGS:
            close = get_close_matches(name.lower().replace("-", "_"), TAGS, n=1)
            hint = f"did you mean @{close[0]}?" if close else _elsewhere(name)
            findings.append(source.finding(token.start, f"unknown tag @{name}", hint))
        elif not re.fullmatch(_ARGUMENT[name], argument) or iskeyword(argument):
            message = f"@{name} is written differently"
            findings.append(source.finding(token.start, message, f"write `-- {TAGS[name]}`"))
        else:
            tags.append(Tag(name, argument, *source.place(token.start)))
    return tags


def stated_types(query: Query) -> dict[str, tuple[str, str]]:
    """Return (module, name) of the type that `@type column module.Struct` gives, by the column."""
    found = {}
    for tag in query.tags:
        if tag.name == "type":
            column, path = tag.argument.rsplit(None, 1)
            module, _, name = path.rpartition(".")
            found[column] = (module, name)
    return found


def _elsewhere(name: str) -> str:
    """Say where a tag stands that is none of a query's."""
    if close := get_close_matches(name.lower(), COMMENT_TAGS, n=1, cutoff=0.7):
        return f"{COMMENT_TAGS[close[0]]} stands in a COMMENT of the schema, in a migration"
    return "known tags: " + ", ".join(TAGS.values())


def within_lines(source: SourceText, comments: list[Token]) -> Iterator[Finding]:
    """Yield a finding for each tag behind other words of its line: there it is only text."""
    for token in comments:
        line = source.text[token.start : token.end]
        for match in () if _TAG.match(line) else _WITHIN.finditer(line):
            name, argument = match["name"], match["argument"].strip()
            if name in TAGS and re.fullmatch(_ARGUMENT[name], argument):
                message = f"@{name} stands within a line, where it is only text"
                hint = "write it on a line of its own"
                yield source.finding(token.start + match.start("name") - 1, message, hint)


def misplaced(
    source: SourceText, comments: list[Token], where: str, hint: str
) -> Iterator[Finding]:
    """Yield a finding for each tag among comments that no tag is read from."""
    for token in comments:
        match = _TAG.match(source.text[token.start : token.end])
        if match and match["name"] in TAGS:
            yield source.finding(token.start, f"the tag @{match['name']} {where}", hint)
