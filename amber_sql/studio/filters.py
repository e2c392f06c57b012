"""What an address says of columns (`status.in=ACTIVE`, `created_at.from=…`) → conditions of a WHERE.

Which conditions a column takes depends on its type; a secret one takes none, since each answer
would tell something of its values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import msgspec

from amber_sql.studio import links
from amber_sql.studio.ask import Missing
from amber_sql.studio.selecting import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from amber_sql.studio.relations import Column, Table
    from amber_sql.studio.selecting import Statement

Look: TypeAlias = Literal[
    "labels", "boolean", "number", "time", "text", "array", "jsonb", "equal", "other"
]
OPERATIONS: dict[Look, tuple[str, ...]] = {
    "labels": ("in",),
    "boolean": ("is",),
    "number": ("is", "from", "to"),
    "time": ("from", "to", "is"),
    "text": ("is", "has", "starts"),
    "array": ("any",),
    "jsonb": ("holds",),
    "equal": ("is", "from", "to"),
    "other": ("has",),
}
NULLS = {"null": "is NULL", "filled": "is not NULL", "empty": "is the empty text"}
WORDS = {
    "is": "is", "in": "is one of", "from": "from", "to": "up to", "has": "contains",
    "starts": "begins with", "any": "has the element", "holds": "contains",
}  # fmt: skip


class Filter(msgspec.Struct, frozen=True):
    """One condition: `values` has one, but for `in`."""

    column: str
    operation: str
    values: tuple[str, ...]

    @property
    def words(self) -> str:
        """The condition as people say it."""
        if self.operation == "null":
            return f"{self.column} {NULLS[self.values[0]]}"
        return f"{self.column} {WORDS[self.operation]} {', '.join(self.values)}"

    @property
    def given(self) -> list[tuple[str, str]]:
        """The condition as an address says it."""
        return [(field(self.column, self.operation), value) for value in self.values]


def field(column: str, operation: str) -> str:
    """Return the name of a field of the form."""
    return f"{links.encode(column)}.{operation}"


def look(column: Column) -> Look:
    """Return how a column is filtered by."""
    if column.kind == "e":
        return "labels"
    if column.base in {"json", "xml"}:
        return "other"
    if column.base == "jsonb":
        return "jsonb"
    by_category: dict[str, Look] = {
        "B": "boolean", "N": "number", "D": "time", "S": "text", "A": "array",
    }  # fmt: skip
    return by_category.get(column.category) or ("equal" if column.sortable else "other")


def read_filters(table: Table, given: Iterable[tuple[str, str]]) -> list[Filter]:
    """Return the conditions that an address says. Raises Missing for a column that is not shown."""
    found: dict[tuple[str, str], list[str]] = {}
    for name, value in given:
        part, dot, operation = name.partition(".")
        if not dot or not value:
            continue
        try:
            column = table.column(links.decode(part))
        except ValueError:
            column = None
        if column is None or column.secret:
            raise Missing(f"no column to filter by that is called {part}")
        allowed = (*OPERATIONS[look(column)], "null")
        if operation not in allowed or (operation == "null" and value not in NULLS):
            raise Missing(f"no such filter of {column.name}")
        found.setdefault((column.name, operation), []).append(value)
    return [
        Filter(column, operation, tuple(values) if operation == "in" else tuple(values[-1:]))
        for (column, operation), values in found.items()
    ]


def conditions(table: Table, filters: Iterable[Filter], statement: Statement) -> list[str]:
    """Return the conditions as SQL, with their values in `statement`."""
    return [_condition(table, one, statement) for one in filters]


def _condition(table: Table, one: Filter, statement: Statement) -> str:
    column = table.column(one.column)
    if column is None or column.secret:
        raise Missing("no such column")
    name, value = f"t.{quoted(column.name)}", one.values[0]
    match one.operation:
        case "null":
            return {
                "null": f"{name} IS NULL",
                "filled": f"{name} IS NOT NULL",
                "empty": f"{name}::pg_catalog.text OPERATOR(pg_catalog.=) ''",
            }[value]
        case "in":
            listed = ", ".join(statement.value(label, column.cast) for label in one.values)
            return f"{name} IN ({listed})"
        case "has" | "starts":
            pattern = like(value) + "%" if one.operation == "starts" else f"%{like(value)}%"
            word = "LIKE" if one.operation == "starts" else "ILIKE"
            text = (
                name
                if look(column) == "text" and column.base != '"char"'
                else f"{name}::pg_catalog.text"
            )
            return f"{text} {word} {statement.value(pattern, 'pg_catalog.text')}"
        case "any":
            element = column.cast.removesuffix("[]")
            return f"{statement.value(value, element)} = ANY ({name})"
        case "holds":
            return f"{name} OPERATOR(pg_catalog.@>) {statement.value(value, 'pg_catalog.jsonb')}"
    sign = {"is": "=", "from": ">=", "to": "<="}[one.operation]
    return f"{name} {sign} {statement.value(value, column.cast)}"


def like(text: str) -> str:
    """Return `text` as a pattern that means just that."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def unaided(table: Table, filters: Iterable[Filter]) -> list[str]:
    """Return the columns by which a large table must be read as a whole."""
    if not table.large:
        return []
    wanted = list(filters)
    helped = any(_helps(table, one) for one in wanted)
    return [] if helped else [one.column for one in wanted]


def _helps(table: Table, one: Filter) -> bool:
    column = table.column(one.column)
    for index in table.indexes:
        if index.partial or one.column not in index.columns:
            continue
        if one.operation in {"is", "in", "from", "to", "null"}:
            if index.sorts and index.columns[0] == one.column:
                return True
        elif index.method in {"gin", "gist"} and column is not None:
            if one.operation != "has" or index.trigrams:
                return True
        elif one.operation == "starts" and "pattern_ops" in index.definition:
            return True
    return False
