"""A .sql file → blocks: for each `-- name:` its header, comment, tags and the statement's tokens.

A header is a comment that stands first in its line, outside every string. The comment lines that
follow it, up to the first line of SQL, are docstring and tags.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from difflib import get_close_matches
from functools import lru_cache

import msgspec

from amber_sql.compiler.files.tags import Tag, misplaced, read_doc, read_tags
from amber_sql.errors import Finding
from amber_sql.sqltext.lexer import Kind, Token, tokens
from amber_sql.sqltext.statement import IGNORED, LIKE_HEADER, begins_line, is_header, parted

_MISSPELT = re.compile(
    r"--\s*(?P<word>[A-Za-z]{2,6})\s*(?P<colon>[:;=]?)\s*[\w-]+\s*"
    r"(?P<sure>(\([\w\s,]*\))?\s*(\^|\$|!|<!|\*!|#)?)\s*$"
)
_UNREADABLE = re.compile("[\0\udc80-\udcff]")


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A file's text, cut into blocks."""

    file: str
    text: str
    doc: str = ""
    blocks: tuple[Block, ...] = ()
    findings: tuple[Finding, ...] = ()

    def place(self, offset: int) -> tuple[int, int]:
        """Return line and column of a character offset; both count from 1."""
        starts = _line_starts(self.text)
        number = bisect_right(starts, offset)
        return number, offset - starts[number - 1] + 1

    def line(self, number: int) -> str:
        """Return the text of a line, without its end."""
        starts = [*_line_starts(self.text), len(self.text)]
        return self.text[starts[number - 1] : starts[number]].rstrip("\r\n")

    def finding(self, offset: int, message: str, hint: str = "", query: str = "") -> Finding:
        """Return a finding at a character offset."""
        line, column = self.place(offset)
        return Finding(
            file=self.file,
            line=line,
            column=column,
            message=message,
            hint=hint,
            query=query,
            text=self.line(line),
        )


@lru_cache(maxsize=8)
def _line_starts(text: str) -> tuple[int, ...]:
    return (0, *(match.end() for match in re.finditer(r"\r\n|\r|\n", text)))


class Block(msgspec.Struct, frozen=True, kw_only=True):
    """One query's part of a file."""

    source: Source
    header: str
    start: int
    line: int
    doc: tuple[str, ...]
    tags: tuple[Tag, ...]
    body: tuple[Token, ...]
    """The statement's tokens, from its first to its last, without the final semicolon."""

    def text(self, token: Token) -> str:
        """Return a token's text."""
        return self.source.text[token.start : token.end]


def split(data: bytes, file: str) -> Source:
    """Cut a file into blocks; whatever cannot be read stands in `findings`, never dropped."""
    escaped = data.decode("utf-8-sig", "surrogateescape")
    unreadable = {match.start(): match[0] for match in _UNREADABLE.finditer(escaped)}
    text = re.sub("[\udc80-\udcff]", "\ufffd", escaped) if unreadable else escaped
    source = Source(file=file, text=text)
    findings: list[Finding] = []
    parts = _parts(source, findings)
    for part in [part for part in parts if part] if unreadable else []:
        inside = (at for at in unreadable if part[0].start <= at < part[-1].end)
        if (first := next(inside, None)) is not None:
            findings.append(_refused_byte(source, first, unreadable[first]))
            if part is parts[0]:
                parts[0] = []
            else:
                parts.remove(part)  # the other queries of the file are as good as ever
    doc = _preamble(source, parts[0], findings)
    blocks = tuple(_block(source, part, findings) for part in parts[1:])
    return Source(file=file, text=text, doc=doc, blocks=blocks, findings=tuple(findings))


def _refused_byte(source: Source, at: int, byte: str) -> Finding:
    """Point at a byte that is no UTF-8, or at a NUL: for the server a C string would end there."""
    if byte == "\0":
        return source.finding(at, "a NUL byte", "write SQL without NUL bytes")
    message = f"this file is not UTF-8: byte {ord(byte) - 0xDC00:#04x}"
    return source.finding(at, message, "save it as UTF-8")


