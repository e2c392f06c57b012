"""A .sql file → blocks: for each `-- name:` its header, comment, tags and the statement's tokens.

A header is a comment that stands first in its line, outside every string. The comment lines that
follow it, up to the first line of SQL, are docstring and tags.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

from amber_sql.compiler.files.source import Block, SourceText
from amber_sql.compiler.files.tags import misplaced, read_doc, read_tags, within_lines
from amber_sql.sqltext.lexer import Kind, Token, tokens
from amber_sql.sqltext.statement import IGNORED, LIKE_HEADER, begins_line, is_header, parted

if TYPE_CHECKING:
    from amber_sql.errors import Finding

_MISSPELT = re.compile(
    r"--\s*(?P<word>[A-Za-z]{2,6})\s*(?P<colon>[:;=]?)\s*[\w-]+\s*"
    r"(?P<sure>(\([\w\s,]*\))?\s*(\^|\$|!|<!|\*!|#)?)\s*$"
)
_UNREADABLE = re.compile("[\0\udc80-\udcff]")


def split(data: bytes, file: str) -> SourceText:
    """Cut a file into blocks; whatever cannot be read stands in `findings`, never dropped."""
    escaped = data.decode("utf-8-sig", "surrogateescape")
    unreadable = {match.start(): match[0] for match in _UNREADABLE.finditer(escaped)}
    text = re.sub("[\udc80-\udcff]", "\ufffd", escaped) if unreadable else escaped
    source = SourceText(file=file, text=text)
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
    return SourceText(file=file, text=text, doc=doc, blocks=blocks, findings=tuple(findings))


def _refused_byte(source: SourceText, at: int, byte: str) -> Finding:
    """Point at a byte that is no UTF-8, or at a NUL: for the server a C string would end there."""
    if byte == "\0":
        return source.finding(at, "a NUL byte", "write SQL without NUL bytes")
    message = f"this file is not UTF-8: byte {ord(byte) - 0xDC00:#04x}"
    return source.finding(at, message, "save it as UTF-8")


def _parts(source: SourceText, findings: list[Finding]) -> list[list[Token]]:
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


def _unterminated(source: SourceText, token: Token) -> Finding:
    comment = source.text.startswith("/*", token.start)
    what, hint = (
        ("comment", "close it with */")
        if comment
        else ("quoted text", "close it, or double the quote that it holds")
    )
    return source.finding(token.start, f"this {what} never ends", hint)


def _misspelt(source: SourceText, token: Token) -> list[Finding]:
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


def _preamble(source: SourceText, part: list[Token], findings: list[Finding]) -> str:
    """Return the comment above the first query; SQL there belongs to no query."""
    for token in part:
        if any(finding.message.endswith("is not a header") for finding in findings):
            break  # it is that one's
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


def _block(source: SourceText, part: list[Token], findings: list[Finding]) -> Block:
    header, rest = part[0], part[1:]
    above, body = parted(source.text, rest)
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
        whole=tuple(rest[len(above) :]),
    )
    findings.extend(within_lines(source, comments))
    inside = [token for token in block.body if token.kind is Kind.LINE_COMMENT]
    hint = "tags end at the first line of SQL: move it above"
    findings.extend(misplaced(source, inside, "stands inside the statement", hint))
    end = block.body[-1].end if block.body else header.end
    behind = [t for t in rest if t.start >= end and t.kind is Kind.LINE_COMMENT] if body else []
    hint = "tags stand between a header and its statement"
    findings.extend(misplaced(source, behind, "stands behind the statement", hint))
    return block
