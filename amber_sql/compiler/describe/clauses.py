"""Where the server stopped reading → the clause that is misspelt, incomplete or another database's."""

from __future__ import annotations

import re
from difflib import get_close_matches

from amber_sql.sqltext.lexer import Kind, tokens

_KEYWORDS = (
    "SELECT FROM WHERE GROUP ORDER HAVING LIMIT OFFSET INSERT INTO UPDATE DELETE VALUES RETURNING"
    " JOIN UNION"
).split()
_CLAUSE = r"(?:FROM|WHERE|GROUP|ORDER|HAVING|LIMIT|UNION|RETURNING)\b"
_FORMS = (
    (r"\bON$", r"DUPLICATE\b", "write ON CONFLICT (column) DO UPDATE SET …"),
    (r"^$", r"REPLACE\b", "write INSERT … ON CONFLICT (column) DO UPDATE SET …"),
    (r"\bINSERT$", r"IGNORE\b", "write INSERT … ON CONFLICT DO NOTHING"),
    (r"\bDELETE$", r"", "write DELETE FROM"),
    (r"\bJOIN\s+[\w.\"]+(?:\s+(?:AS\s+)?\w+)?$", _CLAUSE, "a JOIN says ON …, or USING (…)"),
    (r"\bIN\s*\($", r"\)", "IN takes one value at least"),
    (r"\bBETWEEN\s+\S+$", r",", "write BETWEEN low AND high"),
    (r"\bVALUES$", r"SELECT\b", "leave VALUES out"),
    (r"(?:\bWITH(?:\s+RECURSIVE)?|,)\s+\w+\s*\($", r"SELECT\b", "write AS before the parenthesis"),
    (r"", r"(?:#|//)", "a comment begins with --"),
)  # fmt: skip
"""What ends before the place, what begins at it, and what to write."""


def clause(before: str, at: str) -> str:
    """Say what is wrong with the clause that ends, or begins, where the server stopped."""
    for behind, ahead, hint in _FORMS:
        if re.search(behind, before, re.IGNORECASE) and re.match(ahead, at, re.IGNORECASE):
            return hint
    if match := re.search(r"\b(?P<not>NOT\s+)?(?P<word>IN|ANY|ALL)$", before, re.IGNORECASE):
        name = re.match(r"[\w.]+", at)
        word = match["word"].upper()
        if name and word == "IN":
            return f"write {'<> ALL' if match['not'] else '= ANY'} ({name[0]}) for an array"
        return f"write {word} ({name[0]})" if name else ""
    return _unbalanced(before, at) or _misspelt(before, at)


def _unbalanced(before: str, at: str) -> str:
    """Say that a parenthesis or a CASE is not closed, or closed twice."""
    words = [before[t.start : t.end].upper() for t in tokens(before) if t.kind is not Kind.STRING]
    depth = words.count("(") - words.count(")")
    if at.startswith(")") and depth <= 0:
        return "no parenthesis is open here: delete this one"
    if words.count("CASE") > words.count("END") and re.match(
        rf"AS\b|{_CLAUSE}|,", at, re.IGNORECASE
    ):
        return "CASE lacks its END"
    if depth > 0 and re.match(_CLAUSE, at, re.IGNORECASE):
        return "is a ) missing before it?"
    return ""


def _misspelt(before: str, at: str) -> str:
    """Say which keyword the word here, or the one before it, may stand for."""
    here = re.match(r"[A-Za-z]+(?!\w*[.(])", at)
    last = re.search(
        r"(?<!\bAS\s)(?<!\bFROM\s)(?<!\bJOIN\s)(?<![.,]\s)(?<![.,\w\"])[A-Za-z]+$", before
    )
    for match in (here, last):
        word = match[0].upper() if match else ""
        if len(word) < 4 or word in _KEYWORDS:  # ON, BY, AS
            continue
        if close := get_close_matches(word, _KEYWORDS, n=1, cutoff=0.75):
            return f"did you mean {close[0]}?"
    return ""
