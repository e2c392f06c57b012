"""A query's tokens → what PostgreSQL accepts and what can hardly be meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from amber_sql.sqltext.lexer import Kind
from amber_sql.sqltext.statement import IGNORED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amber_sql.compiler.files.query import Query

_BEHIND_SORT = {"ASC", "DESC", "NULLS", "LIMIT", "OFFSET", "FETCH", "FOR", ",", ")", ""}
_CLAUSES = set("SELECT FROM WHERE SET ON HAVING WHEN THEN ELSE VALUES RETURNING USING".split())
_CONDITIONS = {"WHERE", "ON", "HAVING", "WHEN"}


class Pitfall(NamedTuple):
    """One of them: the rule that names it, and its place in the file."""

    rule: str
    message: str
    hint: str
    offset: int


def pitfalls(query: Query) -> Iterator[Pitfall]:
    """Yield `= NULL` in a condition, `ORDER BY :parameter`, and `@name`, another tool's parameter."""
    block = query.block
    found = [token for token in block.body if token.kind not in IGNORED]
    texts = [block.text(token).upper() for token in found] + ["", ""]
    clauses = [""]  # the last keyword at each depth of parentheses
    for n, token in enumerate(found):
        text, after = texts[n], texts[n + 1]
        if token.kind is Kind.IDENT and text in _CLAUSES and texts[n - 1] != ".":
            clauses[-1] = text
        elif text == "(":
            clauses.append(clauses[-1])
        elif text == ")" and len(clauses) > 1:
            clauses.pop()
        compared = text in {"<>", "!="} or (text == "=" and clauses[-1] in _CONDITIONS)
        if compared and after == "NULL":
            hint = "write IS NULL" if text == "=" else "write IS NOT NULL"
            yield Pitfall("null_comparison", f"`{text} NULL` is never true", hint, token.start)
        sorts = n > 1 and texts[n - 2 : n] == ["ORDER", "BY"]
        if sorts and token.kind is Kind.PLACEHOLDER and after in _BEHIND_SORT:
            message = f"ORDER BY {block.text(token)} sorts by one value for all rows"
            hint = "write CASE WHEN :sort = 'name' THEN name END, or a query for each order"
            yield Pitfall("constant_order", message, hint, token.start)
        following = found[n + 1] if n + 1 < len(found) else token
        if text == "@" and following.kind is Kind.IDENT and following.start == token.end:
            name = block.text(following)
            hint = f"write :{name}; the absolute value is abs({name})"
            yield Pitfall(
                "at_parameter", f"@{name} is the operator @, no parameter", hint, token.start
            )
