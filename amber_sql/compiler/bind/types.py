"""PostgreSQL's types → Python annotations, and the enums and structs that they need.

A type that is not known is an error with the way out; never `Any` in silence.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

from amber_sql.compiler.bind import python_names
from amber_sql.compiler.bind.built_in_types import (
    BUILT_IN,
    CASTS,
    EXTENSIONS,
    FUNCTIONS,
    JSON,
    MULTIRANGE,
    NAMES_OF_OBJECTS,
    RANGE,
    VECTORS,
    UnknownTypeError,
)
from amber_sql.compiler.bind.codegen_model import Annotation, EnumDef, FieldDef, StructDef
from amber_sql.compiler.bind.json_values import in_json
from amber_sql.compiler.bind.mapped_types import mapped_types
from amber_sql.compiler.bind.model_names import model_names
from amber_sql.compiler.bind.stated_types import StatedTypes, is_secret_column
from amber_sql.compiler.bind.wire_types import WireTypes
from amber_sql.compiler.catalog import RECORD
from amber_sql.compiler.comments import tagged
from amber_sql.compiler.described import JsonKind
from amber_sql.compiler.infer.scope import view_answers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from amber_sql.compiler.catalog import Catalog, Column, Relation, Type
    from amber_sql.compiler.described import Described, JsonShape
    from amber_sql.locate import TypeSetting

NOTHING: Mapping[str, TypeSetting] = {}


class Types:
    """The types of one database, and the models that were asked for."""

    def __init__(self, catalog: Catalog, settings: Mapping[str, TypeSetting] = NOTHING) -> None:
        """Start with no models; they are made as they are needed."""
        self.wire = WireTypes(catalog, mapped_types(catalog, settings))
        self.catalog = catalog
        models = model_names(catalog)
        self.names, self._stored = models.names, models.stored
        self.enums: dict[int, EnumDef] = {}
        self.structs: dict[int, StructDef] = {}
        self.loose: dict[int, StructDef] = {}
        self.stated = StatedTypes(catalog, self.names.values())

    def of(
        self,
        oid: int,
        *,
        filled: bool = True,
        within: bool = False,
        whole: bool = True,
        depth: int = 0,
        row: Annotation | None = None,
        stated: tuple[str, str] | None = None,
    ) -> Annotation:
        """Return the annotation of a value that is not NULL.

        `filled` and `whole` say what is proven of the elements and rows in it, `within` what is of
        elements that are arrays themselves (of a domain), `depth` how many dimensions its arrays have
        beyond one, `row` what an anonymous row in it is, and `stated` what `@type` says.
        """
        kind = self.catalog.types.get(oid)
        if kind is None:
            raise UnknownTypeError(f"a type with oid {oid} is not in the catalog")
        if mapped := self.wire.mapped(kind, stated):
            return self.stated.imported(mapped.path)
        if self.catalog.is_record(oid):
            return self._record(oid, row, filled=filled, depth=depth)
        if kind.category == "A" and kind.element and kind.name not in VECTORS:
            try:
                element = self.of(
                    kind.element, filled=within, within=within, whole=whole, stated=stated
                )
            except UnknownTypeError as error:
                if error.cast and not error.within:
                    error.cast = f"{{}}::{CASTS.get(self._name(kind.element), 'text')}[]"
                raise
            return _listed(element.optional(not filled), depth)
        if kind.schema == "pg_catalog" and kind.name in BUILT_IN:
            return BUILT_IN[kind.name]
        if kind.kind == "d":
            return self.of(
                kind.base, filled=filled, within=within, whole=whole, depth=depth, stated=stated
            )
        if kind.kind == "e":
            return self._enum(kind)
        if kind.kind == "c" or kind.relation:
            return self._model((self.struct if whole else self.stored)(kind.relation).name)
        if kind.kind in "rm" and kind.subtype:
            wrapper, origin = ("Range", RANGE) if kind.kind == "r" else ("Multirange", MULTIRANGE)
            return self.of(kind.subtype, stated=stated).inside(wrapper, origin)
        if kind.name in EXTENSIONS:
            return EXTENSIONS[kind.name]
        cast = f"{FUNCTIONS[kind.name]}({{}})" if kind.name in FUNCTIONS else ""
        cast = cast or f"{{}}::{CASTS.get(kind.name, 'text')}"
        raise UnknownTypeError(
            f"the type {self.catalog.display(oid)} has no Python type", hint=cast
        )

    def written(self, item: Described) -> Annotation:
        """Return the annotation of a parameter that is not NULL; some types are only written."""
        if item.type in self.catalog.types and self._name(item.type) in NAMES_OF_OBJECTS:
            return NAMES_OF_OBJECTS[self._name(item.type)]
        return self.column(item, within=True)

    def way_in(self, oid: int) -> str:
        """Return the cast by which a text or number becomes a type that has none of Python's."""
        return f"{CASTS.get(self._name(oid), 'text')}::{self.catalog.display(oid)}"

    def _name(self, oid: int) -> str:
        kind = self.catalog.types.get(oid)
        return kind.name if kind else ""

    def column(
        self, item: Described, row: Annotation | None = None, *, within: bool = False
    ) -> Annotation:
        """Return the annotation of a parameter, column or field that is not NULL."""
        if (stated := self.stated.of_item(item)) is not None:
            return self.holding(item.type, stated, filled=item.filled, depth=item.depth)
        return self.of(
            self.wire.declared(item),
            filled=item.filled,
            within=within,
            whole=item.whole,
            depth=item.depth,
            row=row,
            stated=self.stated.path(item),
        )

    def holding(
        self, oid: int, element: Annotation, *, filled: bool = True, depth: int = 0
    ) -> Annotation:
        """Return the annotation of JSON, or of an array of it, each of which is an `element`."""
        if not self.catalog.is_array(oid):
            return element
        return _listed(element.optional(not filled), depth)

    def expected(self, item: Described) -> str:
        """Return what reading a result column has to know of its type beside the annotation."""
        if self.is_known(item.json) or self.stated.of_item(item) is not None:
            return self.wire.built_in(item.type)
        return self.wire.behind(item, self.stated.path(item))

    def json_value(self, shape: JsonShape) -> Annotation:
        """Return the type of what was a value of SQL before it became a part of JSON."""
        return in_json(self.catalog, self.stated, self._enum, shape)

    def is_known(self, shape: JsonShape | None) -> bool:
        """Tell whether more is known of JSON than that it is some."""
        if shape is None or shape.kind is JsonKind.ANY:
            return False
        return shape.kind is not JsonKind.VALUE or self.json_value(shape) != JSON

    def sent(self, item: Described) -> str:
        """Return what the runtime has to know of a parameter's type."""
        return self.wire.parameter(item.type, self.stated.path(item))

    def _record(self, oid: int, row: Annotation | None, *, filled: bool, depth: int) -> Annotation:
        if row is None:
            error = UnknownTypeError("the fields of this row have no names", hint="")
            error.advice = "name its columns in a subquery, and select that subquery's row"
            raise error
        return row if oid == RECORD else _listed(row.optional(not filled), depth)

    def is_secret(self, relation: int, column: int) -> bool:
        """Tell whether a column is `@secret`, by its own comment or by that of its view's table."""
        return is_secret_column(self.catalog, relation, column)

    def has_secret(self, name: str) -> bool:
        """Tell whether a relation, as DescribedQuery names it, has a `@secret` column."""
        return name in self._secrets

    @cached_property
    def _secrets(self) -> frozenset[str]:
        return frozenset(
            self.catalog.relation_name(oid)
            for oid, relation in self.catalog.relations.items()
            if any(self.is_secret(oid, column) for column in relation.columns)
        )

    def struct(self, oid: int) -> StructDef:
        """Return the struct of a table, view or composite type."""
        if oid not in self.structs:
            relation = self.catalog.relations[oid]
            name = self.names["relation", oid]
            before = set(self.structs)
            # First as an empty one: a table may hold its own row type.
            self.structs[oid] = StructDef(name=name, doc="", fields=())
            try:
                not_null = self._not_null(relation)
                fields = self._fields(relation, not_null)
            except UnknownTypeError:
                for new in set(self.structs) - before:  # they may refer to this one
                    del self.structs[new]
                raise
            doc, _ = tagged(relation.comment, "@struct")
            self.structs[oid] = StructDef(name=name, doc=doc, fields=fields, composite=True)
        return self.structs[oid]

    def stored(self, oid: int) -> StructDef:
        """Return the struct of a row that is stored as a value: NULL may stand in each field."""
        own = self.struct(oid)
        if all(field.annotation.text.endswith("| None") for field in own.fields):
            return own  # as every composite type's
        if oid not in self.loose:
            name = self._stored[oid]
            fields = tuple(
                msgspec.structs.replace(
                    field,
                    annotation=field.annotation.optional(
                        nullable=not field.annotation.text.endswith("| None")
                    ),
                )
                for field in own.fields
            )
            doc = f"A {own.name} that is stored as a value: any of its fields may be NULL."
            self.loose[oid] = StructDef(name=name, doc=doc, fields=fields, composite=True)
        return self.loose[oid]

    def _fields(self, relation: Relation, not_null: set[int]) -> tuple[FieldDef, ...]:
        fields = tuple(
            self._field(relation, column, column.number in not_null)
            for column in relation.columns.values()
        )
        names = [field.name for field in fields]
        if twice := next((name for name in names if names.count(name) > 1), ""):
            own = f"{self.catalog.relation_name(relation.oid)}.{twice}"
            message = f"two columns are both {twice} in Python"
            raise UnknownTypeError(message, within=own, hint="")
        return fields

    def _not_null(self, relation: Relation) -> set[int]:
        """Return the columns that are not NULL in a row; through a view, as its query proves."""
        if relation.kind != "v":
            return {column.number for column in relation.columns.values() if column.not_null}
        proven = view_answers(self.catalog, relation.oid)
        return {number for number, answer in enumerate(proven, 1) if not answer.nullable}

    def _field(self, relation: Relation, column: Column, not_null: bool) -> FieldDef:
        name = python_names.field(column.name)
        own = f"{self.catalog.relation_name(relation.oid)}.{column.name}"
        if name is None:
            raise UnknownTypeError("that is no Python name", within=own, hint="")
        filled = (relation.oid, column.number) in self.catalog.filled
        try:
            stated = self.stated.of_column(relation.oid, column.number)
            path = self.stated.path_of_column(relation.oid, column.number)
            annotation = (
                self.holding(column.type, stated, filled=filled)
                if stated
                else self.of(column.type, filled=filled, whole=False, stated=path)
            )
        except UnknownTypeError as error:
            error.within = error.within or (own if own.isprintable() else repr(own))
            raise
        comment, _ = tagged(column.comment, "@type")
        return FieldDef(
            name=name,
            annotation=annotation.optional(nullable=not not_null),
            comment=comment,
            built_in=self.wire.built_in(column.type, path),
            secret=self.is_secret(relation.oid, column.number),
        )

    def _enum(self, kind: Type) -> Annotation:
        if kind.oid not in self.enums:
            members = python_names.members(kind.by_age)
            labels = tuple((members[label], label) for label in kind.labels)
            name = self.names["enum", kind.oid]
            self.enums[kind.oid] = EnumDef(name=name, doc=kind.comment, labels=labels)
        return self._model(self.enums[kind.oid].name)

    @staticmethod
    def _model(name: str) -> Annotation:
        return Annotation(name, models=frozenset({name}))


def _listed(element: Annotation, depth: int) -> Annotation:
    """Return an array of elements, with so many dimensions beyond one."""
    for _ in range(depth + 1):
        element = element.inside("list")
    return element
