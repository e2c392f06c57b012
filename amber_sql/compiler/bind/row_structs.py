"""Result rows → structs: a table's own, a named shape that queries share, or one query's."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import msgspec

from amber_sql.compiler.bind import python_names
from amber_sql.compiler.bind.built_in_types import UnknownTypeError
from amber_sql.compiler.bind.codegen_model import Annotation, FieldDef, ParameterDef, StructDef

if TYPE_CHECKING:
    from amber_sql.compiler.bind.types import Types
    from amber_sql.compiler.described import Described, DescribedQuery
    from amber_sql.compiler.files.query import Query
    from amber_sql.compiler.files.source import Tag
    from amber_sql.errors import Finding


_SIMPLE = re.compile(r'[\w.":]+(\([^()]*\))?')
"""What `::` binds to as a whole."""


class RowStructs:
    """The structs of a project, by name."""

    def __init__(self, types: Types, findings: list[Finding]) -> None:
        """Share `types` and report into `findings`."""
        self.types = types
        self.findings = findings
        self._shapes: dict[str, tuple[StructDef, Query]] = {}

    def all(self) -> list[StructDef]:
        """Return every struct, those that others hold first, then by name."""
        for stored in self.types.loose.values():
            if stored.name in self._shapes:
                _, query = self._shapes[stored.name]
                message = f"the row would be named {stored.name}, as a table's that is stored"
                self.findings.append(query.finding(message, "choose another name"))
        shapes = (struct for struct, _ in self._shapes.values())
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
        known = self._shapes.get(name)
        if name in self.types.names.values() or name in python_names.RESERVED_MODELS or known:
            hint = "choose another name with @params"
            self.findings.append(query.finding(f"two models are named {name}", hint, tag=tag))
        self._shapes[name] = (StructDef(name=name, doc=doc, fields=fields), query)
        return name

    def column(self, query: Query, column: Described) -> Annotation | None:
        """Return a column's annotation; a type without one is a finding."""
        stated = {tag.argument for tag in query.tags if tag.name == "not_null"}
        nullable = column.nullable and column.name not in stated
        try:
            annotation = self.types.column(column)
        except UnknownTypeError as error:
            self.findings.append(_no_type(query, column, error))
            return None
        return annotation.optional(nullable)

    def struct(self, one: DescribedQuery) -> str | None:
        """Return the name of the struct of a query's rows."""
        fields = self._fields(one)
        if fields is None:
            return None
        query = one.query
        tag = query.tag("returns")
        name = _own_name(query, "row")
        if tag is not None:
            stated = python_names.public(tag.argument)
            if stated is None:
                self.findings.append(_no_class(query, tag))
                return None
            name = stated
        if key := next((key for key, taken in self.types.names.items() if taken == name), None):
            if tag is None or key[0] != "relation":
                what = "an enum's" if key[0] == "enum" else "a table's"
                hint = "choose another name with @returns"
                message = f"the row would be named {name}, as {what}"
                self.findings.append(query.finding(message, hint, tag=tag))
                return None
            return name if self._is_table(query, key[1], fields, tag) else None
        if name in python_names.RESERVED_MODELS:
            message = f"generated code uses the name {name} itself"
            self.findings.append(query.finding(message, "choose another @returns", tag=tag))
            return None
        doc = f"A row of {query.module}.{query.name}." if tag is None else ""
        new = StructDef(name=name, doc=doc, fields=fields)
        known = self._shapes.get(name)
        if known is None:
            self._shapes[name] = (new, query)
        elif tag is None:
            first = known[1]
            message = f"the row would be named {name}, as that of {first.module}.{first.name}"
            self.findings.append(query.finding(message, "choose another name with @returns"))
            return None
        elif known[0].fields != fields:
            first = known[1]
            what = _difference(known[0].fields, fields)
            hint = f"make it agree with {first.module}.{first.name} ({first.file}:{first.line}), or name it otherwise"
            self.findings.append(query.finding(f"@returns {name} differs: {what}", hint, tag=tag))
            return None
        return name

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
                    "write an alias for one of them: AS name",
                )
                self.findings.append(one.query.finding(message, hint, offset=column.offset))
            annotation = self.column(one.query, column)
            if name is not None and annotation is not None:
                fields.append(
                    FieldDef(
                        name=name,
                        annotation=annotation,
                        built_in=self.types.behind(column.type),
                        secret=self.types.is_secret(*column.origin),
                    )
                )
        return tuple(fields) if len(self.findings) == before else None

    def _is_table(self, query: Query, oid: int, fields: tuple[FieldDef, ...], tag: Tag) -> bool:
        """Tell whether the columns are the table's, in its order; a column may be less nullable."""
        try:
            table = self.types.struct(oid)
        except UnknownTypeError as error:
            message = f"@returns {tag.argument}: {error.within}: {error.message}"
            hint = f"name the row otherwise; {error.hint(tag.argument)}"
            self.findings.append(query.finding(message, hint, tag=tag))
            return False
        theirs = [(f.name, f.annotation.text.removesuffix(" | None")) for f in table.fields]
        ours = [(f.name, f.annotation.text.removesuffix(" | None")) for f in fields]
        if theirs == ours:
            loose = [
                f.name for f, t in zip(fields, table.fields, strict=True)
                if f.annotation.text.endswith("| None") and not t.annotation.text.endswith("| None")
            ]  # fmt: skip
            other = [
                f"{f.name} is {f.built_in} in the database, not {t.built_in}"
                for f, t in zip(fields, table.fields, strict=True)
                if f.built_in not in ("", t.built_in)
            ]
            if not loose and not other:
                return True
            what = other[0] if other else f"{', '.join(loose)} may be NULL here"
        else:
            # Only where its OID does not say it has a result column the type that is behind it.
            known = {f.name: f.built_in for f in table.fields}
            completed = [
                msgspec.structs.replace(f, built_in=f.built_in or known.get(f.name, ""))
                for f in fields
            ]
            what = _difference(table.fields, tuple(completed))
        hint = "list the table's columns in its order, or name the row otherwise"
        message = f"@returns {table.name} is not the table's row: {what}"
        self.findings.append(query.finding(message, hint, tag=tag))
        return False


