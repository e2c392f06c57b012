"""A database error while migrating → MigrationFailed, with the place in the file and no values.

Messages of class 22 and 23, and every DETAIL, may quote the data of a row: they are named by
SQLSTATE, constraint, table and column instead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from amber_sql.errors import AmberError, ConnectionLost, MigrationFailed

if TYPE_CHECKING:
    import psycopg

    from amber_sql.deploy.files.migration_file import MigrationFile

_QUOTES_DATA = ("22", "23")
_ENDS_SESSION = ("57P01", "57P02", "57P03", "08")


def failed(error: psycopg.Error, name: str, file: MigrationFile | None) -> AmberError:
    """Return the error to raise instead of `error`."""
    if ends_session(error):
        return ConnectionLost(migration=name, reason=reason(error))
    place = _place(error, file)
    return MigrationFailed(
        migration=name, reason=f"{place}{reason(error)}", sqlstate=error.sqlstate
    )


def ends_session(error: psycopg.Error) -> bool:
    """Tell whether the connection is gone, and not only a statement."""
    return error.sqlstate is None or error.sqlstate.startswith(_ENDS_SESSION)


def reason(error: psycopg.Error) -> str:
    """Say what the server said, as far as it cannot hold a row's values."""
    diag = error.diag
    if error.sqlstate is None or diag.message_primary is None:
        return "the server closed it"
    if not error.sqlstate.startswith(_QUOTES_DATA):
        return f"{diag.message_primary} ({error.sqlstate})"
    parts = {
        "constraint": diag.constraint_name,
        "table": diag.table_name,
        "column": diag.column_name,
    }
    named = ", ".join(f"{key} {value}" for key, value in parts.items() if value)
    words = type(error).__name__
    return f"{words}{named and f' of {named}'} ({error.sqlstate})"


def _place(error: psycopg.Error, file: MigrationFile | None) -> str:
    """Return `file:line:column: ` where the server told the position."""
    position = error.diag.statement_position
    if file is None or not position:
        return ""
    before = file.text[: int(position) - 1]
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    return f"{file.path.name}:{line}:{column}: "
