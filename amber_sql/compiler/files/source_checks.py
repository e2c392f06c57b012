"""A query → what its text cannot mean: undeclared parameters, `$1`, a second statement, twice a tag.

Everything here is known without a server, and would reach it as a syntax error at best.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

from msgspec import structs

from amber_sql.compiler.files.lookalikes import lookalikes
from amber_sql.compiler.files.other_notations import other_notations
from amber_sql.compiler.files.variants import chosen_texts, tagged_names
from amber_sql.sqltext.client_copy import client_channel
from amber_sql.sqltext.lexer import Kind
from amber_sql.sqltext.statement import used

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amber_sql.compiler.files.query import Query
    from amber_sql.compiler.files.source import Block
    from amber_sql.errors import Finding

UNUSED = "unused"
"""The rule of findings beside which only the parameter's type is beyond the server."""
SECOND = "a second statement begins here"
_SILENT = {Kind.SPACE, Kind.LINE_COMMENT, Kind.BLOCK_COMMENT, Kind.SEMICOLON}
_MANY_TIMES = {"not_null", "nullable", "allow", "struct", "type"}
"""Tags that a query may have several of."""


def misused(query: Query) -> Iterator[Finding]:
    """Yield parameters that are not declared or not used, `$1`, and a second statement."""
    block, declared, script = query.block, query.parameters, query.operation == "script"
    label = f"{query.module}.{query.name}"
    written = [*block.body, *chosen_texts(block)]
    whole = structs.replace(block, body=tuple(written))
    names = used(block.source.text, written)
    tagged = tagged_names(block)
    if strange := list(lookalikes(whole, label)):
        yield from strange  # what else is found follows from these
        return
    yield from _streams(block, label)
    foreign = [] if script else list(other_notations(whole, declared))
    for at, message, hint in foreign:
        yield block.source.finding(at, message, hint, label)
    for name in dict.fromkeys(declared):
        if foreign and name not in names:
            continue  # it is one of these
        if name not in [*names, *tagged] and (found := _otherwise(block, name)):
            at, message, hint = found
            yield block.source.finding(at, message, hint, label)
        elif name not in names and name not in tagged:
            close = get_close_matches(name, set(names) - set(declared), n=1)
            hint = f"the statement says :{close[0]}" if close else f"use :{name}, or drop it"
            if _as_column(block, name):
                hint = f"write :{name}: without the colon it is a column"
            elif name == "conn":
                hint = "drop it: each function has it as its first argument"
            message, at = f"the parameter {name} is never used", _in_header(block, name, 1)
            yield block.source.finding(at, message, hint, label, UNUSED)
        if declared.count(name) > 1:
            message, at = f"the parameter {name} is declared twice", _in_header(block, name, 2)
            yield block.source.finding(at, message, "name it once", label)
    if script and names:
        yield query.finding("a script takes no parameters", "split it into queries")
        return
    finished = False
    for token in written:
        text = block.text(token)
        if token.kind is Kind.PLACEHOLDER and text[1:] not in declared:
            close = get_close_matches(text[1:], declared, n=1)
            hint = (
                f"did you mean :{close[0]}?"
                if close
                else f"declare it in the header, or write `: {text[1:]}` in a slice"
            )
            message = f"the parameter {text} is not declared"
            yield block.source.finding(token.start, message, hint, label)
        elif finished and token.kind not in _SILENT and not script:
            hint = "give it a name of its own, or make the query a script with `#`"
            if block.text(block.body[0]).upper() in {"BEGIN", "START"}:
                hint = "leave BEGIN and COMMIT out: who calls it writes conn.transaction()"
            yield block.source.finding(token.start, SECOND, hint, label)
            return
        finished = finished or token.kind is Kind.SEMICOLON


def _in_header(block: Block, name: str, nth: int) -> int:
    """Return where a header declares a parameter for the nth time."""
    places = [match.start() for match in re.finditer(rf"(?<!\w){name}(?!\w)", block.header)]
    listed = [place for place in places if place > block.header.find("(") >= 0]
    return block.start + (listed[nth - 1] if len(listed) >= nth else 0)


def _otherwise(block: Block, name: str) -> tuple[int, str, str] | None:
    """Return where a parameter stands in quotes, or as another tool has it, and what to write."""
    for token in block.body:
        text = block.text(token)
        match = re.search(rf":{name}\b", text) if token.kind is Kind.STRING else None
        if match is None:
            continue
        if text.startswith("$"):
            hint = "a body in dollar quotes takes no parameters"
        elif "%" in text:
            hint = f"write '%' || :{name} || '%', or :{name} alone"
        elif text[1:-1] == f":{name}":
            hint = f"write :{name} without the quotes"
        else:
            hint = f"end the quotes before it, as in (:{name} || ' days')::interval"
        return token.start + match.start(), f":{name} in quotes is text", hint
    start = block.body[0].start
    for match in re.finditer(
        _OTHER_TOOLS.format(name=name), block.source.text[start : block.body[-1].end]
    ):
        at = start + match.start()
        if any(t.start <= at < t.end and t.kind not in _QUOTED for t in block.body):
            return at, f"{match[0]} is no parameter here", f"write :{name}"
    return None


_OTHER_TOOLS = r"(?<![\w@$#&])(?:%\({name}\)s|[$#]?\{{\s*{name}\s*\}}|[@$&]{name}\b)"
"""psycopg's, a format's, a shell's, sqlc's."""
_QUOTED = {Kind.STRING, Kind.LINE_COMMENT, Kind.BLOCK_COMMENT}


def _as_column(block: Block, name: str) -> bool:
    """Tell whether a name stands alone behind an operator, where a parameter would."""
    words = [token for token in block.body if token.kind not in _SILENT]
    return any(
        block.text(token) == name
        and re.fullmatch(r"[<>=!]+|LIKE|ILIKE", block.text(before).upper())
        for before, token in pairwise(words)
    )


def _streams(block: Block, label: str) -> Iterator[Finding]:
    """Yield a COPY from or to the client: a query function has no stream for it."""
    for ends, group in groupby(block.body, key=lambda token: token.kind is Kind.SEMICOLON):
        words = [token for token in group if not ends and token.kind not in _SILENT]
        texts = [block.text(token).upper() for token in words]
        if at := client_channel(texts):
            verb = texts[at - 1]
            hint = "write an INSERT under `*!` with @copy" if verb == "FROM" else "write SELECT"
            message = f"a query function has no stream for COPY {verb} {texts[at]}"
            yield block.source.finding(words[at].start, message, hint, label)


def repeated_tags(query: Query) -> Iterator[Finding]:
    """Yield each tag that says again, or otherwise, what an earlier one said."""
    seen: dict[tuple[str, str], int] = {}
    for tag in query.tags:
        subject = tag.argument.partition(":")[0].strip() if tag.name in _MANY_TIMES else ""
        if tag.name in {"struct", "type"}:
            subject = subject.rpartition(" ")[0].strip()
        key = tag.name, subject
        if key in seen:
            message = f"a second @{tag.name}" + (f" {subject}" if subject else "")
            hint = f"the first one is in line {seen[key]}: delete one of them"
            yield query.finding(message, hint, tag=tag)
        seen.setdefault(key, tag.line)
