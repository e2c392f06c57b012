"""`@type module.Struct` → the annotation of a json or jsonb value, for reading and for writing.

In a column's comment it holds for every query that reads the column or writes a parameter to it,
also through a view; in a query, for one column or parameter of that query.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from amber_sql.compiler.bind import importable, python_names
from amber_sql.compiler.bind.codegen_model import Annotation
from amber_sql.compiler.bind.mapped_types import may_be_stated, wrong_class
from amber_sql.compiler.comments import is_secret, json_struct
from amber_sql.compiler.files.tags import stated_types
from amber_sql.compiler.tree import read

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from amber_sql.compiler.catalog import Catalog
    from amber_sql.compiler.described import Described, DescribedQuery
    from amber_sql.errors import Finding


class StatedTypes:
    """The classes of a project that JSON is read as."""

    def __init__(self, catalog: Catalog, taken: Iterable[str]) -> None:
        """Know the names that generated code has for other things."""
        self._catalog = catalog
        self.taken = {*taken, *python_names.RESERVED_MODELS}
        self._names: dict[tuple[str, str], str] = {}
        self._said: dict[tuple[int, int], tuple[str, str] | None] = {}

    def of_item(self, item: Described) -> Annotation | None:
        """Return what JSON in a column or parameter is, if anything says so."""
        if not self._catalog.holds_json(item.type):
            return None
        path = self.path(item)
        return self.imported(path) if path else None

    def path(self, item: Described) -> tuple[str, str] | None:
        """Return the class that a column or parameter is, if anything says so."""
        if item.stated is not None:
            return item.stated
        return next(filter(None, (self._stated(*at) for at in item.places or [item.origin])), None)

    def path_of_column(self, relation: int, column: int) -> tuple[str, str] | None:
        """Return the class that a table's column is, if its comment says so."""
        return self._stated(relation, column)

    def of_column(self, relation: int, column: int) -> Annotation | None:
        """Return what JSON in a table's column is, if its comment says so."""
        stated = self._stated(relation, column)
        found = self._catalog.relations.get(relation)
        if stated is None or found is None:
            return None
        is_json = self._catalog.holds_json(found.columns[column].type)
        return self.imported(stated) if is_json else None

    def of_places(self, item: Described) -> set[tuple[str, str]]:
        """Return all that the columns say which a parameter goes to."""
        return {path for place in item.places if (path := self._stated(*place))}

    def _stated(self, relation: int, column: int) -> tuple[str, str] | None:
        at = relation, column
        if at not in self._said:  # each is asked for many times, and a view's tree is long
            self._said[at] = self._looked_up(relation, column)
        return self._said[at]

    def _looked_up(self, relation: int, column: int) -> tuple[str, str] | None:
        found = self._catalog.relations.get(relation)
        known = found.columns.get(column) if found else None
        if known is None or not may_be_stated(self._catalog, known.type):
            return None
        stated = json_struct(known.comment)
        if stated is not None:  # where it is no path, checking the comments says so
            return stated if python_names.is_path(stated) else None
        origins = _behind(self._catalog, relation, column)
        return next((path for origin in origins if (path := self._stated(*origin))), None)

    def imported(self, stated: tuple[str, str]) -> Annotation:
        """Return somebody's class, under a name that nothing else in generated code has."""
        module, name = stated
        if stated not in self._names:
            self._names[stated] = self._free(name, module)
        alias = self._names[stated]
        return Annotation(
            alias, frozenset({(module, name if alias == name else f"{name} as {alias}")})
        )

    def _free(self, name: str, module: str) -> str:
        """Return the name of somebody's class in generated code, where others may have the same."""
        taken = {*self.taken, *self._names.values()}
        if name in taken:
            name = python_names.cap_words(f"{module.replace('.', '_')}_{name}")
        while name in taken:
            name += "_"
        return name


def is_secret_column(catalog: Catalog, relation: int, column: int) -> bool:
    """Tell whether a column is `@secret`, by its own comment or by that of its view's table."""
    found = catalog.relations.get(relation)
    if found is None or column not in found.columns:
        return False
    if is_secret(found.columns[column].comment):
        return True
    return any(is_secret_column(catalog, *origin) for origin in _behind(catalog, relation, column))


def _behind(catalog: Catalog, relation: int, column: int) -> list[tuple[int, int]]:
    """Return the table's column that a view's column is."""
    if relation not in catalog.views:
        return []
    (query, *_) = read(catalog.views[relation])
    targets = [t for t in query.nodes("targetList") if t.int("resno") == column]
    return [(t.int("resorigtbl"), t.int("resorigcol")) for t in targets]


def check_type_tags(
    described: Iterable[DescribedQuery], catalog: Catalog, folders: Sequence[Path]
) -> Iterator[Finding]:
    """Yield the `@type` tags of queries that say nothing, or name what is not there."""
    for one in described:
        items = {item.name: item for item in (*one.columns, *one.parameters)}
        paths = stated_types(one.query)
        for tag in one.query.tags:
            if tag.name != "type":
                continue
            name = tag.argument.rsplit(None, 1)[0]
            if why := _wrong(name, paths[name], items, catalog, folders):
                message, hint = why
                yield one.query.finding(f"@type {name}: {message}", hint, tag=tag)


def _wrong(
    name: str,
    path: tuple[str, str],
    items: dict[str, Described],
    catalog: Catalog,
    folders: Sequence[Path],
) -> tuple[str, str] | None:
    """Return what is wrong with a tag, and what to do."""
    if name not in items:
        known = ", ".join(items) or "none"
        return "no such column or parameter", f"its columns and parameters: {known}"
    if not python_names.is_path(path):
        return "this names no class of a module", "write `-- @type column module.Struct`"
    if why := wrong_class(catalog, path, items[name].type):
        return why
    return importable.problem(*path, folders)
