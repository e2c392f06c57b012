"""Which COPY a target gets: binary where every column's type is known here, otherwise text.

Binary rows are written by psycopg's compiled code. Its integer dumpers for a given type cut off
the upper bits in silence, so integers, like JSON and addresses, are packed by dumpers of ours.
"""

from __future__ import annotations

from functools import cache
from ipaddress import ip_interface
from typing import TYPE_CHECKING, Any, LiteralString

import msgspec
from psycopg.adapt import Dumper
from psycopg.pq import Format

from . import _numbers
from ._adapters import TYPES
from ._encode import TEXTS, Binary, json
from ._loaders import UTF8, encoding_of
from ._verbatim import TextDumper

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from psycopg import AsyncCursor, Cursor

    from ._prepared import CopyTarget, Statement

AS_PSYCOPG = frozenset(
    {"bool", "bytea", "date", "float4", "float8", "interval", "numeric", "time", "timetz"}
    | {"timestamp", "timestamptz", "uuid", "text[]", "varchar[]", "uuid[]"}
)
PGSQL_AF = {4: 2, 6: 3}


def inet(value: Any) -> bytes:
    """Return an address in inet's binary form."""
    address = ip_interface(value)
    packed = address.packed
    return bytes((PGSQL_AF[address.version], address.network.prefixlen, 0, len(packed))) + packed


def jsonb(value: Any) -> bytes:
    """Return JSON behind jsonb's version number."""
    return b"\x01" + json(value).encode()


PACKERS: dict[str, Callable[[Any], bytes]] = {
    **_numbers.PACKERS,
    "inet": inet,
    "json": lambda value: json(value).encode(),
    "jsonb": jsonb,
}


class CopyPlan(msgspec.Struct, frozen=True):
    """How rows are written: the COPY, and if it is binary the type of each column."""

    statement: Statement[Any]
    sql: LiteralString
    types: tuple[int, ...]
    encoding: str

    def values(self, values: Sequence[Any]) -> Sequence[Any]:
        """Return what `write_row` takes for one row."""
        if self.types:
            return values
        return [
            b"\\x" + value.hex().encode() if isinstance(value, Binary) else value
            for value in self.statement.encode(values, self.encoding)
        ]


@cache
def packer(oid_: int, pack: Callable[[Any], bytes]) -> type[Dumper]:
    """Return a dumper of one type's binary form."""

    class Packer(Dumper):
        oid = oid_
        format = Format.BINARY
        dump = staticmethod(pack)  # type: ignore[assignment]  # no Python frame for a number

    return Packer


def copy_plan(
    target: CopyTarget, statement: Statement[Any], cursor: Cursor[Any] | AsyncCursor[Any]
) -> CopyPlan:
    """Return how to copy the statement's rows into `target`, and teach `cursor` to."""
    adapters, encoding = cursor.adapters, encoding_of(cursor.connection)
    names = ["text" if name in TEXTS else name for name in statement.params.values()]
    known = all(name == "text" or name in PACKERS or name in AS_PSYCOPG for name in names)
    if not known or encoding != UTF8:
        adapters.register_dumper(bytes, TextDumper)
        return CopyPlan(statement, target.copy_sql("text"), (), encoding)
    for name in names:
        if pack := PACKERS.get(name):
            adapters.register_dumper(None, packer(TYPES[name].oid, pack))
    return CopyPlan(
        statement, target.copy_sql("binary"), tuple(map(TYPES.get_oid, names)), encoding
    )
