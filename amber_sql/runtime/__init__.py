"""The seam between generated code and psycopg: nothing else knows the driver's internals.

A statement and its values go in, structs come out. The async half is `amber_sql.runtime.aio`;
modules whose names end in `_async` are the source of both, and `tools/async_to_sync.py` derives
the other half from them.
"""

from __future__ import annotations

from ._prepared import CopyTarget, Statement
from ._values import Json, OpenEnum
from .bulk import insert_many
from .calls import Conn, affected, many, one, optional, script
from .pool import Pool, open_pool
from .sources import queries_folder, statements
from .stream import stream

__all__ = [
    "Conn",
    "CopyTarget",
    "Json",
    "OpenEnum",
    "Pool",
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
