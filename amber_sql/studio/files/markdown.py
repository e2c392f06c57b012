"""The catalogue → Markdown files: README.md, a page a table, a page a file of queries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amber_sql.studio.diagram.clusters import clusters
from amber_sql.studio.diagram.selection import neighbourhood, of_cluster, overview
from amber_sql.studio.files.file_names import MARK, Addresses
from amber_sql.studio.files.mermaid import diagram
from amber_sql.studio.files.text import block, cell, code, prose

if TYPE_CHECKING:
    from collections.abc import Iterable

    from amber_sql.studio.catalogue.model import Catalogue, Column, Module, Part, Query, Table

HEADER = f"<!-- {MARK}, which overwrites it. -->"
INDEX = "README.md"


def markdown(catalogue: Catalogue) -> dict[str, str]:
    """Return path → text of every file."""
    pages = _Pages(catalogue)
    return {INDEX: pages.index()} | pages.tables() | pages.modules()


class _Pages:
    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.addresses = Addresses(catalogue, "md")

    def index(self) -> str:
        """Return the page that leads to all others."""
        catalogue = self.catalogue
        parts = ["# Tables and queries", counts(catalogue)]
        tables = [table for table in catalogue.tables if not table.is_view]
        views = [table for table in catalogue.tables if table.is_view]
        for heading, found in (("Tables", tables), ("Views", views)):
            rows = (
                [
                    self._table(table.label, up=""),
                    cell(table.comment),
                    str(len(catalogue.readers(table.label)) or ""),
                    str(len(catalogue.writers(table.label)) or ""),
                ]
                for table in found
            )
            parts += _section(heading, ["name", "what it is", "read by", "written by"], rows)
        parts += self._diagrams()
        enums = (
            [code(enum.label), " ".join(map(code, enum.labels)), cell(enum.comment)]
            for enum in catalogue.enums
        )
        parts += _section("Enums", ["type", "labels", "what it is"], enums)
        modules = (
            [
                f"[{code(module.file)}]({self.addresses.module(module.name)})",
                str(len(module.queries)),
                cell(module.doc.partition("\n\n")[0]),
            ]
            for module in catalogue.modules
        )
        parts += _section("Queries", ["file", "queries", "what they are about"], modules)
        return _page(parts)

    def _diagrams(self) -> list[str]:
        found = clusters(self.catalogue.tables)
        if not found:
            return []
        parts = ["## Diagrams"]
        if len([one for one in found if one.around]) > 1:
            parts += [
                "Every table, by its name:",
                block(diagram(overview(self.catalogue)), "mermaid"),
            ]
        for one in found:
            parts += [
                f"### Around {code(one.around)}" if one.around else "### Without a foreign key",
                block(diagram(of_cluster(self.catalogue, one)), "mermaid"),
            ]
        return parts

    def tables(self) -> dict[str, str]:
        """Return a page a table."""
        return {
            self.addresses.table(table.label): self._table_page(table)
            for table in self.catalogue.tables
        }

    def _table_page(self, table: Table) -> str:
        catalogue = self.catalogue
        kind = table.kind + (f", by {code(table.partitioned_by)}" if table.partitioned_by else "")
        parts = [f"# {code(table.label)}", f"[All tables](../{INDEX}) · {kind}"]
        parts += [prose(table.comment)] if table.comment else []
        columns = ([self._column_name(table, one), *_column(one)] for one in table.columns)
        parts += _section("Columns", ["column", "type", "NULL", "default", "what it is"], columns)
        referring = catalogue.referring(table.label)
        if table.foreign_keys or referring:
            parts += ["## References", block(diagram(neighbourhood(catalogue, table)), "mermaid")]
            rows = [
                (
                    code(key.name),
                    _names(key.columns),
                    self._table(key.target),
                    _names(key.target_columns),
                    code(key.sql),
                )
                for key in table.foreign_keys
            ]
            parts += _table(["foreign key", "columns", "refers to", "its columns", "as SQL"], rows)
            back = [
                (self._table(one.label), _names(key.columns), _names(key.target_columns))
                for one, key in referring
            ]
            parts += _table(["referred to by", "its columns", "columns here"], back)
        indexes = (
            [code(one.name), code(one.sql) + ("" if one.valid else " **invalid**")]
            for one in table.indexes
        )
        parts += _section("Indexes", ["index", "as SQL"], indexes)
        parts += _parts("Constraints", table.constraints) + _parts("Policies", table.policies)
        if table.row_security and not table.policies:
            parts += ["Row level security is on, and no policy lets a row through."]
        parts += _parts("Triggers", table.triggers)
        if table.definition:
            parts += ["## As SQL", block(table.definition, "sql")]
        readers, writers = catalogue.readers(table.label), catalogue.writers(table.label)
        for heading, queries in (("Read by", readers), ("Written by", writers)):
            listed = [
                (self._query(query), cell(query.doc.partition("\n\n")[0])) for query in queries
            ]
            parts += _section(heading, ["query", "what it does"], listed)
        return _page(parts)

    def _column_name(self, table: Table, column: Column) -> str:
        marks = " **key**" if column.name in table.primary_key else ""
        return code(column.name) + marks + (" *secret*" if column.secret else "")

    def modules(self) -> dict[str, str]:
        """Return a page a file of queries."""
        return {
            self.addresses.module(module.name): self._module_page(module)
            for module in self.catalogue.modules
        }

    def _module_page(self, module: Module) -> str:
        parts = [f"# {code(module.file)}", f"[All tables and queries](../{INDEX})"]
        parts += [prose(module.doc)] if module.doc else []
        for query in module.queries:
            parts += self._query_parts(query)
        return _page(parts)

    def _query_parts(self, query: Query) -> list[str]:
        parts = [f'<a id="{query.name}"></a>', f"## {code(query.label)}"]
        if query.deprecated:
            parts.append(f"**Deprecated:** {cell(query.deprecated)}")
        parts += [prose(query.doc)] if query.doc else []
        parts += [block(query.signature, "python"), block(query.sql, "sql")]
        facts = [f"{code(f'{query.file}:{query.line}')}: {query.rows}"]
        for what, names in (("reads", query.reads), ("writes", query.writes)):
            if names:
                facts.append(f"{what} {', '.join(map(self._table, names))}")
        if query.tags:
            facts.append(" ".join(map(code, query.tags)))
        parts.append("; ".join(facts))
        if query.variants:
            words = "; ".join(cell(one.words) for one in query.variants)
            parts.append(f"{len(query.variants)} variants: {words}.")
        for heading, items in (("parameter", query.parameters), ("column", query.columns)):
            rows = (
                [
                    code(one.name) + (" *secret*" if one.secret else ""),
                    code(one.pg_type),
                    code(one.py_type),
                    cell(one.why),
                ]
                for one in items
            )
            parts += _table([heading, "PostgreSQL", "Python", "NULL, and why"], rows)
        return parts

    def _table(self, label: str, up: str = "../") -> str:
        if not self.addresses.knows(label):
            return code(label)
        return f"[{code(label)}]({up}{self.addresses.table(label)})"

    def _query(self, query: Query) -> str:
        return f"[{code(query.label)}](../{self.addresses.query(query)})"


def _column(column: Column) -> list[str]:
    default = code(column.default)
    if column.identity:
        default = f"identity, {column.identity.lower()}"
    if column.generated:
        default = f"generated: {code(column.generated)}"
    return [code(column.type), "NULL" if column.nullable else "", default, cell(column.comment)]


def counts(catalogue: Catalogue) -> str:
    """Say how much there is."""
    tables = sum(not table.is_view for table in catalogue.tables)
    views = len(catalogue.tables) - tables
    counted = ((tables, "table"), (views, "view"), (len(catalogue.enums), "enum"))
    found = [f"{n} {noun}{'' if n == 1 else 's'}" for n, noun in counted if n]
    queries = len(catalogue.queries)
    found += [f"{queries} {'query' if queries == 1 else 'queries'}"] if queries else []
    return f"{', '.join(found)}." if found else "There is nothing here yet: no table and no query."


def _names(names: Iterable[str]) -> str:
    return ", ".join(map(code, names))


def _parts(heading: str, found: tuple[Part, ...]) -> list[str]:
    return _section(heading, ["name", "as SQL"], ([code(one.name), code(one.sql)] for one in found))


def _section(heading: str, head: list[str], rows: Iterable[Iterable[str]]) -> list[str]:
    return [f"## {heading}", *table] if (table := _table(head, rows)) else []


def _table(head: list[str], rows: Iterable[Iterable[str]]) -> list[str]:
    """Return a table of Markdown; columns in which nothing stands are left out."""
    filled = [list(row) for row in rows]
    kept = [n for n in range(len(head)) if any(row[n] for row in filled)]
    if not kept:
        return []
    lines = [
        [head[n] for n in kept],
        ["---"] * len(kept),
        *([row[n] for n in kept] for row in filled),
    ]
    return ["\n".join(f"| {' | '.join(line)} |" for line in lines)]


def _page(parts: list[str]) -> str:
    return "\n\n".join([HEADER, *parts]) + "\n"
