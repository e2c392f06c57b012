"""Every error that a statement raises names its query; none of them is replaced."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from psycopg import errors

from amber_sql.errors import AmberError, NotAConnection, SchemaChanged

from ._loaders import Drift

if TYPE_CHECKING:
    from collections.abc import Iterator


def name_query(problem: Exception, query: str) -> None:
    """Add the query to an error's notes, which a traceback and most loggers print.

    What the runtime itself found unreadable is raised as SchemaChanged instead.
    """
    if isinstance(problem, Drift):
        raise SchemaChanged(query=query, what=problem) from None
    if not isinstance(problem, AmberError):  # ours say it themselves
        problem.add_note(f"query: {query}")
    if isinstance(problem, errors.UndefinedTable | errors.UndefinedColumn):
        problem.add_note("where the database is not migrated, run `amber-sql migrate deploy`")


def only(kind: type, conn: object, query: str) -> None:
    """Refuse whatever else was passed first: a URL, a cursor, the pool of the other half."""
    if not isinstance(conn, kind):
        raise NotAConnection(query=query, wanted=kind.__name__, given=type(conn).__name__)


@contextmanager
def named(query: str) -> Iterator[None]:
    """Name the query in whatever error leaves the block."""
    try:
        yield
    except Exception as problem:
        name_query(problem, query)
        raise
