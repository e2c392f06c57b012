"""A result of the server, as text → rows to show: what is nested as JSON, what is secret as nothing.

A composite's text becomes JSON by the server itself, which alone knows its fields.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Collection

    from psycopg import AsyncConnection
    from psycopg.pq.abc import PGresult

    from amber_sql.compiler.described import DescribedQuery
    from amber_sql.studio.relations import Schema

MOST = 200
"""Rows that are shown of a result."""
LONGEST = 20_000
"""Characters of a value that are shown."""
SECRET = "(secret)"  # noqa: S105
_NESTED = """
SELECT t.oid, pg_catalog.format_type(t.oid, -1),
       coalesce(c.relkind OPERATOR(pg_catalog.<>) 'c', false) FROM pg_catalog.pg_type AS t
LEFT JOIN pg_catalog.pg_type AS e ON e.oid OPERATOR(pg_catalog.=) t.typelem
LEFT JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) coalesce(nullif(t.typrelid, 0), e.typrelid)
WHERE t.oid OPERATOR(pg_catalog.=) ANY (%s) AND t.oid OPERATOR(pg_catalog.<>) 2249 AND (t.typtype OPERATOR(pg_catalog.=) 'c'
   OR t.oid OPERATOR(pg_catalog.=) ANY (ARRAY[114, 3802]::pg_catalog.oid[])
   OR t.typcategory OPERATOR(pg_catalog.=) 'A' AND t.typelem OPERATOR(pg_catalog.<>) 0 AND e.oid OPERATOR(pg_catalog.<>) 2249)
"""


class Value(msgspec.Struct, frozen=True):
    """A value that is shown."""

    text: str | None
    """None for NULL."""
    nested: Any = None
    """What JSON there is in it."""


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """The rows of a result."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]
    count: int
    """How many there were."""
    affected: int | None = None

    @property
    def cut(self) -> bool:
        """Tell whether there are more than are shown."""
        return self.count > len(self.rows)


async def shown(
    conn: AsyncConnection, result: PGresult, one: DescribedQuery, schema: Schema, *, secret: bool
) -> Shown:
    """Return what a result shows, at most so many rows; `secret` says that it looks at a secret column."""
    words = schema.secret_words
    kinds = {result.ftype(number) for number in range(result.nfields)}
    found = await (await conn.execute(_NESTED, [list(kinds)])).fetchall()
    nested: dict[int, str] = {oid: name for oid, name, _ in found}
    known: dict[int, bool] = {oid: is_record for oid, _, is_record in found}
    records = {oid for oid, is_record in known.items() if is_record}
    hidden = [
        _is_hidden(result, number, one, schema, records if secret else None)
        for number in range(result.nfields)
    ]
    rows = []
    for row in range(min(result.ntuples, MOST)):
        values = []
        for number in range(result.nfields):
            raw = result.get_value(row, number)
            if raw is None:
                values.append(Value(None))
            elif hidden[number]:
                values.append(Value(SECRET))
            else:
                kind = nested.get(result.ftype(number))
                values.append(await _value(conn, raw.decode(), kind, words))
        rows.append(tuple(values))
    return Shown(
        columns=tuple((result.fname(n) or b"").decode() for n in range(result.nfields)),
        rows=tuple(rows),
        count=result.ntuples,
        affected=result.command_tuples if not result.nfields else None,
    )


async def _value(
    conn: AsyncConnection, text: str, kind: str | None, words: Collection[str]
) -> Value:
    if kind is None:
        return Value(text if len(text) <= LONGEST else text[:LONGEST] + "…")
    query = f"SELECT pg_catalog.to_json($1::{kind})::pg_catalog.text"
    row = await (await raw(conn, query, [text])).fetchone()
    found = msgspec.json.decode(row[0]) if row else None
    masked = masked_json(found, words)
    if isinstance(found, list) and not any(isinstance(item, list | dict) for item in found):
        return Value(text if masked == found else None, masked)
    return Value(None, masked) if masked is not None else Value(text)


def masked_json(value: Any, words: Collection[str]) -> Any:
    """Return JSON without what stands under the name of a secret column."""
    if isinstance(value, dict):
        return {
            key: SECRET if key in words and item is not None else masked_json(item, words)
            for key, item in value.items()
        }
    return [masked_json(item, words) for item in value] if isinstance(value, list) else value


def _is_hidden(
    result: PGresult,
    number: int,
    one: DescribedQuery,
    schema: Schema,
    records: Collection[int] | None,
) -> bool:
    """Tell whether a column is secret, or may be computed from one.

    `records` are the types of the rows of tables, where the statement looks at a secret column. What
    is computed from it is not followed: every value without an origin is hidden then, but for rows
    that are as a table has them, whose fields are known by their names.
    """
    origin = result.ftable(number), result.ftablecol(number)
    if origin[0]:
        return origin in schema.secrets
    if records is None:
        return False
    described = one.columns[number] if number < len(one.columns) else None
    return result.ftype(number) not in records or described is None or not described.whole


async def raw(conn: AsyncConnection, sql: str, values: list[str | None]) -> Any:
    """Run a statement whose parameters are `$1`, …, each sent as a text of no type yet."""
    from psycopg import AsyncRawCursor  # noqa: PLC0415

    cursor = AsyncRawCursor(conn)
    await cursor.execute(sql.encode(), values)
    return cursor
