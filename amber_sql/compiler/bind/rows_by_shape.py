"""`rows = "by-shape"`: rows without `@returns` that are alike → one struct, a table's before any other.

A query's own name for its row stays in models.py, as another name of the shared struct: what imports it
is not broken when a query with an earlier name comes, or when a migration makes the rows part.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from amber_sql.compiler.bind.named_structs import completed, difference

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from amber_sql.compiler.bind.codegen_model import FieldDef, FunctionDef, PackageDef
    from amber_sql.compiler.bind.types import Types
    from amber_sql.compiler.described import DescribedQuery
    from amber_sql.compiler.files.query import Query
    from amber_sql.errors import Finding


class RowsByShape:
    """The structs of rows, by what is in them."""

    def __init__(self, types: Types) -> None:
        """Know the tables' structs; those of rows are added as they are made."""
        self._types = types
        self._rows: dict[tuple[FieldDef, ...], str] = {}
        self.aliases: dict[str, str] = {}
        """The names that queries have for structs that are called otherwise."""

    def add(self, name: str, fields: tuple[FieldDef, ...]) -> None:
        """Know one more row."""
        self._rows.setdefault(fields, name)

    def find(self, one: DescribedQuery, own: str, fields: tuple[FieldDef, ...]) -> str | None:
        """Return the struct that a row is, whose own name would be `own`."""
        name = self._table(one, fields) or self._rows.get(fields)
        if name is not None and name != own:
            self.aliases[own] = name
        return name

    def _table(self, one: DescribedQuery, fields: tuple[FieldDef, ...]) -> str | None:
        """Return the table whose row this is; what is read from others is not, however alike."""
        catalog = self._types.catalog
        read = {column.origin[0] for column in one.columns if column.origin[0]}
        equal = [
            struct.name
            for oid, struct in self._types.structs.items()
            if catalog.relations[oid].kind in "rp"
            and read <= {oid}
            and not difference(struct.fields, completed(fields, struct.fields))
        ]
        return equal[0] if len(equal) == 1 else None


def parted(
    package: PackageDef, described: Iterable[DescribedQuery], generated: Path
) -> Iterator[Finding]:
    """Yield the queries whose rows were a shared struct when code was generated last, and are none now."""
    queries = {f"{one.query.module}.{one.query.name}": one.query for one in described}
    structs = {struct.name: struct for struct in package.structs}
    for module in package.modules:
        before = _returned(generated / "queries" / f"{module.name.replace('.', '/')}.py")
        for function in module.functions:
            query, name = queries[function.label], _row(function)
            shared = structs.get(before.get(function.name, ""))
            if name is None or shared is None or shared.name == name or query.tag("returns"):
                continue
            what = difference(shared.fields, completed(structs[name].fields, shared.fields))
            if what:
                yield _finding(query, shared.name, name, what)


def _finding(query: Query, before: str, now: str, what: str) -> Finding:
    message = f"the row was {before} when code was generated last, and is {now} now: {what}"
    return query.finding(
        message, f"list the columns of {before} again, or name the row by @returns"
    )


def _row(function: FunctionDef) -> str | None:
    return None if function.scalar or function.row is None else function.row.text


def _returned(file: Path) -> dict[str, str]:
    """Return the class of the rows of each function of a generated module."""
    try:
        tree = ast.parse(file.read_text(encoding="utf-8"))
    except (OSError, SyntaxError, ValueError):
        return {}
    found = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.returns is not None:
            names = [n.id for n in ast.walk(node.returns) if isinstance(n, ast.Name)]
            rows = [name for name in names if name[:1].isupper() and name not in _WRAPPERS]
            if len(rows) == 1:
                found[node.name] = rows[0]
    return found


_WRAPPERS = {"AbstractContextManager", "Iterator"}
