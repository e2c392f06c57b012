"""Described queries → the package to emit: a function each, and what cannot be said in Python."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amber_sql.compiler.bind import python_names
from amber_sql.compiler.bind.built_in_types import UnknownTypeError
from amber_sql.compiler.bind.codegen_model import (
    Annotation,
    FunctionDef,
    ModuleDef,
    PackageDef,
    ParameterDef,
)
from amber_sql.compiler.bind.copy_target import copy_target
from amber_sql.compiler.bind.model_names import is_own
from amber_sql.compiler.bind.optional_parameters import optional, with_aliases
from amber_sql.compiler.bind.row_structs import RowStructs
from amber_sql.compiler.bind.rows_by_shape import RowsByShape
from amber_sql.compiler.bind.types import Types
from amber_sql.compiler.described import Cardinality
from amber_sql.compiler.files.headers import suffix_offset
from amber_sql.compiler.files.query import Operation

if TYPE_CHECKING:
    from collections.abc import Iterable

    from amber_sql.compiler.catalog import Catalog
    from amber_sql.compiler.described import DescribedQuery
    from amber_sql.compiler.files.query import Query, SqlFile
    from amber_sql.errors import Finding
    from amber_sql.locate import Settings

_ONE_ROW = {Operation.ONE, Operation.VALUE, Operation.RETURNING}
_INT, _NONE = Annotation("int"), Annotation("None")
_ITERATOR = ("collections.abc", "Iterator")


def bind(
    files: Iterable[SqlFile],
    described: Iterable[DescribedQuery],
    catalog: Catalog,
    settings: Settings,
) -> tuple[PackageDef, list[Finding]]:
    """Give every query its function, and every row its struct."""
    return _Binder(catalog, settings).package(list(files), list(described))


class _Binder:
    def __init__(self, catalog: Catalog, settings: Settings) -> None:
        self.catalog = catalog
        self.types = Types(catalog, settings.mapped())
        self.findings: list[Finding] = []
        self.left_out: list[str] = []
        self._functions: dict[tuple[str, str], Query] = {}
        self.by_shape = RowsByShape(self.types) if settings.rows == "by-shape" else None
        self.rows = RowStructs(self.types, self.findings, self.by_shape)

    def package(
        self, files: list[SqlFile], described: list[DescribedQuery]
    ) -> tuple[PackageDef, list[Finding]]:
        self.rows.reserve(described)
        for relation in sorted(self.catalog.relations.values(), key=lambda r: (r.schema, r.name)):
            if relation.kind in "rp" and not relation.partition and is_own(relation):
                self._try_struct(relation.oid)
        functions: dict[str, list[FunctionDef]] = {}
        if self.by_shape is not None:  # whoever names its row names it for the others
            described = sorted(described, key=lambda one: one.query.tag("returns") is None)
        for one in described:
            function = self._function(one)
            if function is not None:
                functions.setdefault(one.query.module, []).append(function)
        modules = [
            ModuleDef(
                name=file.module,
                file=file.file.partition("/")[2],
                doc=file.doc,
                digest=file.digest,
                functions=tuple(sorted(functions.get(file.module, []), key=lambda f: f.name)),
            )
            for file in files
            if file.module
        ]
        modules = [with_aliases(module) for module in modules]
        enums = sorted(self.types.enums.values(), key=lambda enum: enum.name)
        structs = self.rows.all()
        package = PackageDef(
            enums=tuple(enums),
            structs=tuple(structs),
            modules=tuple(sorted(modules, key=lambda m: m.name)),
            left_out=tuple(self.left_out),
            aliases=self._aliases({*(e.name for e in enums), *(s.name for s in structs)}),
        )
        return package, self.findings

    def _aliases(self, taken: set[str]) -> tuple[tuple[str, str], ...]:
        """Return the other names of structs that queries share."""
        found = self.by_shape.aliases if self.by_shape else {}
        return tuple(sorted((name, of) for name, of in found.items() if name not in taken))

    def _try_struct(self, oid: int) -> None:
        try:
            self.types.struct(oid)
        except UnknownTypeError as error:
            # No mistake of anybody's: a query that reads such a column says so at its place.
            self.left_out.append(f"{error.within}: {error.message}")

    def _function(self, one: DescribedQuery) -> FunctionDef | None:
        query, before = one.query, len(self.findings)
        name = self._name(query)
        parameters = self._parameters(one)
        row, scalar = self._row(one)
        verb, returns = self._verb(one, row)
        copy = copy_target(one, self.types, self.findings)
        if len(self.findings) == before:
            self.findings.extend(self.rows.nested.idle(query))
        if len(self.findings) > before:
            return None
        many = query.operation is Operation.MANY_AFFECTED
        if (params := query.tag("params")) and not many:
            message, hint = "@params changes nothing here", "delete the tag: this is no `*!` query"
            self.findings.append(query.finding(message, hint, tag=params))
        return FunctionDef(
            name=name,
            label=f"{query.module}.{query.name}",
            doc=query.doc,
            place=f"{query.file}:{query.line}",
            verb=verb,
            parameters=parameters,
            returns=returns,
            row=row if verb not in {"affected", "insert_many", "script"} else None,
            scalar=scalar,
            scalar_type=self.types.expected(one.columns[0]) if scalar else "",
            params_struct=self.rows.params_struct(query, parameters) if many else "",
            copy=copy,
            secret=any(self.types.has_secret(relation) for relation in one.writes),
            deprecated=deprecated.argument if (deprecated := query.tag("deprecated")) else "",
        )

    def _name(self, query: Query) -> str:
        """Return a function's name; two queries of a module may come to one in Python."""
        name = python_names.function(query.name)
        first = self._functions.setdefault((query.module, name), query)
        if first.name != query.name:  # loading has said so, where they are the same
            message = f"{first.name} and {query.name} are both {name} in Python"
            self.findings.append(query.finding(message, "rename one of them"))
        return name

    def _parameters(self, one: DescribedQuery) -> tuple[ParameterDef, ...]:
        nullable = {tag.argument: tag for tag in one.query.tags if tag.name == "nullable"}
        for name, tag in nullable.items():
            arrays = [f"{p.name}[]" for p in one.parameters if self.catalog.is_array(p.type)]
            if name not in [*one.query.parameters, *arrays]:
                known = ", ".join(one.query.parameters) or "none"
                message, hint = f"@nullable {name}: no such parameter", f"its parameters: {known}"
                self.findings.append(one.query.finding(message, hint, tag=tag))
        found: list[ParameterDef] = []
        for parameter in one.parameters:
            name = python_names.parameter(parameter.name)
            if name.startswith("_"):  # as the module's own constants do
                name = f"{name}_"
            if name == f"_{python_names.function(one.query.name)}":
                name += "_"
            at = parameter.offset
            if python_names.field(name) is None:
                message = f"{parameter.name} cannot be a parameter in Python"
                self.findings.append(
                    one.query.finding(message, "begin it with a letter", offset=at)
                )
            elif name in {other.name for other in found}:
                message = f"two parameters are named {name} in Python"
                self.findings.append(one.query.finding(message, "rename one of them", offset=at))
            if not parameter.type:
                continue  # the statement never uses it, and that is said already
            try:
                annotation = self.types.written(parameter)
            except UnknownTypeError as error:
                hint = (
                    f"write :{parameter.name}::{self.types.way_in(parameter.type)}"
                    if parameter.type in self.catalog.types
                    else ""
                )
                message = f":{parameter.name}: {error.message}"
                self.findings.append(one.query.finding(message, hint, offset=at))
                continue
            option = None
            if parameter.option is not None:
                annotation, option = optional(parameter, annotation, one.query.name)
                if parameter.option.labels and parameter.name in nullable:
                    message, hint = (
                        f"@nullable {parameter.name}: a choice has a default",
                        "delete the tag",
                    )
                    tag = nullable[parameter.name]
                    self.findings.append(one.query.finding(message, hint, tag=tag))
            found.append(
                ParameterDef(
                    name=name,
                    annotation=annotation.optional(parameter.nullable and option is None),
                    pg_type=self.types.sent(parameter),
                    # What is left out is NULL wherever else it stands.
                    nullable=parameter.nullable
                    or (option is not None and option.default == "None"),
                    null_elements=not parameter.filled,
                    defaults_to_none=parameter.name in nullable and option is None,
                    secret=any(self.types.is_secret(*place) for place in parameter.places),
                    json=self.types.stated.of_item(parameter),
                    option=option,
                )
            )
            if (
                parameter.stated is None
                and len(stated := self.types.stated.of_places(parameter)) > 1
            ):
                classes = " and ".join(sorted(".".join(path) for path in stated))
                message = f":{parameter.name} goes to columns of {classes}"
                hint = "give each column a parameter of its own, or say which with @type"
                self.findings.append(one.query.finding(message, hint, offset=at))
        return tuple(found)

    def _row(self, one: DescribedQuery) -> tuple[Annotation | None, bool]:
        """Return the type of a row, and whether it is one bare value."""
        counts = one.counts
        returns = one.query.tag("returns")
        if returns and (counts or len(one.columns) <= 1):
            why = "the rows are counted" if counts else "a single column gives the bare value"
            message, hint = "@returns changes nothing here", f"delete the tag: {why}"
            if counts or one.columns:
                self.findings.append(one.query.finding(message, hint, tag=returns))
        if counts:
            return None, False
        if len(one.columns) == 1:
            column = one.columns[0]
            annotation = self.rows.column(one.query, column)
            return (annotation, True) if annotation else (None, True)
        if not one.columns:
            return None, False
        name = self.rows.struct(one)
        return (Annotation(name, models=frozenset({name})), False) if name else (None, False)

    def _verb(self, one: DescribedQuery, row: Annotation | None) -> tuple[str, Annotation]:
        """Return the runtime's function for a query, and what the query function returns."""
        query, operation = one.query, one.query.operation
        tags = {tag.name for tag in query.tags}
        if operation is Operation.SCRIPT:
            return "script", _NONE
        if one.counts:
            return ("affected" if operation is Operation.AFFECTED else "insert_many"), _INT
        if not one.columns:
            self.findings.append(_no_row(query))
            return "affected", _INT
        if row is None:  # its finding is there already
            return "many", _NONE
        if operation is Operation.MANY_AFFECTED:
            return "returning_many", row.inside("list")
        if operation is Operation.MANY:
            if "stream" in tags:
                return "stream", row.inside("Iterator", _ITERATOR)
            return "many", row.inside("list")
        if operation is Operation.VALUE and len(one.columns) > 1:
            self.findings.append(
                query.finding(
                    f"a `$` query returns one column, and this one {len(one.columns)}",
                    "write `^` for a row",
                    offset=one.columns[1].offset,
                )
            )
        if one.cardinality is Cardinality.ONE or "one" in tags:
            return "one", row
        return "optional", row.optional(not row.text.endswith("| None"))


def _no_row(query: Query) -> Finding:
    """Say, at its suffix, that a query is to return rows and returns none."""
    block, label = query.block, f"{query.module}.{query.name}"
    hint = "write `!` for the number of rows affected, or add RETURNING"
    if block.text(block.body[0]).upper() == "SELECT":
        hint = "select a column"
    at = block.start + suffix_offset(block.header)
    return block.source.finding(at, "this statement returns no row", hint, label)
