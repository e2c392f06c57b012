"""A query → what its text cannot mean: undeclared parameters, `$1`, a second statement, twice a tag.

Everything here is known without a server, and would reach it as a syntax error at best.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

from amber_sql.sqltext.lexer import Kind
from amber_sql.sqltext.statement import used

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amber_sql.compiler.files.query import Query
    from amber_sql.compiler.files.source import Block
    from amber_sql.errors import Finding

UNUSED = "unused"
"""The rule of findings beside which only the parameter's type is beyond the server."""
_SILENT = {Kind.SPACE, Kind.LINE_COMMENT, Kind.BLOCK_COMMENT, Kind.SEMICOLON}
_MANY_TIMES = {"not_null", "nullable", "allow"}
"""Tags that a query may have several of."""


def misused(query: Query) -> Iterator[Finding]:
    """Yield parameters that are not declared or not used, `$1`, and a second statement."""
    block, declared, script = query.block, query.parameters, query.operation == "script"
    label = f"{query.module}.{query.name}"
    names = used(block.source.text, block.body)
    for name in dict.fromkeys(declared):
        if name not in names:
            close = get_close_matches(name, set(names) - set(declared), n=1)
            hint = f"the statement says :{close[0]}" if close else f"use :{name}, or drop it"
            hint = _written_otherwise(block, name) or hint
            message, at = f"the parameter {name} is never used", _in_header(block, name, 1)
            yield block.source.finding(at, message, hint, label, UNUSED)
        if declared.count(name) > 1:
            message, at = f"the parameter {name} is declared twice", _in_header(block, name, 2)
            yield block.source.finding(at, message, "name it once", label)
    if script and names:
        yield query.finding("a script takes no parameters", "split it into queries")
        return
    finished = False
    for token in block.body:
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
        elif token.kind is Kind.PARAM and not script:
            hint = f"write :{declared[0]}" if len(declared) == 1 else "write a parameter as :name"
            yield block.source.finding(token.start, f"{text} is a position", hint, label)
        elif finished and token.kind not in _SILENT and not script:
            hint = "give it a name of its own, or make the query a script with `#`"
            message = "a second statement begins here"
            yield block.source.finding(token.start, message, hint, label)
            return
        finished = finished or token.kind is Kind.SEMICOLON


def _in_header(block: Block, name: str, nth: int) -> int:
    """Return where a header declares a parameter for the nth time."""
    places = [match.start() for match in re.finditer(rf"(?<!\w){name}(?!\w)", block.header)]
    listed = [place for place in places if place > block.header.find("(") >= 0]
    return block.start + (listed[nth - 1] if len(listed) >= nth else 0)


def _written_otherwise(block: Block, name: str) -> str:
    """Say how to write a parameter that stands in quotes, or as psycopg would have it."""
    for token in block.body:
        if token.kind is Kind.STRING and re.search(rf":{name}\b", block.text(token)):
            if "%" in block.text(token):
                return f":{name} in quotes is text: write '%' || :{name} || '%', or :{name} alone"
            return f":{name} in quotes is text: end the quotes before it, as in :{name} || ' days'"
    text = block.source.text[block.body[0].start : block.body[-1].end] if block.body else ""
    return f"write %({name})s as :{name}" if f"%({name})s" in text else ""


def repeated_tags(query: Query) -> Iterator[Finding]:
    """Yield each tag that says again, or otherwise, what an earlier one said."""
    seen: dict[tuple[str, str], int] = {}
    for tag in query.tags:
        subject = tag.argument.partition(":")[0].strip() if tag.name in _MANY_TIMES else ""
        key = tag.name, subject
        if key in seen:
            message = f"a second @{tag.name}" + (f" {subject}" if subject else "")
            hint = f"the first one is in line {seen[key]}: delete one of them"
            yield query.finding(message, hint, tag=tag)
        seen.setdefault(key, tag.line)
