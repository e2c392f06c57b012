"""One statement's results → its structs or values: the last step of every call.

A reader belongs to one (connection, statement) and is used by one caller at a time. It decides
how to read when it first sees the types of a result's columns, and again when they differ.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from amber_sql.errors import RowNotFound, TooManyRows

from ._adapters import standard, transformer
from ._codegen import Reading, result_readers
from ._decode import choose
from ._fields import fields_of
from ._large_results import LargeResults
from ._loaders import Drift

if TYPE_CHECKING:
    from collections.abc import Callable

    from psycopg.pq.abc import PGresult

    from ._prepared import Statement

R = TypeVar("R")


class Reader(Generic[R]):
    """Turns the results of `statement` into rows."""

    __slots__ = (
        "_columns",
        "_encoding",
        "_loaded",
        "_types",
        "many",
        "one",
        "optional",
        "statement",
    )

    many: Callable[[PGresult], list[R]]
    """Return every row."""
    optional: Callable[[PGresult], R | None]
    """Return the row, or None. A second row raises TooManyRows."""
    one: Callable[[PGresult], R]
    """Return the row. None raises RowNotFound, a second one TooManyRows."""

    def __init__(self, statement: Statement[R], encoding: str) -> None:
        self.statement = statement
        self._encoding = encoding
        self._types: tuple[int, ...] | None = None
        self._columns: tuple[tuple[str, Any, str], ...] = ()
        if statement.row is not None:
            self._columns = fields_of(cast("Any", statement.row))
        elif statement.scalar is not None:
            self._columns = (("", statement.scalar, ""),)

    def look_at(self, result: PGresult) -> None:
        """Decide how to read results like this one. Raises Drift."""
        types = tuple(map(result.ftype, range(result.nfields)))
        if types != self._types:
            self._adopt(types)
            self._types = types

    def _adopt(self, types: tuple[int, ...]) -> None:
        extra = len(types) - len(self._columns)
        if extra < 0:
            raise Drift(f"{len(self._columns)} columns were expected and {len(types)} came")
        readings = list(map(self._column, self._columns, types))
        unread = [Reading(standard("bytea"))] * extra  # appended since: fetched, left out
        self._loaded = transformer(readings + unread)
        self.many, self.optional, self.one = result_readers(
            self.statement.row,
            readings,
            self._loaded,
            extra,
            refuse=self._refuse,
            large=LargeResults(self.statement.row, readings + unread, extra).many,
        )

    def _column(self, column: tuple[str, Any, str], oid: int) -> Reading:
        name, annotation, _ = column
        try:
            return choose(annotation, oid, "", self._encoding)
        except Drift as why:
            raise Drift(f"column {name}: {why}" if name else str(why)) from None

    def _refuse(self, count: int) -> None:
        raise (TooManyRows if count else RowNotFound)(query=self.statement.name)
