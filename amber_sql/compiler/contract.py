"""A build → the machine-readable contract that `describe --json` prints (version 1).

It lists every statement that PostgreSQL accepts, with its columns as PostgreSQL names them, also
where Python would need an alias: that stands in `errors`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amber_sql.compiler.bind.built_in_types import UnknownTypeError
from amber_sql.compiler.bind.json_structs import inside as parts_of
from amber_sql.compiler.bind.nested_structs import Refused
from amber_sql.compiler.bind.optional_parameters import optional
from amber_sql.compiler.bind.row_structs import RowStructs
from amber_sql.compiler.bind.types import Types

if TYPE_CHECKING:
    from amber_sql.compiler.bind.named_structs import Nest
    from amber_sql.compiler.described import Described, DescribedQuery, JsonShape
    from amber_sql.compiler.pipeline import Build
    from amber_sql.errors import Finding

VERSION = 1


def contract(build: Build) -> dict[str, Any]:
    """Return what `describe --json` prints, sorted by module and line."""
    rows = RowStructs(Types(build.catalog, build.settings.mapped()), [])
    described = sorted(build.described, key=lambda one: (one.query.module, one.query.line))
    return {
        "version": VERSION,
        "queries": [_query(one, rows) for one in described],
        "errors": [_error(finding) for finding in build.errors],
    }


def rows_in_words(query: dict[str, Any]) -> str:
    """Say, for people, what a query of the contract gives back."""
    match query["operation"]:
        case "many_affected" if any(column["pg_type"] != "void" for column in query["columns"]):
            return "what it returns, in the order of the rows given"
        case "affected" | "many_affected":
            return "the number of rows affected"
        case "script":
            return "nothing: a script"
    words: str = query["cardinality"].replace("_", " ")
    return words


def _query(one: DescribedQuery, rows: RowStructs) -> dict[str, Any]:
    variants = [_variant(each) for each in one.variants]
    return {
        "module": one.query.module,
        "name": one.query.name,
        "file": one.query.file,
        "line": one.query.line,
        "operation": one.query.operation.value,
        "cardinality": one.cardinality.value,
        "params": [_typed(item, rows, rows.nest(one.query, item)) for item in one.parameters],
        "columns": [_typed(item, rows, rows.nest(one.query, item)) for item in one.columns],
        "reads": list(one.reads),
        "writes": list(one.writes),
    } | ({"variants": variants} if variants else {})


def _variant(one: DescribedQuery) -> dict[str, Any]:
    """Return what is sent where these names are given and these labels chosen."""
    return {
        "name": one.query.variant,
        "given": [option.name for option in one.query.options if option.name in one.query.given],
        "chosen": dict(one.query.chosen),
        "params": list(one.query.parameters),
        "sql": one.query.sql,
        "cardinality": one.cardinality.value,
        "reads": list(one.reads),
        "writes": list(one.writes),
    }


def _typed(item: Described, rows: RowStructs, nest: Nest) -> dict[str, Any]:
    """Return what is known of a parameter, a column or, in one, a field."""
    default = {}
    try:
        annotation = rows.nested.annotation(nest, item)
        if item.option is None:
            annotation = annotation.optional(item.nullable)
        else:
            annotation, option = optional(item, annotation)
            default = {"option": item.option.kind.value, "default": option.default}
        py_type = annotation.text
    except (UnknownTypeError, Refused):
        py_type = "unknown"  # the finding in `errors` says the way out
    types = rows.types
    found = {
        "name": item.name,
        "pg_type": types.catalog.display(item.type)
        if item.type in types.catalog.types
        else "unknown",
        "py_type": py_type,
        "nullable": item.nullable,
        "why": item.why,
    } | default
    if item.shape is not None and item.shape.fields:
        inside = [
            (field, nest.inside(rows.nested.name(nest)[0], field.name))
            for field in item.shape.fields
        ]
        found["fields"] = [_typed(field, rows, each) for field, each in inside]
    elif item.json is not None and item.stated is None:
        found |= _of_json(item.json, rows, nest)
    return found


def _of_json(shape: JsonShape, rows: RowStructs, nest: Nest) -> dict[str, Any]:
    """Return the fields of an object in JSON, where there is one."""
    if not (named := parts_of(shape)):
        return {}
    fields, types = [], rows.types
    row = rows.nested.name(nest)[0]
    for name, part in named:
        inner = nest.inside(row, name)
        try:
            py_type = rows.nested.json.part(inner, part).text
        except (UnknownTypeError, Refused):
            py_type = "unknown"
        why = "a key that may be missing" if part.optional else "null" if part.nullable else ""
        field = {
            "name": name,
            "pg_type": types.catalog.display(part.type) if part.type else "json",
            "py_type": py_type,
            "nullable": part.nullable or part.optional,
            "why": why,
        }
        fields.append(field | _of_json(part, rows, inner))
    return {"fields": fields}


def _error(finding: Finding) -> dict[str, Any]:
    return {
        "file": finding.file,
        "line": finding.line,
        "column": finding.column,
        "message": finding.message,
        "hint": finding.hint,
    }
