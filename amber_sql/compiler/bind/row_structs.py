"""Result rows → structs: a table's own, a named shape that queries share, or one query's."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from amber_sql.compiler.bind import python_names
from amber_sql.compiler.bind.built_in_types import UnknownTypeError
from amber_sql.compiler.bind.codegen_model import Annotation, FieldDef, ParameterDef, StructDef
from amber_sql.compiler.bind.named_structs import NamedStructs, Nest, Place
from amber_sql.compiler.bind.nested_structs import NestedStructs, Refused

if TYPE_CHECKING:
    from amber_sql.compiler.bind.rows_by_shape import RowsByShape
    from amber_sql.compiler.bind.types import Types
    from amber_sql.compiler.described import Described, DescribedQuery
    from amber_sql.compiler.files.query import Query
    from amber_sql.compiler.files.source import Tag
    from amber_sql.errors import Finding


_SIMPLE = re.compile(r'[\w.":]+(\([^()]*\))?')
"""What `::` binds to as a whole."""
_STAR = re.compile(r'(?:(\w+|"(?:[^"]|"")+")\.)*\*')
"""All columns of the FROM, or of one table of it."""


class RowStructs:
    """The structs of a project, by name."""

    def __init__(
        self, types: Types, findings: list[Finding], by_shape: RowsByShape | None = None
    ) -> None:
        """Share `types` and report into `findings`; rows that are alike are one if `by_shape`."""
        self.by_shape = by_shape
        self.types = types
        self.findings = findings
        self.structs = NamedStructs(types, findings)
        self.nested = NestedStructs(self.structs)

    def reserve(self, described: list[DescribedQuery]) -> None:
        """Keep the names of rows from classes of the project's that are imported beside them."""
        for one in described:
            tags = {tag.argument for tag in one.query.tags if tag.name in {"returns", "params"}}
            own = {_own_name(one.query, what) for what in ("row", "params")}
            self.types.stated.taken |= tags | own

    def all(self) -> list[StructDef]:
        """Return every struct, those that others hold first, then by name."""
        for stored in self.types.loose.values():
            if stored.name in self.structs.shapes:
                _, place = self.structs.shapes[stored.name]
                message = f"the row would be named {stored.name}, as a table's that is stored"
                self.findings.append(place.finding(message, "choose another name"))
        shapes = (struct for struct, _ in self.structs.shapes.values())
        return sorted(
            (*self.types.structs.values(), *self.types.loose.values(), *shapes),
            key=lambda struct: struct.name,
        )

    def params_struct(self, query: Query, parameters: tuple[ParameterDef, ...]) -> str:
        """Return the struct that a `*!` query takes an iterable of."""
        tag = query.tag("params")
        name = _own_name(query, "params")
        if tag is not None:
            stated = python_names.public(tag.argument)
            if stated is None:
                self.findings.append(_no_class(query, tag))
            name = stated or name
        # A struct's fields with defaults come last; the others keep the order of the parameters.
        fields = tuple(
            FieldDef(name=p.name, annotation=p.annotation, secret=p.secret) for p in parameters
        )
        doc = f"What {query.module}.{query.name} takes for each row."
        known = self.structs.shapes.get(name)
        if name in self.types.names.values() or name in python_names.RESERVED_MODELS or known:
            hint = "choose another name with @params"
            self.findings.append(query.finding(f"two models are named {name}", hint, tag=tag))
        self.structs.shapes[name] = StructDef(name=name, doc=doc, fields=fields), Place(query)
        return name

    def column(self, query: Query, column: Described) -> Annotation | None:
        """Return a column's annotation; a type without one is a finding."""
        stated = {tag.argument for tag in query.tags if tag.name == "not_null"}
        nullable = column.nullable and column.name not in stated
        try:
            annotation = self.nested.annotation(self.nest(query, column), column)
        except UnknownTypeError as error:
            self.findings.append(_no_type(query, column, error))
            return None
        except Refused:
            return None
        return annotation.optional(nullable)

    def nest(self, query: Query, column: Described) -> Nest:
        """Return the place of a column's value, which names the structs in it."""
        return Nest(
            query=query, path=(column.name,), row=self.row_name(query), offset=column.offset
        )

    def row_name(self, query: Query) -> str:
        """Return the name of a query's row: what @returns says, or its own."""
        tag = query.tag("returns")
        stated = python_names.public(tag.argument) if tag else None
        return stated or _own_name(query, "row")

    def struct(self, one: DescribedQuery) -> str | None:
        """Return the name of the struct of a query's rows."""
        fields = self._fields(one)
        if fields is None:
            return None
        query = one.query
        tag = query.tag("returns")
        place = Place(query, tag=tag)
        if tag is not None and self.structs.stated(tag.argument, place) is None:
            return None
        doc = f"A row of {query.module}.{query.name}." if tag is None else ""
        new = StructDef(name=self.row_name(query), doc=doc, fields=fields)
        if self.by_shape is None:
            return self.structs.claim(new, place)
        if tag is None and (name := self.by_shape.find(one, new.name, fields)):
            return name
        self.by_shape.add(new.name, fields)
        return self.structs.claim(new, place)

    def _fields(self, one: DescribedQuery) -> tuple[FieldDef, ...] | None:
        fields: list[FieldDef] = []
        before = len(self.findings)
        for number, column in enumerate(one.columns, 1):
            name = python_names.field(column.name)
            if name is None:
                shown = json.dumps(column.name, ensure_ascii=False)
                message = f"column {number} is named {shown}, which is no Python name"
                hint = "write an alias: AS name"
                self.findings.append(one.query.finding(message, hint, offset=column.offset))
            elif name in {other.name for other in fields}:
                message, hint = (
                    f"two columns are named {name}",
                    _renamed(one.query.sql, column.offset),
                )
                self.findings.append(one.query.finding(message, hint, offset=column.offset))
            annotation = self.column(one.query, column)
            if name is not None and annotation is not None:
                fields.append(
                    FieldDef(
                        name=name,
                        annotation=annotation,
                        built_in=self.types.expected(column),
                        secret=self.types.is_secret(*column.origin),
                    )
                )
        return tuple(fields) if len(self.findings) == before else None


def _renamed(sql: str, offset: int | None) -> str:
    """Say how a column gets another name: one of a star has no place for an alias."""
    star = _STAR.match(sql, offset) if offset is not None else None
    if star is None:
        return "write an alias for one of them: AS name"
    whole = f"{star[1]} in place of {star[0]}" if star[1] else "each table's alias in place of *"
    return f"select whole rows, {whole}, or the columns, one of them with an alias: AS name"


def _own_name(query: Query, what: str) -> str:
    """Return the name of a struct of a query: by it alone, so that no other query renames it."""
    return python_names.cap_words(f"{query.module.replace('.', '_')}_{query.name}_{what}")


def _no_class(query: Query, tag: Tag) -> Finding:
    message = f"@{tag.name} {tag.argument}: this cannot be the name of a class"
    return query.finding(message, "choose a name that begins with a letter", tag=tag)


def _no_type(query: Query, column: Described, error: UnknownTypeError) -> Finding:
    """Say which column has no Python type, at its place, and what to write there."""
    path = error.path or column.name
    shown = f"{path}: {error.within}" if error.within else path
    message = f"{shown}: {error.message}"
    written = column.expression or column.name
    if not _SIMPLE.fullmatch(written):
        written = f"({written})"
    hint = error.advice or error.hint(written)
    if hint and column.alias and not error.within and not error.advice:
        hint += f" AS {column.name}"
    return query.finding(message, hint, offset=column.offset)
