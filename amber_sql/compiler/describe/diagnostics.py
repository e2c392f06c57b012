"""What PostgreSQL refused → a finding at its place in the .sql file, with what to do about it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from psycopg.pq import DiagnosticField

from amber_sql.compiler.describe import other_dialects
from amber_sql.compiler.describe.suggestions import is_own_schema, suggestion
from amber_sql.compiler.files.split import swallowed
from amber_sql.sqltext.lexer import Kind, tokens

if TYPE_CHECKING:
    from psycopg.pq.abc import PGresult

    from amber_sql.compiler.catalog import Catalog
    from amber_sql.compiler.files.query import Query
    from amber_sql.errors import Finding

AMBIGUOUS, SYNTAX, UNDEFINED_COLUMN = "42P08", "42601", "42703"
_ADVICE = {
    "42702": "write whose it is: alias.column",
    "42P20": "compute it in a subquery, and filter in the query around it",
    "0A000": "write FOR UPDATE OF, and the tables whose rows are always there",
}
"""What to do about errors whose message says all but that."""
_BY_MESSAGE = {
    "aggregate functions are not allowed in WHERE": "write HAVING, behind GROUP BY",
    "aggregate function calls cannot be nested": "aggregate in a subquery first",
    "column .* must appear in the GROUP BY": "write it in GROUP BY too, or aggregate it, as in max(…)",
    "subquery uses ungrouped column": "write it in GROUP BY too, or aggregate it, as in max(…)",
    "there is no unique or exclusion": "name the columns of a unique index, or make one over these",
    "for SELECT DISTINCT, ORDER BY": "select it as well, or sort in a query around this one",
    "INSERT has more": "each column of the list takes one value",
    "multiple assignments to same column": "delete one of them",
    'column "(?:none|nil|undefined)" does not exist': "write NULL, and test for it with IS NULL",
}
"""Where several errors have one SQLSTATE."""
UNTYPED = re.compile("cannot tell the type of :|a type with oid 0 ")
"""What is said of a parameter that no statement uses: nothing more than that."""


def refused(query: Query, result: PGresult, catalog: Catalog, *, shift: int = 0) -> Finding:
    """Turn an error result into a finding; `shift` characters were put before the statement."""

    def field(which: DiagnosticField) -> str:
        return (result.error_field(which) or b"").decode(errors="replace")

    message = field(DiagnosticField.MESSAGE_PRIMARY) or result.get_error_message()
    place = field(DiagnosticField.STATEMENT_POSITION)
    offset = int(place) - 1 - shift if place else -1
    state, hint = field(DiagnosticField.SQLSTATE), field(DiagnosticField.MESSAGE_HINT)
    detail = field(DiagnosticField.MESSAGE_DETAIL)
    if not 0 <= offset <= len(query.sql):
        offset = _place(query, state, message)
    if message.startswith("could not determine data type of parameter"):  # 42P18, 42P08
        message, hint = _untyped(query, message, catalog)
    elif state == AMBIGUOUS:
        hint = f"{detail or 'its uses differ'}: cast it at each place"
    elif state == UNDEFINED_COLUMN and query.sql[offset : offset + 1] == '"':
        hint = "text is written in single quotes: in double quotes it is a name"
    if state == SYNTAX and "`" in query.sql[:offset]:
        offset = query.sql.index("`")
    unexpected = message.startswith("syntax error")  # else what stands there is understood
    if unexpected and query.variant and (left := _left_out(query.sql, offset)):
        hint = left
    elif unexpected:
        hint = other_dialects.syntax(query.sql[:offset].rstrip(), query.sql[offset:]) or hint
    hint = (
        _of_column(query, state, message)
        or suggestion(state, message, catalog)
        or _swallowed(query)
        or _advice(state, message)
        or hint
    )
    hint = hint or detail
    return query.finding(
        named_parameters(query, message), named_parameters(query, hint), offset=offset
    )


def _left_out(sql: str, offset: int) -> str:
    """Say what to write where a variant lacks the line that a word or a comma was to follow."""
    if re.match(r"(AND|OR)\b", sql[offset:], re.IGNORECASE):
        return "the line before it is left out: begin with WHERE true, or ON true"
    if re.search(r"\b(WHERE|AND|OR|ON|HAVING)\s*$", sql[:offset], re.IGNORECASE):
        return "what follows is left out: begin with WHERE true, and optional lines with AND"
    if sql[:offset].rstrip().endswith(",") or sql[offset:].startswith(","):
        return "a neighbour of this comma is left out: begin optional lines with the comma"
    return ""


def _of_column(query: Query, state: str, message: str) -> str:
    """Say of a name that is no column what it is in this statement."""
    wanted = re.search(r'column "(\w+)" does not exist', message)
    if state != UNDEFINED_COLUMN or wanted is None:
        return ""
    name = re.escape(wanted[1])
    if re.search(rf"(?<![@\w])@{name}\b", query.sql):
        return f"@{wanted[1]} is the operator @ before a column: a parameter is :{wanted[1]}, declared in the header"
    if re.search(rf"\bAS\s+{name}\b", query.sql, re.IGNORECASE):
        return "an alias of the select list is unknown here: write its expression"
    if re.search(r"\b(FROM|JOIN|UPDATE|INTO)\s+user\b", query.sql, re.IGNORECASE):
        return "user is a function of PostgreSQL: as a table's name it stands in double quotes"
    return ""


def _place(query: Query, state: str, message: str) -> int:
    """Return the offset of what an error without a position is about, or of the statement."""
    words = {"42P10": "ON CONFLICT"}.get(state, "")
    if match := re.match(
        r"(FOR [A-Z ]*[A-Z]) |could not determine data type of parameter (\S+)", message
    ):
        words = match[1] or match[2]
    found = [token for token in tokens(query.sql) if token.kind in {Kind.IDENT, Kind.PARAM}]
    texts = [query.sql[token.start : token.end].upper() for token in found]
    if match := re.match(r'multiple assignments to same column "(\w+)"', message):
        twice = [found[n].start for n, text in enumerate(texts) if text == match[1].upper()]
        return twice[1] if len(twice) > 1 else 0
    wanted = words.split()
    for index in range(len(texts)):
        if wanted and texts[index : index + len(wanted)] == wanted:
            return found[index].start
    return 0


def _advice(state: str, message: str) -> str:
    """Return what to do where PostgreSQL gives no hint, or one that fits every such error."""
    if state == "42883" and message.startswith("operator"):
        return other_dialects.operator(message)
    if state == "42P01" and message.startswith("missing FROM-clause"):
        return "FROM names no such table or alias"
    for pattern, hint in _BY_MESSAGE.items():
        if re.match(pattern, message):
            return hint
    if state == "0A000" and not message.startswith("FOR "):
        return ""
    return _ADVICE.get(state, "")


def _swallowed(query: Query) -> str:
    """Say that a query's quoted text holds the next query: the first quote lacks its end."""
    text = query.block.source.text
    for token in query.block.body:
        if header := swallowed(text, token):
            line = query.block.source.place(token.start)[0]
            return f"the quoted text in line {line} holds the header of {header['name']}: does it lack its end?"
    return ""


