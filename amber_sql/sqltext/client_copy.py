"""SQL → the COPY in it whose rows would go through the client, which no query or migration can take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amber_sql.sqltext.lexer import Kind, tokens

if TYPE_CHECKING:
    from collections.abc import Sequence

_SILENT = {Kind.SPACE, Kind.LINE_COMMENT, Kind.BLOCK_COMMENT}


def client_channel(words: Sequence[str]) -> int | None:
    """Return where in a statement's words, in upper case, the client is named; None where it is not.

    PostgreSQL takes STDIN and STDOUT for each other. In parentheses they are names of tables.
    """
    if words[:1] != ["COPY"]:
        return None
    depth = 0
    for index, word in enumerate(words[1:], 1):
        depth += {"(": 1, ")": -1}.get(word, 0)
        if not depth and word in {"STDIN", "STDOUT"} and words[index - 1] in {"FROM", "TO"}:
            return index
    return None


def client_copy(sql: str) -> str:
    """Return `FROM STDIN` or the like as the first of the statements says it, or the empty string."""
    words: list[str] = []
    for token in tokens(f"{sql};"):
        if token.kind is Kind.SEMICOLON:
            if at := client_channel(words):
                return " ".join(words[at - 1 : at + 1])
            words = []
        elif token.kind not in _SILENT:
            words.append(sql[token.start : token.end].upper())
    return ""
