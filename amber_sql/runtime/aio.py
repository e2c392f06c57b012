"""The seam between generated async code and psycopg; `amber_sql.runtime` has the same for sync."""

from __future__ import annotations

from ._borrow_async import AsyncConn, borrow
from ._bulk_async import insert_many
from ._bulk_rows_async import returning_many
from ._calls_async import affected, many, one, optional, script
from ._copy_destination import CopyTarget
from ._interval import Interval
from ._options import Choices, Variants
from ._pipelined_lock_async import lock_then
from ._pool_async import AsyncPool, open_pool
from ._prepared import Statement
from ._row import Row
from ._secrets import RedactedStruct, SecretBytes, SecretStr
from ._sources import queries_folder, statements
from ._stream_async import stream
from ._values import JSON_NULL, Json, JsonNull, OpenEnum

__all__ = [
    "JSON_NULL",
    "AsyncConn",
    "AsyncPool",
    "Choices",
    "CopyTarget",
    "Interval",
    "Json",
    "JsonNull",
    "OpenEnum",
    "RedactedStruct",
    "Row",
    "SecretBytes",
    "SecretStr",
    "Statement",
    "Variants",
    "affected",
    "borrow",
    "insert_many",
    "lock_then",
    "many",
    "one",
    "open_pool",
    "optional",
    "queries_folder",
    "returning_many",
    "script",
    "statements",
    "stream",
]
