"""The server's refusal of a statement → what to write instead, where that is known."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psycopg

    from amber_sql.deploy.files.statements import SqlStatement

_OUTSIDE = "put it alone into a file that begins with `-- transactional: false`"
_BY_HAND = "run it by hand: a migration runs in a transaction"
_ENUM = (
    "a new value can be used when it is committed: put the ALTER TYPE … ADD VALUE alone into an"
    " earlier file that begins with `-- transactional: false`"
)
_EXTENSION = re.compile(r'extension "([^"]+)" is not available|control file "[^"]*?(\w+)\.control"')
_ELSEWHERE = "name a server that has it with --database-url; the embedded PostgreSQL does not"
_IN_CORE = {"pgcrypto", "uuid-ossp"}
"""What is wanted of these is mostly a random UUID."""
_ROLES = {("ROLE",), ("USER",), ("GROUP",)}
_SHARED = (
    "roles belong to the whole server, not to one of its databases: create them where the server is"
    " set up, as `amber-sql roles` does, or in a DO block that looks whether they are there"
)
_PSQL = (
    "a line that begins with a backslash is a command of psql, not SQL: remove it (pg_dump writes"
    " \\restrict and \\unrestrict)"
)


def remedy(error: psycopg.Error, statement: SqlStatement | None) -> str:
    """Return what to do about `error`; the empty string where only its author knows."""
    message = error.diag.message_primary or ""
    words = statement.words if statement else ()
    if error.sqlstate == "25001":
        return _OUTSIDE if "CONCURRENTLY" in words else _BY_HAND
    if error.sqlstate == "55P04":
        return _ENUM
    if error.sqlstate == "42710" and words[1:2] in _ROLES:
        return _SHARED
    if error.sqlstate == "42601" and 'at or near "\\"' in message:
        return _PSQL
    return _missing(message)


def _missing(message: str) -> str:
    """Return where to find what this server was built without."""
    if found := _EXTENSION.search(message):
        core = (found[1] or found[2]) in _IN_CORE
        return f"{_ELSEWHERE}{'; gen_random_uuid() needs no extension' if core else ''}"
    built_without = "compression method" in message.lower() or "lz4" in message.lower()
    return _ELSEWHERE if built_without else ""
