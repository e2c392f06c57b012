"""The server's refusal of a statement → what to write instead, where that is known."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psycopg

    from amber_sql.deploy.files.statements import SqlStatement

_OUTSIDE = "put it alone into a file that begins with `-- transactional: false`"
_ENUM = (
    "a new value can be used when it is committed: put the ALTER TYPE … ADD VALUE alone into an"
    " earlier file that begins with `-- transactional: false`"
)
_EXTENSION = re.compile(r'extension "([^"]+)" is not available|control file "[^"]*?(\w+)\.control"')
_ELSEWHERE = "name a server that has it with --database-url; the embedded PostgreSQL does not"
_IN_CORE = {"pgcrypto", "uuid-ossp"}
"""What is wanted of these is mostly a random UUID."""
_PSQL = (
    "a line that begins with a backslash is a command of psql, not SQL: remove it (pg_dump writes"
    " \\restrict and \\unrestrict)"
)


def remedy(error: psycopg.Error, statement: SqlStatement | None) -> str:
    """Return what to do about `error`; the empty string where only its author knows."""
    message = error.diag.message_primary or ""
    if error.sqlstate == "25001":
        known = statement is not None and "CONCURRENTLY" in statement.words
        return _OUTSIDE if known else "run it by hand: a migration runs in a transaction"
    if error.sqlstate == "55P04":
        return _ENUM
    if error.sqlstate == "42601" and 'at or near "\\"' in message:
        return _PSQL
    if missing := _EXTENSION.search(message):
        name = missing[1] or missing[2]
        core = "; gen_random_uuid() needs no extension" if name in _IN_CORE else ""
        return f"{_ELSEWHERE}{core}"
    if "compression method" in message.lower() or "lz4" in message.lower():
        return _ELSEWHERE
    return ""
