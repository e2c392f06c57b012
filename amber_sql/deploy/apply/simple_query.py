"""A migration's whole text → the server, as one simple query; where it fails, the failing statement's number.

psycopg's cursor drops the results before an error, and these are what tells how many statements
had passed: most errors of DDL carry no position.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg import errors, generators
from psycopg.pq import ExecStatus

if TYPE_CHECKING:
    import psycopg

_ERRORS = {ExecStatus.FATAL_ERROR, ExecStatus.BAD_RESPONSE}
_NUMBER = "amber_statement"


def run_text(conn: psycopg.Connection, text: str) -> None:
    """Run all statements of `text`; raises what the first one that fails raises."""
    with conn.lock:
        conn.pgconn.send_query(text.encode())
        results = conn.wait(generators.execute(conn.pgconn))
    if results[-1].status in _ERRORS:
        error = errors.error_from_result(results[-1], encoding="utf-8")
        vars(error)[_NUMBER] = len(results) - 1
        raise error


def failed_statement(error: psycopg.Error) -> int | None:
    """Return the number, from 0, of the statement that raised `error` in `run_text`."""
    number = vars(error).get(_NUMBER)
    return number if isinstance(number, int) else None
