"""The seam between generated code and psycopg: nothing else knows the driver's internals.

A statement and its values go in, structs come out. The async half is `amber_sql.runtime.aio`;
modules whose names end in `_async` are the source of both, and `tools/async_to_sync.py` derives
the other half from them.
"""

from __future__ import annotations

from ._borrow import Conn, borrow
from ._bulk import insert_many
from ._bulk_rows import returning_many
from ._calls import affected, many, one, optional, script
from ._copy_destination import CopyTarget
from ._interval import Interval
from ._options import Choices, Variants, one_of
from ._pipelined_lock import lock_then
from ._pool import Pool, open_pool
from ._prepared import Statement
from ._row import Row
from ._secrets import RedactedStruct, SecretBytes, SecretStr
from ._sources import queries_folder, statements
from ._stream import stream
from ._unreadable import skip_unreadable
from ._values import JSON_NULL, Json, JsonNull, OpenEnum

__all__ = [
    "JSON_NULL",
    "Choices",
    "Conn",
    "CopyTarget",
    "Interval",
    "Json",
    "JsonNull",
    "OpenEnum",
    "Pool",
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
    "one_of",
    "open_pool",
    "optional",
    "queries_folder",
    "returning_many",
    "script",
    "skip_unreadable",
    "statements",
    "stream",
]
