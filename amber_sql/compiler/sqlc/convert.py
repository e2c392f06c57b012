"""One file of sqlc's → one of ours, and what in it has no twin or is not quite the same.

Nothing but sqlc's own notation is changed: headers, parameters, its `sqlc.…` macros, and the tags of its
vet rules, which are comments that would be tags here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from amber_sql.compiler.sqlc.commands import DIFFERENT, SUFFIXES
from amber_sql.compiler.sqlc.sqlc_parameters import rewritten, snake, without_tags
from amber_sql.errors import Finding
from amber_sql.sqltext.lexer import Kind, Token, tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_HEADER = re.compile(
    r"(?:--|/\*|\#)[ \t]*name[ \t]*:[ \t]*(?P<name>\w+)[ \t]+:(?P<command>\w+)[^\n]*?[ \t]*(?:\*/)?[ \t]*"
)
_LIKE_HEADER = re.compile(r"(?:--|/\*|#)[ \t]*name[ \t]*:")
_COMMENTS = {Kind.LINE_COMMENT, Kind.BLOCK_COMMENT}


class Imported(msgspec.Struct, frozen=True):
    """A file of ours."""

    text: str
    queries: int
    findings: tuple[Finding, ...]


class Part(msgspec.Struct):
    """A header with what stands between it and the next one."""

    name: str
    command: str
    at: int
    above: list[str]
    """The lines of comment above and below the header."""
    body: list[Token]


def imported(text: str, file: str) -> Imported:
    """Rewrite a file; `file` is its name in findings."""
    found: list[Finding] = []

    def finding(at: int, message: str, hint: str = "") -> None:
        before = text[:at]
        line = before.count("\n") + 1
        column = at - (before.rfind("\n") + 1) + 1
        shown = text.split("\n")[line - 1]
        found.append(
            Finding(file=file, line=line, column=column, message=message, hint=hint, text=shown)
        )

    blocks, names, top = [], set[str](), list[str]()
    for part in _parts(text, top, finding):
        name = snake(part.name)
        if name in names:
            finding(part.at, f"a second query is named {name}", "rename one of them")
        names.add(name)
        if part.command not in SUFFIXES:
            hint = f"sqlc's commands: {', '.join(f':{one}' for one in SUFFIXES)}"
            finding(part.at, f"`:{part.command}` is no command that is known", hint)
        elif different := DIFFERENT.get(part.command):
            finding(part.at, different)
        words = [token for token in part.body if token.kind not in {Kind.SPACE, *_COMMENTS}]
        if not words:
            finding(part.at, f"{part.name} has no SQL", "it is left out")
            continue
        statement = rewritten(text, part.body)
        for at, message, hint in statement.findings:
            finding(at, message, hint)
        tags = [f"-- @nullable {each}" for each in statement.nullable]
        tags += ["-- @copy"] if part.command == "copyfrom" else []
        suffix = SUFFIXES.get(part.command, "")
        header = f"-- name: {name}({', '.join(statement.parameters)}){suffix}"
        sql = statement.text.strip()
        is_last = words[-1] is part.body[-1] or part.body[-1].kind is not Kind.LINE_COMMENT
        end = "" if words[-1].kind is Kind.SEMICOLON else ";" if is_last else "\n;"
        blocks.append("\n".join([header, *part.above, *tags, sql + end]))
    return Imported(
        "\n\n".join(["\n".join(top)] * bool(top) + blocks) + "\n", len(blocks), tuple(found)
    )


def _parts(text: str, top: list[str], say: Callable[[int, str, str], None]) -> Iterator[Part]:
    """Yield each header with its statement; what stands before the first one goes into `top`."""
    parts: list[Part] = []
    loose: list[Token] = []
    for token in _lines_apart(text):
        if token.kind in _COMMENTS and _LIKE_HEADER.match(text, token.start):
            whole = _HEADER.fullmatch(text[token.start : token.end].rstrip())
            if whole is None:
                shown = text[token.start : token.end].strip()
                say(token.start, f"`{shown}` is no header of sqlc's", "-- name: GetAuthor :one")
                continue
            above = _taken(parts[-1].body if parts else loose, text)
            parts.append(Part(whole["name"], whole["command"], token.start, above, []))
        else:
            (parts[-1].body if parts else loose).append(token)
    top += [line for line in map(_comment, _texts(loose, text)) if line]
    for token in loose:
        if token.kind not in {Kind.SPACE, *_COMMENTS}:
            say(token.start, "SQL before the first query is left out", "")
            break
    for part in parts:
        while part.body and part.body[0].kind in {Kind.SPACE, Kind.LINE_COMMENT}:
            token = part.body.pop(0)
            if token.kind is Kind.LINE_COMMENT:
                part.above.append(text[token.start : token.end])
        part.above = [line for line in map(_comment, part.above) if line]
        yield part


def _lines_apart(text: str) -> Iterator[Token]:
    """Yield tokens; a `#` line of MySQL's is a comment where it is a header."""
    position = 0
    while position < len(text):
        for token in tokens(text, position):
            position = token.end
            if text.startswith("#", token.start) and _LIKE_HEADER.match(text, token.start):
                position = (text.find("\n", token.start) + 1 or len(text) + 1) - 1
                yield Token(Kind.LINE_COMMENT, token.start, position)
                break
            yield token


def _taken(body: list[Token], text: str) -> list[str]:
    """Take the comments off that stand directly above the next header: they are that query's."""
    last = len(body)
    while last and (
        body[last - 1].kind is Kind.LINE_COMMENT
        or (body[last - 1].kind is Kind.SPACE and text.count("\n", *body[last - 1][1:]) <= 1)
    ):
        last -= 1
    if last and body[last - 1].kind is not Kind.SPACE:
        # What ends the line of the statement is the statement's.
        while last < len(body) and "\n" not in text[body[last].start : body[last].end]:
            last += 1
    lines = _texts(body[last:], text)
    del body[last:]
    return lines


def _texts(found: Sequence[Token], text: str) -> list[str]:
    return [text[t.start : t.end] for t in found if t.kind is Kind.LINE_COMMENT]


def _comment(line: str) -> str:
    """Return a comment that is no tag here: sqlc's own directives are dropped, other `@` stay words."""
    words = line.removeprefix("--").strip()
    if words.startswith("@sqlc-"):
        return ""
    return without_tags(f"-- {words}").rstrip()
