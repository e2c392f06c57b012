"""A database error while migrating → MigrationFailed, with the place in the file and no values.

Messages of class 22 and 23, and every DETAIL, may quote the data of a row: they are named by
SQLSTATE, constraint, table and column instead.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from amber_sql.deploy.apply.error_place import QUOTES_DATA, Place, place_of
from amber_sql.deploy.apply.remedies import remedy
from amber_sql.errors import AmberError, ConnectionLost, MigrationFailed

if TYPE_CHECKING:
    import psycopg

    from amber_sql.deploy.files.migration_file import MigrationFile

_ENDS_SESSION = ("57P01", "57P02", "57P03", "08")
_NEAR_LITERAL = re.compile(r""" at or near "(?:'|\w+&?'|\$\w*\$)[\s\S]*""")
"""What is broken may be a long literal, and hold anything."""
_REPORTED = "What was reported as applied stays applied."


def failed(
    error: psycopg.Error,
    name: str,
    file: MigrationFile | None = None,
    *,
    conn: psycopg.Connection | None = None,
    kept: str = _REPORTED,
) -> AmberError:
    """Return the error to raise instead of `error`; `kept` is what was found to be left of it."""
    if ends_session(error) and (conn is None or conn.closed):
        return ConnectionLost(migration=name, reason=reason(error))
    place = place_of(error, file) if file else Place()
    hint = remedy(error, place.statement)
    return MigrationFailed(
        migration=name,
        reason=f"{place}{reason(error)}{hint and f'; {hint}'}",
        kept=kept,
        snippet=place.snippet,
        sqlstate=error.sqlstate,
    )


def ends_session(error: psycopg.Error) -> bool:
    """Tell whether the connection is gone, and not only a statement."""
    return error.sqlstate is None or error.sqlstate.startswith(_ENDS_SESSION)


def reason(error: psycopg.Error) -> str:
    """Say what the server said, as far as it cannot hold a row's values."""
    diag = error.diag
    if error.sqlstate is None or diag.message_primary is None:
        return "the server closed it"
    if not error.sqlstate.startswith(QUOTES_DATA):
        return (
            f"{_NEAR_LITERAL.sub(' at or near a literal', diag.message_primary)} ({error.sqlstate})"
        )
    parts = {
        "constraint": diag.constraint_name,
        "table": diag.table_name,
        "column": diag.column_name,
    }
    named = ", ".join(f"{key} {value}" for key, value in parts.items() if value)
    words = type(error).__name__
    return f"{words}{named and f' of {named}'} ({error.sqlstate})"
