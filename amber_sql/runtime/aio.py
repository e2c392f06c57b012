"""The seam between generated async code and psycopg; `amber_sql.runtime` has the same for sync."""

from __future__ import annotations

from ._prepared import CopyTarget, Statement
from ._values import Json, OpenEnum
from .bulk_async import insert_many
from .calls_async import AsyncConn, affected, many, one, optional, script
from .pool_async import AsyncPool, open_pool
from .sources import queries_folder, statements
from .stream_async import stream

__all__ = [
    "AsyncConn",
    "AsyncPool",
    "CopyTarget",
    "Json",
    "OpenEnum",
    "Statement",
    "affected",
    "insert_many",
    "many",
    "one",
    "open_pool",
    "optional",
    "queries_folder",
    "script",
    "statements",
    "stream",
]
