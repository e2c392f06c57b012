"""A name that PostgreSQL does not know → the one of the catalog that was meant."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

from amber_sql.compiler.comments import is_json
from amber_sql.compiler.describe.other_dialects import FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from amber_sql.compiler.catalog import Catalog

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


def suggestion(state: str, message: str, catalog: Catalog) -> str:
    """Look for what was meant among the catalog's names."""
    match state:
        case "42703":
            wanted = re.search(r'column (?:"([^"]+)"|([\w.]+))', message)
            names = {
                c.name
                for r in catalog.relations.values()
                if is_own_schema(r.schema)
                for c in r.columns.values()
            }
        case "42P01":
            if path := _json_path(message, catalog):
                return path
            wanted = re.search(r'relation "([^"]+)"()|table "([^"]+)"', message)
            names = {
                catalog.relation_name(oid)
                for oid, r in catalog.relations.items()
                if is_own_schema(r.schema)
            }
        case "42883":
            wanted = re.search(r"function ([\w.]+)()\(", message)
            if wanted and (ours := FUNCTIONS.get(wanted[1].lower())):
                return f"PostgreSQL writes {ours}"
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
                t.name
                for t in catalog.types.values()
                if is_own_schema(t.schema) or t.schema == "pg_catalog"
            } | _SPELLINGS
        case _:
            return ""
    if wanted is None:
        return ""
    name = next((group for group in wanted.groups() if group), "")
    name = name.rsplit(".", 1)[-1]
    if state == "42703" and name in names:
        holders = sorted(
            catalog.relation_name(oid)
            for oid, r in catalog.relations.items()
            if is_own_schema(r.schema) and any(c.name == name for c in r.columns.values())
        )
        return f"a column {name} is in {', '.join(holders[:5])}"
    missing = "no migration makes it" if state == "42P01" and "relation" in message else ""
    return _close(name, names) or missing


def _json_path(message: str, catalog: Catalog) -> str:
    """Say how a field of a JSON column is read: `prefs.theme` looks for a table prefs."""
    wanted = re.search(r'missing FROM-clause entry for table "([^"]+)"', message)
    own = [r for r in catalog.relations.values() if is_own_schema(r.schema)]
    columns = [column for relation in own for column in relation.columns.values()]
    if wanted and any(c.name == wanted[1] and is_json(catalog, c.type) for c in columns):
        return f"write {wanted[1]} ->> 'field': {wanted[1]} is JSON"
    return ""


def is_own_schema(schema: str) -> bool:
    """Tell whether a schema is the project's, not PostgreSQL's own."""
    return schema not in {"pg_catalog", "information_schema"}


def _close(name: str, names: Iterable[str]) -> str:
    names = sorted(names)
    close = get_close_matches(name, names, n=1, cutoff=0.65) or [
        one for one in names if get_close_matches(name.lower(), [one.lower()], cutoff=0.65)
    ]
    return f"did you mean {close[0]}?" if close and close[0] != name else ""
