"""Comment lines → tags and docstring: `-- @returns User` speaks to us, every other line to people."""

from __future__ import annotations

import re
from difflib import get_close_matches
from keyword import iskeyword
from typing import TYPE_CHECKING

from amber_sql.compiler.files.source import Tag

if TYPE_CHECKING:
    from collections.abc import Iterator

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
    "deprecated": "@deprecated why",
    "allow": "@allow rule: why",
}
"""Every tag, as it is written."""

_ARGUMENT = {
    "returns": r"[A-Za-z_]\w*",
    "one": "",
    "not_null": r".+",
    "nullable": r"\w+",
    "stream": "",
    "copy": "",
    "deprecated": r".+",
    "allow": r"\w+\s*:\s*\S.*",
}
_RECORD_CLASS = re.compile(r"--\s*record_class\s*:\s*(\w+)\s*$")
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
            hint = (
                f"did you mean @{close[0]}?" if close else "known tags: " + ", ".join(TAGS.values())
            )
            findings.append(source.finding(token.start, f"unknown tag @{name}", hint))
        elif not re.fullmatch(_ARGUMENT[name], argument) or iskeyword(argument):
            message = f"@{name} is written differently"
            findings.append(source.finding(token.start, message, f"write `-- {TAGS[name]}`"))
        else:
            tags.append(Tag(name, argument, *source.place(token.start)))
    return tags


def misplaced(
    source: SourceText, comments: list[Token], where: str, hint: str
) -> Iterator[Finding]:
    """Yield a finding for each tag among comments that no tag is read from."""
    for token in comments:
        match = _TAG.match(source.text[token.start : token.end])
        if match and match["name"] in TAGS:
            yield source.finding(token.start, f"the tag @{match['name']} {where}", hint)
