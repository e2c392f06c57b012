"""Errors that say: the statement was prepared for a schema that has changed. Nothing of it has run."""

from __future__ import annotations

from typing import Any

from psycopg import errors
from psycopg.pq import TransactionStatus

STALE_PLAN = "RevalidateCachedQuery"
"""The server's own function that says: cached plan must not change result type."""

LOST = "cache lookup failed for "
"""How an error begins, in any language, of a plan that refers to a type that was dropped."""

LOST_TYPE = "lookup_type_cache"
"""The function that says the same of a domain in words of its own."""

PARAMETER = "$"
"""What a context has in any language, `unnamed portal parameter $1`, that is none of a function's."""


def is_outdated(problem: BaseException) -> bool:
    """Tell whether a prepared statement exists, but for types that are others by now."""
    if isinstance(problem, errors.FeatureNotSupported):
        return problem.diag.source_function == STALE_PLAN
    if not isinstance(problem, errors.InternalError_ | errors.UndefinedObject):
        return False
    context = problem.diag.context or PARAMETER
    if PARAMETER not in context or "\n" in context:
        return False
    is_lost = (problem.diag.message_primary or "").startswith(LOST)
    return is_lost or problem.diag.source_function == LOST_TYPE


def may_repeat(connection: Any, problem: BaseException) -> bool:
    """Tell whether the statement only has to be prepared again, and can be run again as well.

    A pooler may hand out another session, somebody may run DISCARD ALL, a migration may change
    a result's type or make a parameter's anew. Nothing was executed in any of these cases, so outside
    a transaction it can be done over; inside one the transaction is lost, and psycopg's error stands.
    """
    if not (isinstance(problem, errors.InvalidSqlStatementName) or is_outdated(problem)):
        return False
    idle: bool = connection.pgconn.transaction_status == TransactionStatus.IDLE
    return idle and connection.autocommit
