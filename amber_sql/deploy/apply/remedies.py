"""The server's refusal of a statement → what to write instead, where that is known."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from amber_sql.compiler.bookkeeping import TABLES

if TYPE_CHECKING:
    import psycopg

    from amber_sql.deploy.files.statements import SqlStatement

_OUTSIDE = "put it alone into a file that begins with `-- transactional: false`"
_BY_HAND = "run it by hand: a migration runs in a transaction"
_BEGUN = "remove it: the transaction of a migration has begun, and is READ COMMITTED"
_READ_ONLY = (
    "remove SET TRANSACTION READ ONLY where the file says it; else the server is a standby, or"
    " default_transaction_read_only is on for the database or the role: ALTER … RESET it"
)
_ENUM = (
    "a new value can be used when it is committed: put the ALTER TYPE … ADD VALUE alone into an"
    " earlier file that begins with `-- transactional: false`"
)
_NOT_THE_DEPLOYER = (
    "deploy as the role that deployed here first, or run `amber-sql roles`, which hands the tables"
    " of deploys to those who deploy"
)
_BY_STATE = {"25006": _READ_ONLY, "55P04": _ENUM}
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
        return _outside(words)
    if error.sqlstate == "42501" and message.rpartition(" ")[2] in TABLES:
        return _NOT_THE_DEPLOYER
    if error.sqlstate in _BY_STATE:
        return _BY_STATE[error.sqlstate]
    if error.sqlstate == "42710" and words[1:2] in _ROLES:
        return _SHARED
    if error.sqlstate == "42601" and 'at or near "\\"' in message:
        return _PSQL
    return _missing(message)


def _outside(words: tuple[str, ...]) -> str:
    """Return what to do with a statement that may not stand within a transaction, or in the middle of one."""
    if words[:1] == ("SET",):
        return _BEGUN
    return _OUTSIDE if "CONCURRENTLY" in words else _BY_HAND


def _missing(message: str) -> str:
    """Return where to find what this server was built without."""
    if found := _EXTENSION.search(message):
        core = (found[1] or found[2]) in _IN_CORE
        return f"{_ELSEWHERE}{'; gen_random_uuid() needs no extension' if core else ''}"
    built_without = "compression method" in message.lower() or "lz4" in message.lower()
    return _ELSEWHERE if built_without else ""
