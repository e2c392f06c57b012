"""Anonymous rows in a result → structs, named after the row and the column, or by `@struct`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from amber_sql.compiler.bind import python_names
from amber_sql.compiler.bind.built_in_types import UnknownTypeError
from amber_sql.compiler.bind.codegen_model import Annotation, FieldDef, StructDef
from amber_sql.compiler.bind.json_structs import JsonStructs
from amber_sql.compiler.bind.named_structs import Nest, Place
from amber_sql.compiler.bind.plurals import singular
from amber_sql.compiler.described import Shape

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amber_sql.compiler.bind.named_structs import NamedStructs
    from amber_sql.compiler.described import Described
    from amber_sql.compiler.files.query import Query
    from amber_sql.compiler.files.source import Tag
    from amber_sql.errors import Finding


class NestedStructs:
    """The structs of what has no name in the database."""

    def __init__(self, structs: NamedStructs) -> None:
        """Share the project's structs."""
        self.structs = structs
        self.types = structs.types
        self._found: dict[str, set[str]] = {}
        """The columns of each query that have structs in them."""
        self.json = JsonStructs(self.types, self.name, self._object)

    def annotation(self, nest: Nest, item: Described) -> Annotation:
        """Return the type of a value that is not NULL. Raises UnknownTypeError."""
        if item.json is not None and item.stated is None and self.types.is_known(item.json):
            json = self.json.annotation(nest, item.json)
            return self.types.holding(item.type, json, filled=item.filled, depth=item.depth)
        row = None
        if item.shape is not None and self.types.catalog.is_record(item.type):
            row = self._row(nest, item)
        return self.types.column(item, row=row)

    def name(self, nest: Nest) -> tuple[str, Place]:
        """Return what a value's struct is called, and the place that asks for it.

        `AuthorCard.books` → `AuthorCardBook`, unless a tag says otherwise.
        """
        label = f"{nest.query.module}.{nest.query.name}"
        self._found.setdefault(label, set()).add(nest.column)
        tag = next((tag for tag in nest.query.tags if _subject(tag) == nest.column), None)
        place = Place(nest.query, nest.column, tag, nest.offset)
        if tag is not None:
            stated = self.structs.stated(tag.argument.split()[-1], place)
            if stated is not None:
                return stated, place
        last = nest.path[-1]
        return nest.row + python_names.cap_words(singular(last) or last), place

    def idle(self, query: Query) -> Iterator[Finding]:
        """Yield a finding for each `@struct` that names nothing."""
        found = self._found.get(f"{query.module}.{query.name}", set())
        for tag in query.tags:
            if tag.name == "struct" and _subject(tag) not in found:
                known = ", ".join(sorted(found)) or "none of its columns"
                message = f"@struct {_subject(tag)}: there is no row without a name of its own"
                yield query.finding(message, f"such rows are in: {known}", tag=tag)

    def struct(
        self, nest: Nest, name: str, place: Place, fields: tuple[FieldDef, ...], *, composite: bool
    ) -> Annotation | None:
        """Return the struct of these fields; None where another one has its name: a finding says so.

        `composite` says that it comes as a row, with the types of its fields; JSON does not.
        """
        doc = (
            "" if place.tag else f"A row in {nest.column} of {nest.query.module}.{nest.query.name}."
        )
        made = StructDef(name=name, doc=doc, fields=fields, composite=composite)
        claimed = self.structs.claim(made, place)
        return Annotation(claimed, models=frozenset({claimed})) if claimed else None

    def _object(
        self, nest: Nest, name: str, place: Place, fields: tuple[FieldDef, ...]
    ) -> Annotation:
        """Return the struct of an object in JSON."""
        found = self.struct(nest, name, place, fields, composite=False)
        if found is None:
            raise Refused
        return found

    def _row(self, nest: Nest, item: Described) -> Annotation:
        shape = item.shape or Shape()
        if shape.problem:
            raise _unsaid(nest, shape.problem, shape.hint)
        name, place = self.name(nest)
        fields: list[FieldDef] = []
        for number, field in enumerate(shape.fields, 1):
            own = python_names.field(field.name)
            if own is None:
                shown = json.dumps(field.name, ensure_ascii=False)
                what = f"field {number} of its row is named {shown}, which is no Python name"
                raise _unsaid(nest, what, _ALIAS)
            if own in {other.name for other in fields}:
                raise _unsaid(nest, f"two fields of its row are named {own}", _ALIAS)
            inside = nest.inside(name, field.name)
            try:
                annotation = self.annotation(inside, field)
            except UnknownTypeError as error:
                cast = error.cast.format(field.name) if not error.within else ""
                error.path = error.path or inside.column
                error.advice = error.advice or (
                    f"write {cast} AS {field.name} in the subquery" if cast else ""
                )
                raise
            fields.append(
                FieldDef(
                    name=own,
                    annotation=annotation.optional(field.nullable),
                    built_in=self.types.wire.built_in(field.type, self.types.stated.path(field)),
                    secret=self.types.is_secret(*field.origin),
                )
            )
        found = self.struct(nest, name, place, tuple(fields), composite=True)
        if found is None:
            raise Refused
        return found


class Refused(Exception):
    """A struct could not be made, and a finding says why."""


_ALIAS = "give it an alias in the subquery: AS name"


def _subject(tag: Tag) -> str:
    """Return the column that a `@struct` is about."""
    return tag.argument.rpartition(" ")[0].strip() if tag.name == "struct" else ""


def _unsaid(nest: Nest, what: str, advice: str) -> UnknownTypeError:
    error = UnknownTypeError(what)
    error.path, error.advice = nest.column, advice
    return error
