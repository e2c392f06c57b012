"""What became of a migration's transaction: asked of the server, by the transaction's number.

A `.py` migration may commit on its own; then "nothing was kept" would be a lie.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg

if TYPE_CHECKING:
    from psycopg import Connection

_NOTHING = "Nothing of it was kept."
_PART = (
    "It ended its own transaction, and what stood before that is kept: mend the database by hand,"
    " then `amber-sql migrate mark` it or undo the rest."
)
_UNKNOWN = "What is left of it could not be looked up: see with `amber-sql migrate diff`."


ENDED = "ended its own transaction"
"""What is wrong where the transaction is not the one that was begun for the migration."""


class Refused(Exception):  # no error of its own: it becomes one
    """A migration ran, and did what none may: the argument says what, behind the file's name."""


class Outcome:
    """The last transaction that was begun on a connection, and how it ended."""

    def __init__(self, conn: Connection) -> None:
        """Know of no transaction yet."""
        self.conn = conn
        self.number: str | None = None

    def began(self) -> None:
        """Note the current transaction."""
        row = self.conn.execute("SELECT pg_catalog.pg_current_xact_id()::text").fetchone()
        self.number = row[0] if row else None

    def is_current(self) -> bool:
        """Tell whether that transaction is the one that goes on."""
        query = "SELECT pg_catalog.pg_current_xact_id()::text = %s"
        row = self.conn.execute(query, [self.number]).fetchone()
        return row is not None and bool(row[0])

    def look(self) -> str:
        """Say in one sentence what was kept, for a transaction that is over."""
        if self.number is None:
            return _NOTHING  # it failed before a statement of the file was sent
        try:
            row = self.conn.execute(
                "SELECT pg_catalog.pg_xact_status(%s::xid8)", [self.number]
            ).fetchone()
        except psycopg.Error:
            return _UNKNOWN
        return {"aborted": _NOTHING, "committed": _PART}.get(row[0] if row else "", _UNKNOWN)
