"""SQL text → its statements, in tokens.

Only for judging a file: what runs is always the whole text, which the server splits itself.
"""

from __future__ import annotations

from itertools import islice

import msgspec

from amber_sql.deploy.files.boundaries import SILENT, statement_spans
from amber_sql.sqltext.lexer import Kind, Token, tokens

_FEW = 6
ENDS_TRANSACTION = ("BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT", "PREPARE")
"""How statements begin that begin or end a transaction, or may."""


class SqlStatement(msgspec.Struct, frozen=True):
    """One statement of a text: `raw` as it is written, `words` for judging it.

    `words` has one entry a token: keywords and plain identifiers in upper case, punctuation as it
    is, quoted identifiers with their quotes, and `'` for every literal.
    """

    raw: tuple[str, ...]
    words: tuple[str, ...]
    start: int
    line: int

    def starts(self, *words: str) -> bool:
        """Tell whether the statement begins with these words."""
        return self.words[: len(words)] == words

    @property
    def ends_transaction(self) -> bool:
        """Tell whether the statement is one of those that begin or end a transaction."""
        first = self.words[0]
        if first == "PREPARE":
            return self.starts("PREPARE", "TRANSACTION")
        return first in ENDS_TRANSACTION and not (first == "ROLLBACK" and "TO" in self.words)

    @property
    def first_words(self) -> str:
        """Return how the statement begins, without its literals: they may be secrets."""
        shown = [_without_value(w, r) for w, r in zip(self.words, self.raw, strict=True)]
        return " ".join(shown[:_FEW]) + (" …" if len(shown) > _FEW else "")


def parse_statements(text: str, *words: str) -> list[SqlStatement]:
    """Return the statements of `text`, the last of which may lack its semicolon.

    With `words`, those that begin with none of them may be left out.
    """
    found, line, before = [], 1, 0
    for start, end in statement_spans(text, *words):
        line += text.count("\n", before, start)
        before = start
        found.append(_statement(text, start, end, line))
    return found


def nth_statement(text: str, number: int) -> SqlStatement | None:
    """Return the statement with this number, from 0; None where there are fewer."""
    for start, end in islice(statement_spans(text), number, None):
        return _statement(text, start, end, text.count("\n", 0, start) + 1)
    return None


def _statement(text: str, start: int, end: int, line: int) -> SqlStatement:
    piece = text[start:end]
    read = [token for token in tokens(piece) if token.kind not in SILENT]
    raw = tuple(piece[token.start : token.end] for token in read)
    words = tuple(_word(piece, token) for token in read)
    return SqlStatement(raw, words, start, line)


def _without_value(word: str, raw: str) -> str:
    if word == "'":
        return "'…'"
    return "…" if raw[:1].isdigit() else raw


def _word(text: str, token: Token) -> str:
    raw = text[token.start : token.end]
    if token.kind is Kind.STRING:
        return "'"
    return raw if raw.endswith('"') else raw.upper()
