"""A database, and the compiler's catalog of it → its tables and enums.

Names, comments and NULL are the compiler's; asked here is only what it has no use for. Left out are
system schemas, what extensions brought, partitions, and the bookkeeping tables of deploys.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amber_sql.compiler.bookkeeping import TABLES
from amber_sql.compiler.comments import is_secret, tagged
from amber_sql.compiler.search_path import own_path, own_path_first
from amber_sql.studio.catalogue import definitions
from amber_sql.studio.catalogue.model import Column, Enum, ForeignKey, Index, Part, Table

if TYPE_CHECKING:
    from collections.abc import Iterable

    import psycopg

    from amber_sql.compiler.catalog import Catalog, Relation

KINDS = {
    "r": "table",
    "p": "partitioned table",
    "v": "view",
    "m": "materialized view",
    "f": "foreign table",
}
_CONSTRAINTS = {"c": "check", "p": "primary key", "u": "unique", "x": "exclusion"}
_IDENTITY = {"a": "ALWAYS", "d": "BY DEFAULT"}


def read_tables(conn: psycopg.Connection[Any], catalog: Catalog) -> tuple[Table, ...]:
    """Return every table and view of the application's, by label."""
    brought = _brought(conn)
    shown = {
        oid: relation
        for oid, relation in catalog.relations.items()
        if relation.kind in KINDS
        and not relation.partition
        and not _of_system(relation.schema)
        and oid not in brought
        and relation.name not in TABLES
    }
    with own_path_first(conn, catalog.search_path):
        reader = _Definitions(conn, list(shown))
    found = (_table(relation, catalog, reader) for relation in shown.values())
    return tuple(sorted(found, key=lambda table: (table.label.casefold(), table.label)))


def read_enums(conn: psycopg.Connection[Any], catalog: Catalog) -> tuple[Enum, ...]:
    """Return every enum of the application's, by label."""
    brought = _brought(conn)
    found = (
        Enum(label=catalog.display(kind.oid), labels=kind.labels, comment=kind.comment)
        for kind in catalog.types.values()
        if kind.kind == "e" and kind.oid not in brought and not _of_system(kind.schema)
    )
    return tuple(sorted(found, key=lambda enum: (enum.label.casefold(), enum.label)))


class _Definitions:
    """The answers to each question, by table."""

    def __init__(self, conn: psycopg.Connection[Any], tables: list[int]) -> None:
        def by_table(query: str) -> dict[int, list[tuple[Any, ...]]]:
            grouped: dict[int, list[tuple[Any, ...]]] = {}
            for oid, *row in conn.execute(query.encode(), {"tables": tables}):
                grouped.setdefault(oid, []).append(tuple(row))
            return grouped

        self.columns = by_table(definitions.COLUMNS)
        self.constraints = by_table(definitions.CONSTRAINTS)
        self.indexes = by_table(definitions.INDEXES)
        self.policies = by_table(definitions.POLICIES)
        self.triggers = by_table(definitions.TRIGGERS)
        self.relations = by_table(definitions.RELATIONS)


def _table(relation: Relation, catalog: Catalog, asked: _Definitions) -> Table:
    oid = relation.oid
    ((row_security, partitioned_by, partitions, definition),) = asked.relations[oid]
    constraints = asked.constraints.get(oid, [])
    indexes = asked.indexes.get(oid, [])
    unique = [
        frozenset(keys[:count])
        for _, _, is_unique, _, valid, keys, count in indexes
        if is_unique and valid and keys and 0 not in keys[:count]
    ]
    primary = next((keys for _, kind, _, keys, _, _ in constraints if kind == "p"), ())
    return Table(
        label=catalog.relation_name(oid),
        schema=relation.schema,
        name=relation.name,
        kind=KINDS[relation.kind],
        comment=tagged(relation.comment, "@tenant")[0],
        columns=tuple(_columns(relation, catalog, asked.columns.get(oid, []))),
        primary_key=tuple(relation.columns[number].name for number in primary),
        foreign_keys=tuple(_foreign_keys(relation, catalog, constraints, unique)),
        indexes=tuple(
            Index(name=name, sql=sql, unique=is_unique, primary=is_primary, valid=valid)
            for name, sql, is_unique, is_primary, valid, _, _ in indexes
        ),
        constraints=tuple(
            Part(name=name, kind=_CONSTRAINTS[kind], sql=sql)
            for name, kind, sql, *_ in constraints
            if kind in _CONSTRAINTS
        ),
        policies=_parts("policy", asked.policies.get(oid, [])),
        triggers=_parts("trigger", asked.triggers.get(oid, [])),
        row_security=row_security,
        partitioned_by=partitioned_by,
        partitions=partitions if partitioned_by else 0,
        definition=definition.strip(),
    )


def _columns(
    relation: Relation, catalog: Catalog, stated: list[tuple[Any, ...]]
) -> Iterable[Column]:
    written = {number: more for number, *more in stated}
    for number, column in sorted(relation.columns.items()):
        kind, expression, identity, generated = written[number]
        yield Column(
            name=column.name,
            type=kind,
            nullable=not column.not_null,
            default="" if generated else expression,
            identity=_IDENTITY.get(identity, ""),
            generated=expression if generated else "",
            comment=tagged(column.comment, "@type")[0],
            secret=is_secret(column.comment),
            enum=enum_of(catalog, column.type),
        )


def enum_of(catalog: Catalog, oid: int) -> str:
    """Return the label of the enum that a type, its elements or its base is; else ""."""
    oid = catalog.base(oid)
    if catalog.is_array(oid):
        oid = catalog.base(catalog.types[oid].element)
    kind = catalog.types.get(oid)
    return catalog.display(oid) if kind is not None and kind.kind == "e" else ""


def _foreign_keys(
    relation: Relation,
    catalog: Catalog,
    constraints: list[tuple[Any, ...]],
    unique: list[frozenset[int]],
) -> Iterable[ForeignKey]:
    for name, kind, sql, keys, target, target_keys in constraints:
        if kind != "f" or target not in catalog.relations:
            continue
        yield ForeignKey(
            name=name,
            columns=tuple(relation.columns[number].name for number in keys),
            target=catalog.relation_name(target),
            target_columns=tuple(
                catalog.relations[target].columns[number].name for number in target_keys
            ),
            optional=any(not relation.columns[number].not_null for number in keys),
            single=any(one <= set(keys) for one in unique),
            sql=sql,
        )


def _parts(kind: str, rows: list[tuple[Any, ...]]) -> tuple[Part, ...]:
    return tuple(Part(name=name, kind=kind, sql=sql) for name, sql in rows)


def _brought(conn: psycopg.Connection[Any]) -> set[int]:
    with own_path(conn):
        return {oid for (oid,) in conn.execute(definitions.EXTENSIONS)}


def _of_system(schema: str) -> bool:
    return schema.startswith("pg_") or schema == "information_schema"
