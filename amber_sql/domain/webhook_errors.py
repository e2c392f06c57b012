"""An exception → what last_error keeps of it: enough to find the cause, and never a value."""

from __future__ import annotations

import psycopg

from amber_sql.errors import AmberError


def name_of(problem: Exception) -> str:
    """Return the class, and SQLSTATE and constraint of a database error.

    An exception's own text may quote a row or a payload, which would outlive the person it is about.
    """
    name = f"{type(problem).__module__}.{type(problem).__qualname__}"
    if isinstance(problem, psycopg.Error):
        diag = problem.diag
        return " ".join(filter(None, (name, diag.sqlstate, diag.constraint_name)))
    return type(problem).__name__ if isinstance(problem, AmberError) else name
