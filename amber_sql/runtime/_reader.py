"""One statement's results → its structs or values: the last step of every call.

A reader belongs to one (connection, statement) and is used by one caller at a time. It decides
how to read when it first sees the types of a result's columns, and again when they differ.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

import psycopg

from amber_sql.errors import AmberError, RowNotFound, TooManyRows, UnfitJson, UnreadableValue

from ._adapters import standard, transformer
from ._codegen import result_readers, row_maker
from ._decode import choose
from ._fields import fields_of
from ._json import Misfit
from ._large_results import LargeResults
from ._loaders import Drift, Unreadable
from ._reading import Reading, as_loader
from ._unreadable import LEFT_OUT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from psycopg.pq.abc import PGresult

    from ._prepared import Statement

R = TypeVar("R")


class Reader(Generic[R]):
    """Turns the results of `statement` into rows."""

    __slots__ = (
        "_columns",
        "_encoding",
        "_loaded",
        "_readings",
        "_types",
        "many",
        "one",
        "optional",
        "rows_before",
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
        self.rows_before = 0
        self._types: tuple[int, ...] | None = None
        self._columns: tuple[tuple[str, Any, str], ...] = ()
        if statement.row is not None:
            self._columns = fields_of(cast("Any", statement.row))
        elif statement.scalar is not None:
            self._columns = (("", statement.scalar, statement.scalar_type),)

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
        self._readings = readings
        self._loaded = transformer(readings + unread)
        self.many, self.optional, self.one = result_readers(
            self.statement.row,
            readings,
            self._loaded,
            extra,
            explain=self._explain,
            rescue=self._rescue,
            refuse=self._refuse,
            large=LargeResults(self.statement.row, readings + unread, extra, self._rescue).many,
        )

    def _column(self, column: tuple[str, Any, str], oid: int) -> Reading:
        name, annotation, expected = column
        try:
            return choose(annotation, oid, expected, self._encoding)
        except Drift as why:
            raise Drift(f"column {name}: {why}" if name else str(why)) from None

    def _explain(self, result: PGresult, problem: Exception) -> Exception:
        """Return an error that names the column and the row of the value that cannot be read."""
        if isinstance(problem, AmberError | Drift):
            return problem
        loads = [as_loader(reading)(0).load for reading in self._readings]
        found = (self._wrong(result, row, loads) for row in range(result.ntuples))
        return next((each for each in found if each), problem)

    def _wrong(self, result: PGresult, row: int, loads: Sequence[Any]) -> Exception | None:
        """Return what is wrong with the first value of a row that cannot be read."""
        for number, load in enumerate(loads):
            data = result.get_value(row, number)
            try:
                _ = data is None or load(data)
            except Drift as drift:
                return drift
            except (Unreadable, psycopg.DataError) as why:
                return self._unreadable(result, number, row, why)
            except Exception as why:  # noqa: BLE001  # a message of Python's own may hold the value
                return self._unreadable(result, number, row, Unreadable(type(why).__name__))
        return None

    def _rescue(self, result: PGresult, problem: Exception) -> list[R]:
        """Return the rows that can be read, where the caller wants them; else raise."""
        problem, left_out = self._explain(result, problem), LEFT_OUT.get()
        if left_out is None or not isinstance(problem, UnreadableValue):
            raise problem from None
        loads = [as_loader(reading)(0).load for reading in self._readings]
        make = row_maker(self.statement.row or _only, self._readings)
        made = []
        self._loaded.set_pgresult(result, set_loaders=False)
        try:
            for row in range(result.ntuples):
                if (wrong := self._wrong(result, row, loads)) is None:
                    values = self._loaded.load_row(row, tuple) or ()
                    made.append(make(values[: len(loads)]))
                elif isinstance(wrong, UnreadableValue):
                    left_out.append(wrong)
                else:
                    raise wrong from None
        finally:
            self._loaded.set_pgresult(None, set_loaders=False)
        return made

    def _unreadable(
        self, result: PGresult, column: int, row: int, why: Exception
    ) -> UnreadableValue:
        name = (result.fname(column) or b"").decode(self._encoding, "replace")
        place = {
            "query": self.statement.name,
            "column": f'column "{name}"',
            "row": self.rows_before + row + 1,
        }
        if isinstance(why, Misfit):
            return UnfitJson(**place, struct=why.shape, path=why.path, reason=why.reason)
        text = str(why)
        reason = text if text.startswith(("is ", "has ")) else f"cannot be read: {text}"
        return UnreadableValue(**place, reason=reason)

    def _refuse(self, count: int) -> None:
        raise (TooManyRows if count else RowNotFound)(query=self.statement.name)


def _only(value: R) -> R:
    return value
