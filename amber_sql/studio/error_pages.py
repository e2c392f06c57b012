"""An error → the status and the words of its page: never a traceback, never the server's DETAIL.

What PostgreSQL adds in DETAIL may be a row's values, secret ones included.
"""

from __future__ import annotations

from http import HTTPStatus

import msgspec
import psycopg
from starlette.exceptions import HTTPException

from amber_sql.errors import AmberError, DatabaseUnreachable
from amber_sql.studio.ask import Missing


class Refusal(msgspec.Struct, frozen=True):
    """What the page of an error shows."""

    title: str
    message: str
    remedy: str = ""


UNREACHABLE = "The database cannot be reached"
_FAULT = Refusal(
    "This is a fault of amber-sql",
    "The page could not be made. What happened stands in the terminal that studio runs in.",
)


def refusal_of(error: Exception) -> tuple[int, Refusal]:
    """Return status and page of an error."""
    match error:
        case HTTPException():
            return error.status_code, Refusal(
                HTTPStatus(error.status_code).phrase, str(error.detail)
            )
        case Missing():
            return 404, Refusal("Not found", f"There is {error}.")
        case DatabaseUnreachable():
            return 503, Refusal(UNREACHABLE, str(error))
        case AmberError():
            return 400, Refusal("That cannot be done", str(error))
        case psycopg.Error():
            return _of_server(error)
    return 500, _FAULT


def primary(error: psycopg.Error) -> str:
    """Return what the server says first."""
    return error.diag.message_primary or str(error).partition("\n")[0] or type(error).__name__


def _of_server(error: psycopg.Error) -> tuple[int, Refusal]:
    text = primary(error)
    match error:
        case psycopg.errors.QueryCanceled():
            return 504, Refusal(
                "That took too long",
                "The statement was stopped after five seconds.",
                "Filter by a column that has an index, or show fewer rows.",
            )
        case psycopg.errors.InsufficientPrivilege():
            return 403, Refusal("Not permitted", text)
        case psycopg.errors.ReadOnlySqlTransaction():
            return 403, Refusal(
                "Nothing is written here",
                text,
                "These pages only read; with --write studio edits rows.",
            )
    if (isinstance(error, psycopg.OperationalError) and error.sqlstate is None) or (
        error.sqlstate or ""
    ).startswith("57P"):
        return 503, Refusal(UNREACHABLE, text)
    return 400, Refusal("PostgreSQL refused it", text, error.diag.message_hint or "")
