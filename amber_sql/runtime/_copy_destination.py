"""Where the rows of a `@copy` query go, and SQL as psycopg's types want it."""

from __future__ import annotations

from typing import Any, LiteralString

import msgspec
from psycopg import sql as compose


def trusted(sql: Any) -> LiteralString:
    """Return SQL as psycopg's types want it: text that no caller's value is part of."""
    text: LiteralString = sql
    return text


class CopyTarget(msgspec.Struct, frozen=True):
    """Where the rows of a `@copy` query go.

    `table` is SQL, quoted where it must be; `columns` are bare names, one for each parameter of
    the statement, in the order of its parameters.
    """

    table: str
    columns: tuple[str, ...]

    def copy_sql(self, form: str) -> LiteralString:
        """Return the COPY statement in `form`, which is binary or text."""
        columns = ", ".join(compose.Identifier(name).as_string() for name in self.columns)
        return trusted(f"COPY {self.table} ({columns}) FROM STDIN (FORMAT {form})")
