"""SQL text → its statements, by our scanner and by psql's rule for BEGIN ATOMIC bodies.

Only for judging a file: what runs is always the whole text, which the server splits itself.
"""

from __future__ import annotations

import msgspec

from amber_sql.sqltext.lexer import Kind, Token, tokens

_SILENT = {Kind.SPACE, Kind.LINE_COMMENT, Kind.BLOCK_COMMENT}
_ROUTINES = {"FUNCTION", "PROCEDURE"}
_ENDS_TRANSACTION = {"BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT"}


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
        if first == "ROLLBACK" and "TO" in self.words:
            return False
        return first in _ENDS_TRANSACTION or self.starts("PREPARE", "TRANSACTION")


def parse_statements(text: str) -> list[SqlStatement]:
    """Return the statements of `text`; the last may lack its semicolon."""
    found: list[SqlStatement] = []
    current: list[tuple[Token, str]] = []
    depth = parentheses = 0
    for token in tokens(text):
        if token.kind in _SILENT:
            continue
        word = _word(text, token)
        if token.kind is Kind.SEMICOLON and not depth and parentheses <= 0:
            found.extend(_statement(text, current))
            current, parentheses = [], 0
            continue
        current.append((token, word))
        parentheses += {"(": 1, ")": -1}.get(word, 0)
        depth += _nesting(word, depth, current)
    found.extend(_statement(text, current))
    return found


def _word(text: str, token: Token) -> str:
    raw = text[token.start : token.end]
    if token.kind is Kind.STRING:
        return "'"
    return raw if raw.endswith('"') else raw.upper()


def _statement(text: str, current: list[tuple[Token, str]]) -> list[SqlStatement]:
    """Return the statement that these tokens make; none makes none."""
    if not current:
        return []
    start = current[0][0].start
    raw = tuple(text[token.start : token.end] for token, _ in current)
    words = tuple(word for _, word in current)
    return [SqlStatement(raw, words, start, text.count("\n", 0, start) + 1)]


def _nesting(word: str, depth: int, current: list[tuple[Token, str]]) -> int:
    """Return by how much `word` changes the depth of a routine's BEGIN ATOMIC body."""
    if depth:
        return {"BEGIN": 1, "CASE": 1, "END": -1}.get(word, 0)
    head = [known for _, known in current[:4]]
    return 1 if word == "ATOMIC" and head[0] == "CREATE" and _ROUTINES & set(head) else 0
