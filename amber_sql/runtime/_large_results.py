"""Results of many rows: a column that repeats itself is read by looking up what was read before.

The messages of a page name one session over and over, and all of an import were written at one
moment. To make a UUID or a datetime anew costs three times as much as to look it up by its bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._adapters import standard, transformer
from ._codegen import result_readers
from ._loaders import Memo
from ._reading import Reading

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from psycopg.pq.abc import PGresult

    from ._codegen import OfResult

COSTLY = frozenset(
    map(
        standard,
        ("uuid", "numeric", "date", "time", "timetz", "timestamp", "timestamptz"),
    )
)
"""Loaders that take longer than a look-up, of values that nobody can change."""

KEPT = 1000
"""Values of a column that are remembered at most."""


class LargeResults:
    """Reads large results of one statement; `readings` are all columns, `extra` of them unwanted.

    A column is taken to repeat itself until a result's first, middle and last row say otherwise;
    from then on it is read as in any result.
    """

    def __init__(
        self, make: Any, readings: Sequence[Reading], extra: int, rescue: Callable[..., list[Any]]
    ) -> None:
        self._make, self._readings, self._extra = make, readings, extra
        self._rescue = rescue
        self._repeated = [n for n, each in enumerate(readings) if each.loader in COSTLY]
        self._read: OfResult | None = None

    def many(self, result: PGresult) -> Any:
        """Return every row."""
        some = (0, result.ntuples // 2, result.ntuples - 1)
        repeated = [
            column
            for column in self._repeated
            if len({result.get_value(row, column) for row in some}) == 1
        ]
        if self._read is None or repeated != self._repeated:
            self._repeated = repeated
            self._read = self._reader()
        return self._read(result)

    def _reader(self) -> OfResult:
        readings = [
            remembered(each) if number in self._repeated else each
            for number, each in enumerate(self._readings)
        ]
        wanted = readings[: len(readings) - self._extra]
        loaded = transformer(readings)
        return result_readers(self._make, wanted, loaded, self._extra, rescue=self._rescue)[0]


def remembered(reading: Reading) -> Reading:
    """Return a reading that gives the same values, and makes each of them once."""
    load = transformer([reading]).load_sequence
    memo = Memo(lambda data: load((data,))[0], most=KEPT)
    return Reading(standard("bytea"), table=memo, repeats=True)
