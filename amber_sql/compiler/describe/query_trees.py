"""The analysed query trees that a server prints as notices: `debug_print_parse`, a user's setting."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

_OWN_LOG = b"""
    SELECT pg_catalog.set_config(s.name, %b, false) FROM pg_catalog.pg_settings AS s
    WHERE s.name OPERATOR(pg_catalog.=) 'log_min_messages'
      AND pg_catalog.has_parameter_privilege(s.name, 'SET');
"""
"""A tree is a message of level LOG, which goes into the server's log as well: 1.1 MB for 115 queries.
Whoever may, keeps it out of there."""
_TREE_ON = _OWN_LOG % b"'fatal'" + (
    b"SET client_min_messages = log; SET debug_pretty_print = off; SET debug_print_parse = on"
)
_TREE_OFF = (
    b"RESET client_min_messages; RESET debug_pretty_print; RESET debug_print_parse;"
    + _OWN_LOG % b"s.reset_val"
)


@contextmanager
def query_trees(conn: psycopg.Connection[Any]) -> Iterator[list[str]]:
    """Collect the query trees that the server prints while the block runs."""
    found: list[str] = []

    def collect(notice: psycopg.errors.Diagnostic) -> None:
        if (notice.message_primary or "").startswith("parse tree") and notice.message_detail:
            found.append(notice.message_detail)

    conn.add_notice_handler(collect)
    conn.pgconn.exec_(_TREE_ON)
    try:
        yield found
    finally:
        conn.remove_notice_handler(collect)
        conn.pgconn.exec_(_TREE_OFF)
