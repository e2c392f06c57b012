"""Months → partitions of usage_logs: made ahead, filled from the default one, dropped when old.

Rows of a month without a partition go to usage_logs_default, and are moved from there when it is made. DDL takes
no parameters, so statements are composed; each waits briefly for its locks and then tries again
later, since whoever logs must not queue behind maintenance.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from psycopg import errors, sql

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import psycopg

PARENT = "usage_logs"
DEFAULT = "usage_logs_default"
LOCK_TIMEOUT = "2s"
TRIES = 10
PAUSE_S = 0.5

_PARTITIONS = """
    SELECT c.relname FROM pg_inherits AS h JOIN pg_class AS c ON c.oid = h.inhrelid
    WHERE h.inhparent = 'usage_logs'::regclass AND c.relname ~ '^usage_logs_\\d{4}_\\d{2}$'
    ORDER BY c.relname
"""


class Month(NamedTuple):
    """A month of UTC."""

    year: int
    number: int

    @classmethod
    def of(cls, moment: datetime) -> Month:
        """Return the month that a moment is in."""
        utc = moment.astimezone(UTC)
        return cls(utc.year, utc.month)

    def plus(self, months: int) -> Month:
        """Return the month so many months later."""
        year, month = divmod(self.year * 12 + self.number - 1 + months, 12)
        return Month(year, month + 1)

    @property
    def begin(self) -> datetime:
        """Its first moment."""
        return datetime(self.year, self.number, 1, tzinfo=UTC)

    @property
    def table(self) -> str:
        """The name of its partition."""
        return f"{PARENT}_{self.year:04}_{self.number:02}"


def make_ahead(
    conn: psycopg.Connection[Any], now: datetime, months: int, say: Callable[[str], None]
) -> list[str]:
    """Make the partitions of this month and of `months` more; return the names of the new ones.

    Also of earlier months that have rows in the default partition. `conn` is in autocommit.
    """
    made = []
    this = Month.of(now)
    wanted = {this.plus(ahead) for ahead in range(months + 1)} | set(_months_in_default(conn))
    known = set(_names(conn))
    for month in sorted(wanted):
        if month.table not in known:
            _patiently(conn, month.table, partial(_make, conn, month), say)
            say(f"made {month.table}")
            made.append(month.table)
    return made


def drop_old(
    conn: psycopg.Connection[Any], now: datetime, keep_months: int, say: Callable[[str], None]
) -> list[str]:
    """Drop the partitions of months more than `keep_months` before this one; return their names."""
    oldest = Month.of(now).plus(-keep_months)
    dropped = []
    for name in _names(conn):
        if name < oldest.table:
            drop = sql.SQL("DROP TABLE {}").format(sql.Identifier(name))
            _patiently(conn, name, partial(conn.execute, drop), say)
            say(f"dropped {name}")
            dropped.append(name)
    conn.execute(
        sql.SQL("DELETE FROM {} WHERE created_at < %s").format(sql.Identifier(DEFAULT)),
        [oldest.begin],
    )
    return dropped


def _names(conn: psycopg.Connection[Any]) -> list[str]:
    return [name for (name,) in conn.execute(_PARTITIONS)]


def _months_in_default(conn: psycopg.Connection[Any]) -> Iterator[Month]:
    """Yield the months that the default partition has rows of."""
    found = conn.execute(
        sql.SQL(
            "SELECT DISTINCT date_trunc('month', created_at AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' FROM {}"
        ).format(sql.Identifier(DEFAULT))
    )
    for (begin,) in found.fetchall():
        yield Month.of(begin)


def _make(conn: psycopg.Connection[Any], month: Month) -> None:
    """Make one partition with the rows that wait for it in the default one, in one transaction."""
    table, default, parent = map(sql.Identifier, (month.table, DEFAULT, PARENT))
    begin, end = sql.Literal(month.begin), sql.Literal(month.plus(1).begin)
    # Writers wait at the parent: one that was sent to the default partition before, and waited there,
    # would be refused when the month has a partition of its own.
    conn.execute(sql.SQL("LOCK TABLE ONLY {} IN SHARE ROW EXCLUSIVE MODE").format(parent))
    conn.execute(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(default))
    conn.execute(sql.SQL("CREATE TABLE {} (LIKE {} INCLUDING ALL)").format(table, parent))
    conn.execute(
        sql.SQL(
            "WITH moved AS (DELETE FROM {} WHERE created_at >= {} AND created_at < {} RETURNING *)"
            " INSERT INTO {} SELECT * FROM moved"
        ).format(default, begin, end, table)
    )
    conn.execute(
        sql.SQL("ALTER TABLE {} ATTACH PARTITION {} FOR VALUES FROM ({}) TO ({})").format(
            parent, table, begin, end
        )
    )


def _patiently(
    conn: psycopg.Connection[Any], name: str, work: Callable[[], object], say: Callable[[str], None]
) -> None:
    """Do `work` in a transaction that waits briefly for locks, again and again if need be."""
    for left in reversed(range(TRIES)):
        try:
            with conn.transaction():
                conn.execute(
                    sql.SQL("SET LOCAL lock_timeout = {}").format(sql.Literal(LOCK_TIMEOUT))
                )
                work()
        except (errors.LockNotAvailable, errors.DeadlockDetected):
            if not left:
                raise
            say(f"waiting for the locks of {name}")
            time.sleep(PAUSE_S)
        else:
            return
