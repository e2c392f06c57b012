"""PostgreSQL's types → Python annotations, and the enums and structs that they need.

A type that is not known is an error with the way out; never `Any` in silence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from amber_sql.compiler.bind import python_names
from amber_sql.compiler.bind.codegen_model import Annotation, EnumDef, FieldDef, StructDef
from amber_sql.compiler.bind.model_names import model_names
from amber_sql.compiler.comments import tagged
from amber_sql.compiler.infer.scope import view_answers

if TYPE_CHECKING:
    from amber_sql.compiler.catalog import Catalog, Column, Relation, Type
    from amber_sql.compiler.described import Described

_STR = Annotation("str")
_JSON = Annotation("Json", frozenset({("amber_sql.runtime", "Json")}))

BUILT_IN = {
    **dict.fromkeys(("int2", "int4", "int8", "oid"), Annotation("int")),
    **dict.fromkeys(("float4", "float8"), Annotation("float")),
    **dict.fromkeys(("text", "varchar", "bpchar", "name", "char"), _STR),
    **dict.fromkeys(("inet", "cidr", "macaddr", "macaddr8", "xml"), _STR),
    **dict.fromkeys(("json", "jsonb"), _JSON),
    **dict.fromkeys(("time", "timetz"), Annotation("time", frozenset({("datetime", "time")}))),
    **dict.fromkeys(
        ("timestamp", "timestamptz"), Annotation("datetime", frozenset({("datetime", "datetime")}))
    ),
    "bool": Annotation("bool"),
    "bytea": Annotation("bytes"),
    "date": Annotation("date", frozenset({("datetime", "date")})),
    "interval": Annotation("timedelta", frozenset({("datetime", "timedelta")})),
    "numeric": Annotation("Decimal", frozenset({("decimal", "Decimal")})),
    "record": Annotation("tuple[Any, ...]", frozenset({("typing", "Any")})),
    "uuid": Annotation("UUID", frozenset({("uuid", "UUID")})),
    "void": Annotation("None"),
}
"""How PostgreSQL's own types are read; see the README for each one's reason."""

_RANGE = ("psycopg.types.range", "Range")
_MULTIRANGE = ("psycopg.types.multirange", "Multirange")


class UnknownTypeError(Exception):
    """A type has no Python type; the message says the way out."""


class Types:
    """The types of one database, and the models that were asked for."""

    def __init__(self, catalog: Catalog) -> None:
        """Start with no models; they are made as they are needed."""
        self.catalog = catalog
        self.names = model_names(catalog)
        self.enums: dict[int, EnumDef] = {}
        self.structs: dict[int, StructDef] = {}
        self.loose: dict[int, StructDef] = {}

    def of(self, oid: int, *, filled: bool = True, whole: bool = True) -> Annotation:
        """Return the annotation of a value that is not NULL.

        `filled` and `whole` say what is proven of the elements and rows in it.
        """
        kind = self.catalog.types.get(oid)
        if kind is None:
            raise UnknownTypeError(f"a type with oid {oid} is not in the catalog")
        if kind.category == "A" and kind.element:
            element = self.of(kind.element, whole=whole)
            return element.optional(not filled).inside("list")
        if kind.schema == "pg_catalog" and kind.name in BUILT_IN:
            return BUILT_IN[kind.name]
        if kind.kind == "d":
            return self.of(kind.base, filled=filled, whole=whole)
        if kind.kind == "e":
            return self._enum(kind)
        if kind.kind == "c" or kind.relation:
            return self._model((self.struct if whole else self.stored)(kind.relation).name)
        if kind.kind in "rm" and kind.subtype:
            wrapper, origin = ("Range", _RANGE) if kind.kind == "r" else ("Multirange", _MULTIRANGE)
            return self.of(kind.subtype).inside(wrapper, origin)
        if kind.name == "citext":
            return _STR
        name = self.catalog.display(oid)
        raise UnknownTypeError(
            f"the type {name} has no Python type: cast it, for example with ::text"
        )

    def column(self, item: Described) -> Annotation:
        """Return the annotation of a parameter or column that is not NULL."""
        return self.json_struct(*item.origin) or self.of(
            item.type, filled=item.filled, whole=item.whole
        )

    def built_in(self, oid: int) -> str:
        """Return a type's name where it is PostgreSQL's own, as the wire carries it; else ""."""
        kind = self.catalog.types[oid]
        if kind.kind == "d":
            return self.built_in(kind.base)
        if kind.category == "A" and kind.element:
            inner = self.built_in(kind.element)
            return f"{inner}[]" if inner else ""
        return kind.name if kind.schema == "pg_catalog" and kind.kind in "brmp" else ""

    def parameter(self, oid: int) -> str:
        """Return the same for a parameter, and `enum` for any enum: its label travels as a text."""
        kind = self.catalog.types[oid]
        if kind.kind == "d":
            return self.parameter(kind.base)
        return "enum" if kind.kind == "e" else self.built_in(oid)

    def struct(self, oid: int) -> StructDef:
        """Return the struct of a table, view or composite type."""
        if oid not in self.structs:
            relation = self.catalog.relations[oid]
            name = self.names["relation", oid]
            # First as an empty one: a table may hold its own row type.
            self.structs[oid] = StructDef(name=name, doc="", fields=())
            try:
                not_null = self._not_null(relation)
                fields = tuple(
                    self._field(relation, column, column.number in not_null)
                    for column in relation.columns.values()
                )
            except UnknownTypeError:
                del self.structs[oid]
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
            name = f"Stored{own.name}"
            while name in self.names.values():
                name += "_"
            self.names["stored", oid] = name
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

    def json_struct(self, relation: int, column: int) -> Annotation | None:
        """Return the struct that a jsonb column's comment gives: `@type module.Struct`."""
        found = self.catalog.relations.get(relation)
        comment = found.columns[column].comment if found and column in found.columns else ""
        _, stated = tagged(comment, "@type")
        if not stated:
            return None
        module, _, name = stated.split()[0].rpartition(".")
        if not module:
            raise UnknownTypeError(f"@type {stated} names no module: write @type module.Struct")
        return Annotation(name, frozenset({(module, name)}))

    def _not_null(self, relation: Relation) -> set[int]:
        """Return the columns that are not NULL in a row; through a view, as its query proves."""
        if relation.kind != "v":
            return {column.number for column in relation.columns.values() if column.not_null}
        proven = view_answers(self.catalog, relation.oid)
        return {number for number, answer in enumerate(proven, 1) if not answer.nullable}

    def _field(self, relation: Relation, column: Column, not_null: bool) -> FieldDef:
        name = python_names.field(column.name)
        if name is None:
            raise UnknownTypeError(
                f'"{column.name}" of {relation.name} is no Python name: rename it'
            )
        filled = (relation.oid, column.number) in self.catalog.filled
        annotation = self.json_struct(relation.oid, column.number) or self.of(
            column.type, filled=filled, whole=False
        )
        comment, _ = tagged(column.comment, "@type")
        return FieldDef(
            name=name,
            annotation=annotation.optional(nullable=not not_null),
            comment=comment,
            built_in=self.built_in(column.type),
        )

    def _enum(self, kind: Type) -> Annotation:
        if kind.oid not in self.enums:
            labels = tuple(zip(python_names.members(kind.labels), kind.labels, strict=True))
            name = self.names["enum", kind.oid]
            self.enums[kind.oid] = EnumDef(name=name, doc=kind.comment, labels=labels)
        return self._model(self.enums[kind.oid].name)

    @staticmethod
    def _model(name: str) -> Annotation:
        return Annotation(name, models=frozenset({name}))