def named_parameters(query: Query, text: str) -> str:
    """Say `:email` where PostgreSQL says `$1`."""

    def name(match: re.Match[str]) -> str:
        number = int(match[1])
        return (
            f":{query.parameters[number - 1]}" if 0 < number <= len(query.parameters) else match[0]
        )

    return re.sub(r"\$(\d+)", name, text)


def _untyped(query: Query, message: str, catalog: Catalog) -> tuple[str, str]:
    """42P18: name the cast to write, with the column's type where one is compared with it."""
    match = re.search(r"\$(\d+)", message)
    if match is None or int(match[1]) > len(query.parameters):
        return message, "write a cast, such as :name::text"
    name = query.parameters[int(match[1]) - 1]
    kind = _compared(query.sql, match[1], catalog)
    return (
        f"PostgreSQL cannot tell the type of :{name}",
        f"write :{name}::{kind}" if kind else f"write :{name}::text, with the type that is meant",
    )


_COMPARED = r"(?:<=|>=|<>|!=|=|<|>|I?LIKE)"


def _compared(statement: str, number: str, catalog: Catalog) -> str:
    """Return the type of the column that a parameter is compared with, where there is one such."""
    column = r'"?(?P<column>\w+)"?'
    match = re.search(
        rf"{column}\s*{_COMPARED}\s*\${number}\b", statement, re.IGNORECASE
    ) or re.search(rf"\${number}\s*{_COMPARED}\s*(?:\w+\.)?{column}", statement, re.IGNORECASE)
    if match is None:
        return ""
    kinds = {
        c.type
        for r in catalog.relations.values()
        if is_own_schema(r.schema)
        for c in r.columns.values()
        if c.name == match["column"].lower()
    }
    return catalog.display(kinds.pop()) if len(kinds) == 1 else ""
