"""Every error that a statement raises names its query; none of them is replaced."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg
from psycopg import errors
from psycopg.pq import DiagnosticField

from amber_sql.errors import AmberError, NotAConnection, SchemaChanged

from ._loaders import Drift

if TYPE_CHECKING:
    from collections.abc import Iterator


def name_query(problem: Exception, query: str, *, secret: bool = False) -> None:
    """Add the query to an error's notes, which a traceback and most loggers print.

    What the runtime itself found unreadable is raised as SchemaChanged instead. Of a query that writes
    to a table with `@secret` columns, the row that the server shows is left out.
    """
    if secret and isinstance(problem, psycopg.Error):
        withhold_row(problem)
    if isinstance(problem, Drift):
        raise SchemaChanged(query=query, what=problem) from None
    if not isinstance(problem, AmberError):  # ours say it themselves
        problem.add_note(f"query: {query}")
    if isinstance(problem, errors.UndefinedTable | errors.UndefinedColumn):
        problem.add_note("where the database is not migrated, run `amber-sql migrate deploy`")


def withhold_row(problem: psycopg.Error) -> None:
    """Leave out where an error shows a row: its DETAIL and, of a COPY, its CONTEXT.

    psycopg has the server's result in each error. In its place comes what the error would be pickled
    with, less these fields.
    """
    if not (problem.diag.message_detail or problem.diag.context):
        return
    state: dict[str, object] = problem.__reduce__()[2]  # type: ignore[assignment]
    fields = dict(state["_info"])  # type: ignore[call-overload]
    fields |= dict.fromkeys((DiagnosticField.MESSAGE_DETAIL, DiagnosticField.CONTEXT))
    problem.__setstate__(state | {"_info": fields})
    problem.args = (
        f"{problem.diag.message_primary}\nDETAIL:  left out, since a column is @secret",
    )


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
