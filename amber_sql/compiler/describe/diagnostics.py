"""What PostgreSQL refused → a finding at its place in the .sql file, with what to do about it."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

from psycopg.pq import DiagnosticField

from amber_sql.compiler.files.split import swallowed
from amber_sql.sqltext.lexer import Kind, tokens

if TYPE_CHECKING:
    from collections.abc import Iterable

    from psycopg.pq.abc import PGresult

    from amber_sql.compiler.catalog import Catalog
    from amber_sql.compiler.files.query import Query
    from amber_sql.errors import Finding

AMBIGUOUS, SYNTAX, UNDEFINED_COLUMN = "42P08", "42601", "42703"
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
    if state == SYNTAX:
        hint = _foreign(query.sql[:offset].rstrip(), query.sql[offset:]) or hint
    hint = _suggestion(state, message, catalog) or _swallowed(query) or hint or detail
    return query.finding(_named(query, message), _named(query, hint), offset=offset)


def _place(query: Query, state: str, message: str) -> int:
    """Return the offset of what an error without a position is about, or of the statement."""
    words = {"42P10": "ON CONFLICT"}.get(state, "")
    if match := re.match(
        r"(FOR [A-Z ]*[A-Z]) |could not determine data type of parameter (\S+)", message
    ):
        words = match[1] or match[2]
    found = [token for token in tokens(query.sql) if token.kind in {Kind.IDENT, Kind.PARAM}]
    texts = [query.sql[token.start : token.end].upper() for token in found]
    wanted = words.split()
    for index in range(len(texts)):
        if wanted and texts[index : index + len(wanted)] == wanted:
            return found[index].start
    return 0


def _foreign(before: str, at: str) -> str:
    """Say how parameters are written to whom knows another tool, and where one cannot stand."""
    if re.match(r"%s|%\(\w+\)s|\{\w*\}", at) or before.endswith("?"):
        return "write a parameter as :name, and declare it in the header"
    if not (parameter := re.match(r"\$\d+", at)):
        return ""
    if match := re.search(r"\b(NOT\s+)?IN$", before, re.IGNORECASE):
        operator = "<> ALL" if match[1] else "= ANY"
        return f"write {operator} ({parameter[0]}), a parameter that is an array"
    return "a parameter stands for a value, never for a name or a keyword"


def _swallowed(query: Query) -> str:
    """Say that a query's quoted text holds the next query: the first quote lacks its end."""
    text = query.block.source.text
    for token in query.block.body:
        if header := swallowed(text, token):
            line = query.block.source.place(token.start)[0]
            return f"the quoted text in line {line} holds the header of {header['name']}: does it lack its end?"
    return ""


def _named(query: Query, text: str) -> str:
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
        if _own(r.schema)
        for c in r.columns.values()
        if c.name == match["column"].lower()
    }
    return catalog.display(kinds.pop()) if len(kinds) == 1 else ""


_SPELLINGS = {
    "integer",
    "bigint",
    "smallint",
    "boolean",
    "decimal",
    "real",
    "character",
    "timestamp",
}
"""How SQL writes types that the catalog knows by other names."""


def _suggestion(state: str, message: str, catalog: Catalog) -> str:
    """Look for what was meant among the catalog's names."""
    match state:
        case "42703":
            wanted = re.search(r'column (?:"([^"]+)"|([\w.]+))', message)
            names = {
                c.name
                for r in catalog.relations.values()
                if _own(r.schema)
                for c in r.columns.values()
            }
        case "42P01":
            wanted = re.search(r'relation "([^"]+)"()|table "([^"]+)"', message)
            names = {
                catalog.relation_name(oid) for oid, r in catalog.relations.items() if _own(r.schema)
            }
        case "42883":
            wanted = re.search(r"function ([\w.]+)()\(", message)
            names = {f.name for f in catalog.functions.values()}
        case "22P02":
            wanted = re.search(r'enum (\S+): "([^"]*)"', message)
            if wanted is None:
                return ""
            kind = next(
                (
                    t
                    for t in catalog.types.values()
                    if t.kind == "e" and wanted[1].split(".")[-1].strip('"') == t.name
                ),
                None,
            )
            labels = kind.labels if kind else ()
            return _close(wanted[2], labels) or (
                "its labels: " + ", ".join(labels) if labels else ""
            )
        case "42704":
            wanted = re.search(r'type "([^"]+)"()', message)
            names = {
                t.name for t in catalog.types.values() if _own(t.schema) or t.schema == "pg_catalog"
            } | _SPELLINGS
        case _:
            return ""
    if wanted is None:
        return ""
    name = next((group for group in wanted.groups() if group), "")
    return _close(name.rsplit(".", 1)[-1], names)


def _own(schema: str) -> bool:
    return schema not in {"pg_catalog", "information_schema"}


def _close(name: str, names: Iterable[str]) -> str:
    names = sorted(names)
    close = get_close_matches(name, names, n=1, cutoff=0.65) or [
        one for one in names if get_close_matches(name.lower(), [one.lower()], cutoff=0.65)
    ]
    return f"did you mean {close[0]}?" if close and close[0] != name else ""
