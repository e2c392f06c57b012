"""Errors that say: the server of this connection is not, or no longer, the one that a pool wants."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from ._outdated import LOST

if TYPE_CHECKING:
    from collections.abc import Mapping

READ_ONLY = "25006"
GOING = ("57P01", "57P02", "57P03")
"""The server is shut down by an administrator, has crashed, or does not accept connections yet."""

SAYS_SO = (b"in_hot_standby", b"default_transaction_read_only")
STANDBY = ("standby", "prefer-standby", "read-only")
NOTE = "the server is read-only, a standby or a former primary: the pool drops the connection and connects anew"


def wants_primary(conninfo: str, kwargs: Mapping[str, Any]) -> bool:
    """Tell whether connections like these may be expected to write."""
    given = {**conninfo_to_dict(conninfo), **kwargs}.get("target_session_attrs")
    return (given or os.environ.get("PGTARGETSESSIONATTRS")) not in STANDBY


def is_read_only(conn: Any, problem: BaseException, *, single: bool) -> bool:
    """Tell whether a write was refused by the server, and not by the caller's own transaction.

    A `single` statement chose nothing; else the server has to say it, as it does from 14 on.
    """
    if not isinstance(problem, psycopg.Error) or problem.sqlstate != READ_ONLY:
        return False
    return single or any(conn.pgconn.parameter_status(name) == b"on" for name in SAYS_SO)


def has_stale_functions(problem: BaseException) -> bool:
    """Tell whether a function refers to a type that is gone: only a new session compiles it anew."""
    if not isinstance(problem, psycopg.errors.InternalError_):
        return False
    return (problem.diag.message_primary or "").startswith(LOST)


def is_lost(conn: Any, problem: BaseException) -> bool:
    """Tell whether the connection has ended, and others to the same server may have with it."""
    return isinstance(problem, psycopg.Error) and (problem.sqlstate in GOING or conn.broken)