def _parts(source: Source, findings: list[Finding]) -> list[list[Token]]:
    """Group the file's tokens by header; the first group is what stands before any."""
    parts: list[list[Token]] = [[]]
    position, text = 0, source.text
    first_in_line = True
    while position < len(text):
        for token in tokens(text, position):
            position = token.end
            if token.kind is Kind.BROKEN:
                broken = _give_up(parts, token, text)
                findings.append(_unterminated(source, broken))
                position = broken.end
                first_in_line = True
                break
            if token.kind is Kind.LINE_COMMENT and first_in_line:
                if is_header(text, token):
                    parts.append([])
                else:
                    findings.extend(_misspelt(source, token))
            parts[-1].append(token)
            first_in_line = begins_line(text, token, first_in_line=first_in_line)
    return parts


def swallowed(text: str, token: Token) -> re.Match[str] | None:
    """Return the first header inside quoted text or a comment: a sign that it should have ended."""
    if token.kind not in {Kind.STRING, Kind.BLOCK_COMMENT, Kind.IDENT, Kind.BROKEN}:
        return None
    return LIKE_HEADER.search(text, token.start, token.end)


def _give_up(parts: list[list[Token]], broken: Token, text: str) -> Token:
    """End what never ends before the next header, and put it at its place in `parts`.

    Where an earlier quoted text holds a header, that one lacks its end: each quote after it opens
    what it was to close.
    """
    for number, part in enumerate(parts):
        for index, token in enumerate(part):
            if header := swallowed(text, token):
                del parts[number + 1 :], part[index:]
                part.append(Token(Kind.BROKEN, token.start, header.start()))
                return part[-1]
    header = swallowed(text, broken)
    parts[-1].append(Token(Kind.BROKEN, broken.start, header.start() if header else len(text)))
    return parts[-1][-1]


def _unterminated(source: Source, token: Token) -> Finding:
    comment = source.text.startswith("/*", token.start)
    what, hint = (
        ("comment", "close it with */")
        if comment
        else ("quoted text", "close it, or double the quote that it holds")
    )
    return source.finding(token.start, f"this {what} never ends", hint)


def _misspelt(source: Source, token: Token) -> list[Finding]:
    """Refuse what looks like a header that aiosql would glue to the query before."""
    match = _MISSPELT.match(source.text, token.start, token.end)
    if match is None:
        return []
    word, sure = match["word"], bool(match["sure"].strip())
    same = sorted(word.lower()) == sorted("name")
    close = same or (sure and bool(get_close_matches(word.lower(), ["name"], cutoff=0.7)))
    if not close or not (match["colon"] or (word.lower() == "name" and sure)):
        return []
    return [source.finding(token.start, f"`{word}` is not a header", "did you mean `-- name: …`?")]


def _preamble(source: Source, part: list[Token], findings: list[Finding]) -> str:
    """Return the comment above the first query; SQL there belongs to no query."""
    for token in part:
        if token.kind not in IGNORED and token.kind is not Kind.BROKEN:
            findings.append(
                source.finding(
                    token.start, "SQL before the first query", "start it with `-- name: …`"
                )
            )
            break
    comments = [token for token in part if token.kind is Kind.LINE_COMMENT]
    lines = [source.text[token.start : token.end] for token in comments]
    findings.extend(misplaced(source, comments, "belongs to no query", "move it below a header"))
    return "\n".join(line.removeprefix("--").strip() for line in lines).strip()


def _block(source: Source, part: list[Token], findings: list[Finding]) -> Block:
    header, rest = part[0], part[1:]
    above, body = parted(rest)
    comments = [token for token in above if token.kind is Kind.LINE_COMMENT]
    if not body:
        message, hint = "this query has no SQL", "write the statement below its comment"
        findings.append(source.finding(header.start, message, hint))
    block = Block(
        source=source,
        header=source.text[header.start : header.end].rstrip(),
        start=header.start,
        line=source.place(header.start)[0],
        doc=tuple(read_doc(source, comments)),
        tags=tuple(read_tags(source, comments, findings)),
        body=body,
    )
    inside = [token for token in block.body if token.kind is Kind.LINE_COMMENT]
    hint = "tags end at the first line of SQL: move it above"
    findings.extend(misplaced(source, inside, "stands inside the statement", hint))
    return block
