"""A `@copy` query → the table and the columns that its rows are copied into."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg import sql as compose

from amber_sql.compiler.files.query import Operation

if TYPE_CHECKING:
    from amber_sql.compiler.bind.types import Types
    from amber_sql.compiler.described import DescribedQuery
    from amber_sql.errors import Finding

_TEXTS = {"text", "varchar", "bpchar", "name"}


def copy_target(
    one: DescribedQuery, types: Types, findings: list[Finding]
) -> tuple[str, tuple[str, ...]] | None:
    """Return them, or add what stands in the way to `findings`."""
    tag = one.query.tag("copy")
    if tag is None:
        return None
    if one.facts.inserts is None or one.query.operation is not Operation.MANY_AFFECTED:
        hint = "@copy needs a `*!` query that is INSERT … VALUES of its parameters alone, with no ON CONFLICT and no RETURNING"
        findings.append(one.query.finding("no COPY can be derived from this", hint, tag=tag))
        return None
    oid, numbers = one.facts.inserts
    relation = types.catalog.relations[oid]
    for parameter, number in zip(one.parameters, numbers, strict=True):
        column = relation.columns[number]
        sent, stored = map(types.wire.parameter, (parameter.type, column.type))
        if sent != stored and not {sent, stored} <= _TEXTS:  # COPY converts nothing
            message = f":{parameter.name} is {sent or 'of another type'}, and {column.name} {stored or 'is not'}"
            hint = "let the column give the parameter its type: without a cast"
            findings.append(one.query.finding(message, hint, offset=parameter.offset))
    visible = relation.schema in types.catalog.search_path
    parts = (relation.name,) if visible else (relation.schema, relation.name)
    table = compose.Identifier(*parts).as_string(None)
    return table, tuple(relation.columns[number].name for number in numbers)
