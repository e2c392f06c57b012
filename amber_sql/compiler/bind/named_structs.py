"""Structs by name: equal shapes under one name are one struct, unequal ones name both places."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from amber_sql.compiler.bind import python_names
from amber_sql.compiler.bind.built_in_types import UnknownTypeError

if TYPE_CHECKING:
    from amber_sql.compiler.bind.codegen_model import FieldDef, StructDef
    from amber_sql.compiler.bind.types import Types
    from amber_sql.compiler.files.query import Query
    from amber_sql.compiler.files.source import Tag
    from amber_sql.errors import Finding


class Place(NamedTuple):
    """What asks for a struct: a query's row, or what is nested in one of its columns."""

    query: Query
    column: str = ""
    """The path of a nested row: `books`, `books.tags`."""
    tag: Tag | None = None
    """What names the struct, where anything does."""
    offset: int | None = None

    def __str__(self) -> str:
        label = f"{self.query.module}.{self.query.name}"
        return f"{label}, column {self.column}" if self.column else label

    @property
    def subject(self) -> str:
        """What a message is about."""
        if self.tag is not None:
            return f"@{self.tag.name} {self.tag.argument}"
        return f"{self.column}: its row" if self.column else "the row"

    @property
    def remedy(self) -> str:
        """The tag that gives another name."""
        return f"-- @struct {self.column} Name" if self.column else "@returns"

    def finding(self, message: str, hint: str) -> Finding:
        """Return a finding at the tag, at the column, or at the query's header."""
        return self.query.finding(message, hint, tag=self.tag, offset=self.offset)


class Nest(msgspec.Struct, frozen=True, kw_only=True):
    """A value of a result that may have structs in it."""

    query: Query
    path: tuple[str, ...]
    """The columns and fields that lead to it: `("books", "tags")`."""
    row: str
    """The struct that holds it, after which its own is named."""
    offset: int | None = None
    """Where its column is written."""

    @property
    def column(self) -> str:
        """The path as `@struct` and messages write it."""
        return ".".join(self.path)

    def inside(self, struct: str, field: str) -> Nest:
        """Return a field of the struct that this value is made of."""
        return msgspec.structs.replace(self, path=(*self.path, field), row=struct)


Refusal = tuple[str, str]
"""A message, and its hint."""


