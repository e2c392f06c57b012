"""The search_path of a statement of ours: PostgreSQL's own schema alone, or the caller's.

The catalog is read with `OWN_PATH`, so that no table, function or operator of the application's
stands in the place of PostgreSQL's own, or beside it: an `=` for a domain over int[] in public
makes `conkey = ARRAY[attnum]` ambiguous.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from psycopg.pq import TransactionStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import psycopg

OWN_PATH = "pg_catalog, pg_temp"
"""Temporary objects last: they would come first if they were not named."""

_TELL = "SELECT pg_catalog.current_setting('search_path')"
_SET = "SELECT pg_catalog.set_config('search_path', %s, false)"


def use_own_path(conn: psycopg.Connection[Any]) -> None:
    """From here on mean PostgreSQL's own."""
    conn.execute(_SET, [OWN_PATH])


@contextmanager
def own_path(conn: psycopg.Connection[Any]) -> Iterator[None]:
    """Mean PostgreSQL's own, for a block."""
    with _path(conn, OWN_PATH):
        yield


@contextmanager
def own_path_first(conn: psycopg.Connection[Any], schemas: Iterable[str]) -> Iterator[None]:
    """Mean PostgreSQL's own before those of `schemas`, whose names need not be written, for a block."""
    with _path(conn, ", ".join(["pg_catalog", *map(_quoted, schemas), "pg_temp"])):
        yield


def _quoted(schema: str) -> str:
    return '"' + schema.replace('"', '""') + '"'


@contextmanager
def callers_path(conn: psycopg.Connection[Any]) -> Iterator[None]:
    """Mean what the role, the database or the URL sets, for a block."""
    with _path(conn, None):
        yield


@contextmanager
def _path(conn: psycopg.Connection[Any], path: str | None) -> Iterator[None]:
    before = conn.execute(_TELL).fetchone()
    if path is None:
        conn.execute("RESET search_path")
    else:
        conn.execute(_SET, [path])
    try:
        yield
    finally:
        # A transaction that failed takes the path back by itself.
        usable = {TransactionStatus.IDLE, TransactionStatus.INTRANS}
        if before and not conn.closed and conn.info.transaction_status in usable:
            conn.execute(_SET, before)
