"""An interval as PostgreSQL keeps it: months, days and microseconds, none of which is made of others.

A timedelta has no months, and a day of it is 24 hours. What it cannot say is refused when it is read,
and `-- @type column amber_sql.Interval` or the project's settings ask for this one instead.
"""

from __future__ import annotations

from datetime import timedelta
from struct import Struct
from typing import ClassVar

from ._literals import Unfit, to_text
from ._loaders import Drift, Unreadable
from ._row import Row

_FORM = Struct("!qii")
_INT4, _INT8 = 2**31, 2**63
_SECOND = 1_000_000
_INFINITY = (_INT4 - 1, _INT4 - 1, _INT8 - 1)
_MINUS_INFINITY = (-_INT4, -_INT4, -_INT8)


class Interval(Row, frozen=True, gc=False):
    """Months, days and microseconds: '1 mon' is not 30 days, '1 day' is not 24 hours."""

    months: int = 0
    days: int = 0
    microseconds: int = 0

    __scalar__: ClassVar[bool] = True

    @classmethod
    def of(cls, value: timedelta) -> Interval:
        """Return what a timedelta is: its days as days, the rest as microseconds."""
        return cls(days=value.days, microseconds=value.seconds * _SECOND + value.microseconds)

    def timedelta(self) -> timedelta:
        """Return a day as 24 hours. ValueError where there are months."""
        if self.months:
            raise ValueError("an interval with months is no timedelta")
        return timedelta(days=self.days, microseconds=self.microseconds)

    @property
    def parts(self) -> tuple[int, int, int]:
        """Months, days and microseconds."""
        return self.months, self.days, self.microseconds


@to_text.register
def _(value: Interval) -> str:
    for each, limit in zip(value.parts, (_INT4, _INT4, _INT8), strict=True):
        if not -limit <= each < limit:
            raise Unfit("is out of range for interval")
    if value.parts in (_INFINITY, _MINUS_INFINITY):
        return "infinity" if value.months > 0 else "-infinity"
    # A sign on every part: IntervalStyle sql_standard would spread a single one over all.
    sign = -1 if value.microseconds < 0 else 1
    seconds, rest = (sign * part for part in divmod(abs(value.microseconds), _SECOND))
    return (
        f"{value.months:+d} mons {value.days:+d} days {seconds:+d} seconds {rest:+d} microseconds"
    )


def interval(value: Interval | timedelta) -> str:
    """Return either as PostgreSQL's text."""
    if not isinstance(value, Interval | timedelta):
        raise TypeError
    return to_text(value)


def iso_8601(value: Interval) -> str:
    """Return what a function of somebody's is given of an interval: P1M2DT3.5S."""
    if value.parts in (_INFINITY, _MINUS_INFINITY):
        return to_text(value)
    whole, rest = divmod(abs(value.microseconds), _SECOND)
    seconds = f"{'-' * (value.microseconds < 0)}{whole}" + f".{rest:06d}".rstrip("0") * (rest > 0)
    date = f"{value.months}M" * bool(value.months) + f"{value.days}D" * bool(value.days)
    return f"P{date}T{seconds}S" if value.microseconds or not date else f"P{date}"


def pack_interval(value: Interval | timedelta) -> bytes:
    """Return the binary form of what `interval` takes."""
    if not isinstance(value, Interval):
        value = Interval.of(value)
    return _FORM.pack(value.microseconds, value.days, value.months)


def _unpacked(data: bytes) -> tuple[int, int, int]:
    if len(data) != _FORM.size:
        raise Drift("a type that was interval is none any more")
    microseconds, days, months = _FORM.unpack(data)
    return months, days, microseconds


def read_interval(data: bytes) -> Interval:
    """Return an interval, exactly."""
    return Interval(*_unpacked(data))


def read_timedelta(data: bytes) -> timedelta:
    """Return an interval without months."""
    months, days, microseconds = parts = _unpacked(data)
    if parts in (_INFINITY, _MINUS_INFINITY):
        raise Unreadable("is an infinite interval, which a timedelta cannot be")
    if months:
        raise Unreadable(
            "is an interval with months, which a timedelta does not have:"
            " read it as `-- @type column amber_sql.Interval`"
        )
    try:
        return timedelta(days=days, microseconds=microseconds)
    except OverflowError:
        raise Unreadable("is an interval longer than a timedelta can be") from None
