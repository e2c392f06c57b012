"""The contract: what a service imports.

The query functions are in `amber_sql.queries`, their rows in `amber_sql.models`, and the same
names for asyncio in `amber_sql.aio`.
"""

from __future__ import annotations

import amber_sql._interrupts  # noqa: F401  # first: what follows takes a while
from amber_sql.errors import (
    AmberError,
    DatabaseUnreachable,
    NoDatabaseUrl,
    NotAChoice,
    ParameterRefused,
    PoolInTransaction,
    RowNotFound,
    SchemaChanged,
    TooManyRows,
    UnfitJson,
    UnreadableValue,
    UsedAfterFork,
)
from amber_sql.runtime import (
    JSON_NULL,
    Conn,
    Interval,
    Json,
    JsonNull,
    Pool,
    Row,
    one_of,
    open_pool,
    skip_unreadable,
)

__all__ = [
    "JSON_NULL",
    "AmberError",
    "Conn",
    "DatabaseUnreachable",
    "Interval",
    "Json",
    "JsonNull",
    "NoDatabaseUrl",
    "NotAChoice",
    "ParameterRefused",
    "Pool",
    "PoolInTransaction",
    "Row",
    "RowNotFound",
    "SchemaChanged",
    "TooManyRows",
    "UnfitJson",
    "UnreadableValue",
    "UsedAfterFork",
    "one_of",
    "open_pool",
    "skip_unreadable",
]