class NamedStructs:
    """The structs of a project, by name; findings go into `findings`."""

    def __init__(self, types: Types, findings: list[Finding]) -> None:
        """Start with the tables' own alone."""
        self.types, self.findings = types, findings
        self.shapes: dict[str, tuple[StructDef, Place]] = {}

    def stated(self, written: str, place: Place) -> str | None:
        """Return a name that a tag gives, or None where Python would not take it."""
        name = python_names.public(written)
        if name is None:
            message = f"{place.subject}: this cannot be the name of a class"
            hint = "choose a name that begins with a letter"
            self.findings.append(place.finding(message, hint))
        return name

    def claim(self, struct: StructDef, place: Place) -> str | None:
        """Return the struct's name, or None where something else has it: that is a finding."""
        refused = self._taken(struct, place) or self._reserved(struct.name, place)
        if refused is None and struct.name not in self.types.names.values():
            known = self.shapes.get(struct.name)
            refused = self._share(struct, place, *known) if known else None
            if known is None:
                self.shapes[struct.name] = struct, place
        if refused is not None:
            self.findings.append(place.finding(*refused))
            return None
        return struct.name

    def _taken(self, struct: StructDef, place: Place) -> Refusal | None:
        """Refuse an enum's name, and a table's unless the tag means it and the rows are its own."""
        names = self.types.names.items()
        key = next((key for key, taken in names if taken == struct.name), None)
        if key is None:
            return None
        if place.tag is not None and key[0] == "relation":
            return self._of_table(key[1], struct.fields, place)
        what = "an enum's" if key[0] == "enum" else "a table's"
        return (
            f"{place.subject} would be named {struct.name}, as {what}",
            f"choose another name with {place.remedy}",
        )

    @staticmethod
    def _reserved(name: str, place: Place) -> Refusal | None:
        if name not in python_names.RESERVED_MODELS:
            return None
        return f"generated code uses the name {name} itself", f"choose another {place.remedy}"

    def _share(
        self, struct: StructDef, place: Place, other: StructDef, first: Place
    ) -> Refusal | None:
        """Let two places have one struct, or say where they differ."""
        name, tag = struct.name, place.tag
        if tag is None and not place.column and not first.column:
            message = f"the row would be named {name}, as that of {first}"
            return message, "choose another name with @returns"
        theirs = completed(other.fields, struct.fields)
        what = difference(theirs, completed(struct.fields, other.fields))
        where = f"{first} ({first.query.file}:{first.query.line})"
        if what and tag is None:
            message = f"{place.subject} would be named {name}, as that of {where}: {what}"
            return message, f"name one of them by {place.remedy}"
        if what:
            hint = f"make it agree with {where}, or name it otherwise"
            return f"{place.subject} differs: {what}", hint
        composite = struct.composite or other.composite
        merged = msgspec.structs.replace(other, fields=theirs, composite=composite)
        self.shapes[name] = merged, first
        return None

    def _of_table(self, oid: int, fields: tuple[FieldDef, ...], place: Place) -> Refusal | None:
        """Refuse columns that are not the table's, in its order; one may be less nullable."""
        try:
            table = self.types.struct(oid)
        except UnknownTypeError as error:
            message = f"{place.subject}: {error.within}: {error.message}"
            return message, f"name the row otherwise; {error.hint(error.within)}"
        theirs = [(f.name, f.annotation.text.removesuffix(" | None")) for f in table.fields]
        ours = [(f.name, f.annotation.text.removesuffix(" | None")) for f in fields]
        what = difference(table.fields, completed(fields, table.fields))
        if theirs == ours:
            pairs = list(zip(fields, table.fields, strict=True))
            loose = [f.name for f, t in pairs if _is_optional(f) and not _is_optional(t)]
            what = f"{', '.join(loose)} may be NULL here" if loose else ""
            other = (
                f"{f.name} is {f.built_in} in the database, not {t.built_in}"
                for f, t in pairs
                if f.built_in not in ("", t.built_in)
            )
            what = next(other, what)
        if not what:
            return None
        hint = "list the table's columns in its order, or name the row otherwise"
        return f"{place.subject} is not the table's row: {what}", hint


def _is_optional(field: FieldDef) -> bool:
    return field.annotation.text.endswith("| None")


def completed(fields: tuple[FieldDef, ...], others: tuple[FieldDef, ...]) -> tuple[FieldDef, ...]:
    """Return fields with the types behind them that only the other side has.

    A result column has the type that is behind it only where its OID does not say it.
    """
    known = {field.name: field for field in others}
    return tuple(
        msgspec.structs.replace(
            field,
            built_in=field.built_in or known[field.name].built_in,
            secret=field.secret or known[field.name].secret,
        )
        if field.name in known
        else field
        for field in fields
    )


def difference(expected: tuple[FieldDef, ...], found: tuple[FieldDef, ...]) -> str:
    """Say where two rows differ first, or nothing where they are equal."""
    for number, (one, other) in enumerate(zip(expected, found, strict=False), 1):
        if one.name != other.name:
            return f"column {number} is {other.name}, not {one.name}"
        if one.annotation.text != other.annotation.text:
            return f"{other.name} is {other.annotation.text}, not {one.annotation.text}"
        if one.built_in != other.built_in:
            return f"{other.name} is {other.built_in or 'another type'} in the database, not {one.built_in or 'that'}"
    return "" if len(expected) == len(found) else f"{len(found)} columns, not {len(expected)}"
