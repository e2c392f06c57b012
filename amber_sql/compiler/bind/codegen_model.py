"""The code generation model: what the emitter writes, and nothing that it would have to work out."""

from __future__ import annotations

import re

import msgspec


class Annotation(msgspec.Struct, frozen=True):
    """A Python type as it is written, and what must be imported for it."""

    text: str
    imports: frozenset[tuple[str, str]] = frozenset()
    """(module, name) pairs."""
    models: frozenset[str] = frozenset()
    """Names that models.py defines."""

    def optional(self, nullable: bool) -> Annotation:
        """Return this type, or None as well."""
        if not nullable or self.text == "None":
            return self
        return Annotation(f"{self.text} | None", self.imports, self.models)

    def inside(self, wrapper: str, *imports: tuple[str, str]) -> Annotation:
        """Return a generic type of this one: `list[str]`."""
        return Annotation(f"{wrapper}[{self.text}]", self.imports | set(imports), self.models)


class FieldDef(msgspec.Struct, frozen=True, kw_only=True):
    """A field of a struct."""

    name: str
    annotation: Annotation
    comment: str = ""
    built_in: str = ""
    """The type of PostgreSQL's own behind it; of a result column only where its OID does not say."""
    secret: bool = False
    """Whether it is never shown."""
    key: str = ""
    """What it is called in JSON, where that is not its name."""
    default: str = ""
    """What it is where JSON lacks it."""


class StructDef(msgspec.Struct, frozen=True, kw_only=True):
    """A struct of models.py."""

    name: str
    doc: str
    fields: tuple[FieldDef, ...]
    composite: bool = False
    """Whether rows of it arrive as composites, whose field types are checked."""

    @property
    def secrets(self) -> list[str]:
        """The fields that are never shown."""
        return [field.name for field in self.fields if field.secret]


class EnumDef(msgspec.Struct, frozen=True, kw_only=True):
    """An enum of models.py: (member, label) pairs in the server's order."""

    name: str
    doc: str
    labels: tuple[tuple[str, str], ...]


class ParameterDef(msgspec.Struct, frozen=True, kw_only=True):
    """A parameter of a query function."""

    name: str
    annotation: Annotation
    pg_type: str
    nullable: bool
    defaults_to_none: bool
    null_elements: bool = False
    """Whether the elements of an array may be None."""
    secret: bool = False
    """Whether it goes to a column that is never shown."""
    json: Annotation | None = None
    """What JSON in it has to fit, where something says so."""
    option: OptionDef | None = None
    """What leaves lines of its query in or out."""


class OptionDef(msgspec.Struct, frozen=True, kw_only=True):
    """What makes a parameter optional: its default, and of a choice what its labels are called."""

    name: str
    """In the file."""
    default: str
    """As it is written: `None`, `UNSET`, `False`, `"newest"`."""
    labels: tuple[str, ...] = ()
    alias: str = ""
    """The type of a choice: `SearchSort`."""

    @property
    def constant(self) -> str:
        """The tuple of a choice's labels: `SEARCH_SORT`."""
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", self.alias).upper()


class FunctionDef(msgspec.Struct, frozen=True, kw_only=True):
    """A query function."""

    name: str
    label: str
    """`users.get`, as errors call it."""
    doc: str
    place: str
    """`queries/users.sql:12`."""
    verb: str
    """The function of the runtime: one, optional, many, affected, insert_many, returning_many, stream,
    script."""
    parameters: tuple[ParameterDef, ...]
    returns: Annotation
    row: Annotation | None
    """The struct of a row, or the type of its only value."""
    scalar: bool
    scalar_type: str = ""
    """What is behind a single value's type, as in FieldDef."""
    params_struct: str = ""
    copy: tuple[str, tuple[str, ...]] | None = None
    secret: bool = False
    """Whether it writes to a table that has columns which are never shown."""
    deprecated: str = ""

    @property
    def options(self) -> list[tuple[ParameterDef, OptionDef]]:
        """The parameters that lines depend on."""
        return [(p, p.option) for p in self.parameters if p.option is not None]


class ModuleDef(msgspec.Struct, frozen=True, kw_only=True):
    """A module of query functions."""

    name: str
    file: str
    """Its path below the folder of queries."""
    doc: str
    digest: str
    functions: tuple[FunctionDef, ...]


class PackageDef(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is generated."""

    enums: tuple[EnumDef, ...]
    structs: tuple[StructDef, ...]
    modules: tuple[ModuleDef, ...]
    left_out: tuple[str, ...] = ()
    """Tables without a struct, which no query asks for, each with the reason."""
    aliases: tuple[tuple[str, str], ...] = ()
    """Other names of structs: (name, struct)."""
