"""An exception at any moment of a write of many rows: all of it is kept or none, and the connection works."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import msgspec
import pytest
from psycopg.pq import TransactionStatus
from runtime_world import COUNT, SCHEMA, Face

from amber_sql.runtime import Statement

if TYPE_CHECKING:
    from collections.abc import Callable

pytest_plugins = ("runtime_plugin",)

INSERT = "INSERT INTO thing (id, name, size) VALUES ($1, $2, $3)"
PARAMS = {"id": "uuid", "name": "text", "size": "int4"}
STATEMENTS = {
    "insert_many": Statement("things.write", INSERT, params=PARAMS),
    "returning_many": Statement("things.make", f"{INSERT} RETURNING name", scalar=str, params=PARAMS),
}  # fmt: skip


class Size(msgspec.Struct, frozen=True):
    """What goes in."""

    id: UUID
    name: str
    size: int


class Interrupted(Exception):  # what a signal's handler raises
    """Raised wherever the program is."""


def interrupt(*_: object) -> None:
    """Be a handler."""
    raise Interrupted


def seconds(work: Callable[[], object]) -> float:
    """Measure."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


# psycopg's generator may be collected half-way, and then miscounts its own blocks where nobody looks.
@pytest.mark.filterwarnings(
    "ignore:.*Connection.transaction:pytest.PytestUnraisableExceptionWarning"
)
@pytest.mark.parametrize("verb", STATEMENTS)
def test_it_may_come_within_begin_and_commit(empty_database_url: str, verb: str) -> None:
    """Also while psycopg sends them: nobody else's answer is left under way."""
    face = Face("plain", empty_database_url)
    face.script(SCHEMA)

    def write(count: int = 200) -> None:
        getattr(face.verbs, verb)(
            face.conn, STATEMENTS[verb], [Size(uuid4(), "x", n) for n in range(count)]
        )

    write()
    usual = min(seconds(write) for _ in range(3))
    face.script("TRUNCATE thing CASCADE")
    before = signal.signal(signal.SIGALRM, interrupt)
    written = 0
    try:
        for number in range(40):
            try:
                signal.setitimer(signal.ITIMER_REAL, usual * (number + 0.5) / 40)
                write()
                signal.setitimer(signal.ITIMER_REAL, 0)
            except Interrupted:
                pass
            assert face.conn.info.transaction_status == TransactionStatus.IDLE
            assert face.one(COUNT) - written in {0, 200}
            written = face.one(COUNT)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    write(2)
    face.close()
