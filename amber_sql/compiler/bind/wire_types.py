"""A type of the database → the name by which the runtime knows how to read and write it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amber_sql.compiler.bind.built_in_types import EXTENSIONS, VECTORS
from amber_sql.compiler.bind.mapped_types import by_class, is_leaf
from amber_sql.compiler.catalog import FIRST_OF_USERS, RECORDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from amber_sql.compiler.bind.mapped_types import Mapped
    from amber_sql.compiler.catalog import Catalog, Type
    from amber_sql.compiler.described import Described

    Path = tuple[str, str] | None


class WireTypes:
    """The types of a database; `mapped` are those that are classes of somebody's."""

    def __init__(self, catalog: Catalog, mapped: Mapping[int, Mapped]) -> None:
        """Know the types, and those that the project's settings map."""
        self._catalog, self._mapped = catalog, mapped

    def built_in(self, oid: int, stated: Path = None) -> str:
        """Return the type of PostgreSQL's own that is behind a type, as the wire carries it, or "".

        `inet[]` for an array of a domain over inet, `range(float4)` for a range of the database's
        own; "" for what Python's type says well enough: enums, composites and arrays of them.
        `stated` is the class that `@type` says.
        """
        return self._named(self._behind(oid, "", stated))

    def parameter(self, oid: int, stated: Path = None) -> str:
        """Return the same for a parameter, and `enum` for any enum: its label travels as a text."""
        return self._named(self._behind(oid, "enum", stated))

    def behind(self, item: Described, stated: Path = None) -> str:
        """Return the same for a result column whose OID does not say it by itself, else ""."""
        name = self.built_in(self.declared(item), stated)
        return name if item.type >= FIRST_OF_USERS or "=" in name else ""

    def declared(self, item: Described) -> int:
        """Return the type of a column or parameter: of a domain PostgreSQL tells what is behind it."""
        relation = self._catalog.relations.get(item.origin[0])
        column = relation.columns.get(item.origin[1]) if relation else None
        is_it = column is not None and self._catalog.base(column.type) == item.type
        return column.type if column is not None and is_it else item.type

    def mapped(self, kind: Type, stated: Path) -> Mapped | None:
        """Return the class that values of a type are, if they are somebody's."""
        if stated is not None and is_leaf(self._catalog, kind):
            return by_class(stated)
        return self._mapped.get(kind.oid)

    @staticmethod
    def _named(name: str) -> str:
        return "" if name == "[]" else name

    def _behind(self, oid: int, enum: str, stated: Path) -> str:
        kind = self._catalog.types[oid]
        if mapped := self.mapped(kind, stated):
            return mapped.wire(self._own_name(oid))
        if kind.kind == "d":
            return self._behind(kind.base, enum, stated)
        if kind.kind == "e":
            return enum
        if oid == RECORDS:
            return "record[]"
        if kind.category == "A" and kind.element and kind.name not in VECTORS:
            return f"{self._behind(kind.element, enum, stated)}[]"
        if kind.kind in "rm" and kind.subtype:
            return self._range(kind, enum, stated)
        if kind.schema == "pg_catalog":
            return kind.name if kind.kind in "bp" else ""
        return kind.name if kind.name in EXTENSIONS else ""

    def _range(self, kind: Type, enum: str, stated: Path) -> str:
        subtype = self._behind(kind.subtype, enum, stated)
        if kind.schema == "pg_catalog" and "=" not in subtype:
            return kind.name
        wrapper = "range" if kind.kind == "r" else "multirange"
        return f"{wrapper}({subtype})" if subtype else ""

    def _own_name(self, oid: int) -> str:
        """Return what PostgreSQL calls a type whose values are read as a whole."""
        kind = self._catalog.types[oid]
        if kind.kind == "d":
            return self._own_name(kind.base)
        return "enum" if kind.kind == "e" else kind.name
