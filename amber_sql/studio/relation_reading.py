"""The catalog → `relations.Schema`."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from amber_sql.compiler.bookkeeping import TABLES
from amber_sql.compiler.comments import TAGS, is_secret, tagged
from amber_sql.studio import relation_queries as queries
from amber_sql.studio.hidden import hidden_columns
from amber_sql.studio.relations import Check, Column, ForeignKey, Index, Schema, Table

if TYPE_CHECKING:
    from psycopg import AsyncConnection

_ON_DELETE = {"a": "", "r": "", "c": "cascade", "n": "set null", "d": "set default"}


async def read_schema(conn: AsyncConnection) -> Schema:
    """Read the catalog, on a connection whose search_path is PostgreSQL's own."""
    relations = await _rows(conn, queries.RELATIONS)
    columns: dict[int, list[Column]] = defaultdict(list)
    for relation, *values in await _rows(conn, queries.COLUMNS):
        columns[relation].append(_column(values))
    hidden = await hidden_columns(
        conn, {(oid, one.number) for oid, found in columns.items() for one in found if one.secret},
        {oid: [(one.number, one.name) for one in found] for oid, found in columns.items()},
    )  # fmt: skip
    indexes: dict[int, list[Index]] = defaultdict(list)
    for relation, *values in await _rows(conn, queries.INDEXES):
        indexes[relation].append(_index(values))
    checks: dict[int, list[Check]] = defaultdict(list)
    for relation, name, names, text in await _rows(conn, queries.CHECKS):
        checks[relation].append(Check(name, tuple(names), text))
    keys = [_foreign_key(values) for values in await _rows(conn, queries.FOREIGN_KEYS)]
    tables = {
        (schema, name): Table(
            oid=oid, schema=schema, name=name, kind=kind, comment=_said(comment), rows=rows,
            size=size, parent=(parent_schema, parent) if parent else None,
            columns=tuple(replace(one, secret=(oid, one.number) in hidden) for one in columns[oid]),
            indexes=tuple(indexes[oid]), checks=tuple(checks[oid]),
            refers=tuple(one for one in keys if (one.schema, one.table) == (schema, name)),
            referred=tuple(one for one in keys if (one.to_schema, one.to_table) == (schema, name)),
            bookkeeping=name in TABLES, definition=definition,
        )
        for oid, schema, name, kind, comment, rows, size, parent_schema, parent, definition in relations
    }  # fmt: skip
    words = await conn.execute(queries.NAMES, [[oid for oid, _ in hidden], [n for _, n in hidden]])
    return Schema(
        _with_partitions(tables), frozenset(hidden), frozenset(name for (name,) in await words.fetchall())
    )  # fmt: skip


def _with_partitions(tables: dict[tuple[str, str], Table]) -> dict[tuple[str, str], Table]:
    """Give each partitioned table the rows and sizes of its partitions."""
    inside: dict[tuple[str, str], list[Table]] = defaultdict(list)
    for one in tables.values():
        if one.parent:
            inside[one.parent].append(one)

    def leaves(name: tuple[str, str]) -> list[Table]:
        return [leaf for one in inside[name] for leaf in (leaves((one.schema, one.name)) or [one])]

    whole = dict(tables)
    for name, one in tables.items():
        if one.kind == "p":
            parts = leaves(name)
            counted = [part.rows for part in parts if part.rows is not None]
            whole[name] = replace(
                one, partitions=len(parts), size=sum(part.size for part in parts),
                rows=sum(counted) if counted or not parts else None,
            )  # fmt: skip
    return whole


def _said(comment: str) -> str:
    """Return what a comment says to people."""
    for tag in TAGS.values():
        comment, _ = tagged(comment, tag.partition(" ")[0])
    return comment


def _column(values: list[Any]) -> Column:
    number, name, shown, cast, category, kind, labels, not_null, default, *rest = values
    generated, identity, comment, variable, sortable = rest
    return Column(
        number=number, name=name, type=shown, cast=cast, category=category, kind=kind,
        labels=tuple(labels), not_null=not_null, default=default, generated=generated,
        identity=identity, comment=_said(comment), secret=is_secret(comment), variable=variable,
        sortable=sortable,
    )  # fmt: skip


def _index(values: list[Any]) -> Index:
    name, columns, unique, primary, method, partial, immediate, trigrams, size, scans, text = values
    return Index(
        name=name, columns=tuple(columns), unique=unique, primary=primary, method=method,
        partial=partial, immediate=immediate, trigrams=trigrams, size=size, scans=scans,
        definition=text,
    )  # fmt: skip


def _foreign_key(values: tuple[Any, ...]) -> ForeignKey:
    name, schema, table, to_schema, to_table, columns, to_columns, on_delete = values
    return ForeignKey(
        name=name, schema=schema, table=table, columns=tuple(columns), to_schema=to_schema,
        to_table=to_table, to_columns=tuple(to_columns), on_delete=_ON_DELETE.get(on_delete, ""),
    )  # fmt: skip


async def _rows(conn: AsyncConnection, statement: str) -> list[tuple[Any, ...]]:
    return await (await conn.execute(statement.encode())).fetchall()