def _own_name(query: Query, what: str) -> str:
    """Return the name of a struct of a query: by it alone, so that no other query renames it."""
    return python_names.cap_words(f"{query.module.replace('.', '_')}_{query.name}_{what}")


def _no_class(query: Query, tag: Tag) -> Finding:
    message = f"@{tag.name} {tag.argument}: this cannot be the name of a class"
    return query.finding(message, "choose a name that begins with a letter", tag=tag)


def _no_type(query: Query, column: Described, error: UnknownTypeError) -> Finding:
    """Say which column has no Python type, at its place, and what to write there."""
    shown = f"{column.name}: {error.within}" if error.within else column.name
    message = f"{shown}: {error.message}"
    written = column.expression or column.name
    if not _SIMPLE.fullmatch(written):
        written = f"({written})"
    hint = error.hint(written)
    if hint and column.alias and not error.within:
        hint += f" AS {column.name}"
    if not hint:
        hint = "select its fields as columns, or cast it to a composite type: ROW(…)::name"
    return query.finding(message, hint, offset=column.offset)


def _difference(expected: tuple[FieldDef, ...], found: tuple[FieldDef, ...]) -> str:
    """Say where two rows differ first."""
    for number, (one, other) in enumerate(zip(expected, found, strict=False), 1):
        if one.name != other.name:
            return f"column {number} is {other.name}, not {one.name}"
        if one.annotation.text != other.annotation.text:
            return f"{other.name} is {other.annotation.text}, not {one.annotation.text}"
        if one.built_in != other.built_in:
            return f"{other.name} is {other.built_in or 'another type'} in the database, not {one.built_in or 'that'}"
    return f"{len(found)} columns, not {len(expected)}"
