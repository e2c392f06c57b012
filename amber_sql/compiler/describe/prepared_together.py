"""Statements → what a server says of each, in a pipeline: it analyses the next ones meanwhile.

Each has a Sync of its own, so that one which is refused never hides another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from psycopg.pq.abc import PGconn, PGresult

AHEAD = 16
"""Statements that are on their way at once: their texts fit into a socket's buffer."""


class Answer(NamedTuple):
    """A server's answer: how preparing went, its description, and the query trees it printed."""

    prepared: PGresult
    described: PGresult
    trees: tuple[str, ...]


def prepared_together(
    conn: psycopg.Connection[Any], statements: Sequence[bytes], trees: list[str]
) -> Generator[Answer]:
    """Yield the answer to each statement; `trees` is where the connection collects query trees."""
    pgconn, sent, received = conn.pgconn, 0, 0
    trees.clear()
    pgconn.enter_pipeline_mode()
    try:
        while received < len(statements):
            while sent < len(statements) and sent < received + AHEAD:
                pgconn.send_prepare(b"", statements[sent])
                pgconn.send_describe_prepared(b"")
                pgconn.pipeline_sync()
                sent += 1
            received += 1
            yield _answer(pgconn, trees)
    finally:
        for _ in range(received, sent):
            _answer(pgconn, trees)
        pgconn.exit_pipeline_mode()


def _answer(pgconn: PGconn, trees: list[str]) -> Answer:
    """Receive the next answer; behind its Sync the next statement's trees may be read at once."""
    prepared, _, described, _ = (pgconn.get_result() for _ in range(4))  # each ends with a None
    found = tuple(trees)
    trees.clear()
    sync = pgconn.get_result()
    if prepared is None or described is None or sync is None:
        raise psycopg.OperationalError(pgconn.get_error_message())  # it is gone
    return Answer(prepared, described, found)
