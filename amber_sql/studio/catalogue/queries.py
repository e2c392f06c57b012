"""A compiled project → its queries as pages and files show them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amber_sql.compiler.bind.types import Types
from amber_sql.compiler.contract import contract, rows_in_words
from amber_sql.compiler.emit.function_code import function_lines
from amber_sql.studio.catalogue.model import Module, Output, Parameter, Query, Variant
from amber_sql.studio.catalogue.tables import enum_of

if TYPE_CHECKING:
    from typing import Any

    from amber_sql.compiler.bind.codegen_model import FunctionDef
    from amber_sql.compiler.described import DescribedQuery
    from amber_sql.compiler.pipeline import Build


def read_modules(build: Build) -> tuple[Module, ...]:
    """Return the files of queries by name, with every query that could be generated."""
    stated = {(one["module"], one["name"]): one for one in contract(build)["queries"]}
    described = {f"{one.query.module}.{one.query.name}": one for one in build.described}
    types = Types(build.catalog)
    return tuple(
        Module(
            name=module.name,
            file=module.file,
            doc=module.doc,
            queries=tuple(
                _query(function, described[function.label], stated, types)
                for function in module.functions
            ),
        )
        for module in sorted(build.package.modules, key=lambda one: one.name)
    )


def _query(
    function: FunctionDef,
    one: DescribedQuery,
    stated: dict[tuple[str, str], dict[str, Any]],
    types: Types,
) -> Query:
    query = one.query
    said = stated[query.module, query.name]
    return Query(
        module=query.module,
        name=function.name,
        file=query.file,
        line=query.line,
        signature=_signature(function),
        returns=function.returns.text,
        doc=query.doc,
        deprecated=function.deprecated,
        tags=tuple(f"@{tag.name} {tag.argument}".strip() for tag in query.tags),
        operation=query.operation.value,
        rows=rows_in_words(said),
        sql=_statement(one),
        parameters=tuple(
            Parameter(
                name=defined.name,
                pg_type=told["pg_type"],
                py_type=defined.annotation.text,
                nullable=defined.nullable,
                optional=defined.defaults_to_none or defined.option is not None,
                why=told["why"],
                secret=defined.secret,
                labels=parameter.option.labels
                if parameter.option and parameter.option.labels
                else _labels(types, parameter.type),
                option=parameter.option.kind.value if parameter.option else "",
                default=defined.option.default
                if defined.option
                else ("None" if defined.defaults_to_none else ""),
            )
            for defined, told, parameter in zip(
                function.parameters, said["params"], one.parameters, strict=True
            )
        ),
        columns=tuple(
            Output(
                name=told["name"],
                pg_type=told["pg_type"],
                py_type=told["py_type"],
                nullable=told["nullable"],
                why=told["why"],
                secret=types.is_secret(*column.origin),
            )
            for told, column in zip(said["columns"], one.columns, strict=True)
        ),
        reads=one.reads,
        writes=one.writes,
        variants=tuple(
            Variant(
                words=each.query.variant or "as it stands",
                sql=each.query.sql,
                parameters=each.query.parameters,
            )
            for each in one.variants
        ),
    )


def _signature(function: FunctionDef) -> str:
    """Return a function's first line, without `def` and the colon."""
    lines = function_lines(function, is_async=False, hidden={})
    start = next(number for number, line in enumerate(lines) if line.startswith("def "))
    head: list[str] = []
    for line in lines[start:]:
        head.append(line)
        if line.startswith(("def ", ") ->")) and line.endswith(":"):
            break
    return "\n".join(head).removeprefix("def ").removesuffix(":")


def _statement(one: DescribedQuery) -> str:
    """Return the statement as its file has it, parameters by name."""
    block = one.query.block
    return block.source.text[block.body[0].start : block.body[-1].end] if block.body else ""


def _labels(types: Types, oid: int) -> tuple[str, ...]:
    catalog = types.catalog
    if not enum_of(catalog, oid):
        return ()
    base = catalog.base(oid)
    kind = catalog.types[base]
    return catalog.types[catalog.base(kind.element)].labels if kind.element else kind.labels
