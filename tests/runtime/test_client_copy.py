"""A hand-written COPY from or to the client: refused before it is sent, and the connection goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from runtime_world import COUNT, value

from amber_sql.errors import CopyRefused
from amber_sql.runtime import Statement
from amber_sql.sqltext.client_copy import client_copy

if TYPE_CHECKING:
    from runtime_world import Face

pytest_plugins = ("runtime_plugin",)

OUT = value("/* all of it */ copy (SELECT 1) TO STDOUT (FORMAT csv)", int)
CHANNELS = {
    "COPY thing FROM STDIN": "FROM STDIN",
    "COPY thing (id, name) TO STDIN": "TO STDIN",
    "-- x\nCoPy (SELECT a FROM stdin) TO stdout WITH CSV": "TO STDOUT",
    "SELECT 1; COPY thing FROM STDIN;": "FROM STDIN",
    "COPY (SELECT a FROM stdin) TO '/tmp/x'": "",
    "COPY stdout FROM '/tmp/x'": "",
    "SELECT 'COPY thing TO STDOUT'": "",
    'SELECT copy FROM "COPY" AS stdout': "",
}


@pytest.mark.parametrize("sql", CHANNELS)
def test_the_channel_is_what_the_statement_says(sql: str) -> None:
    """Not what stands in quotes, in parentheses or in a name."""
    assert client_copy(sql) == CHANNELS[sql]


@pytest.mark.parametrize("verb", ["one", "optional", "many", "affected", "stream"])
def test_a_copy_is_refused(face: Face, verb: str) -> None:
    """By name and remedy, with whatever verb; the next call works."""
    with pytest.raises(CopyRefused, match=r"^a\.query says COPY … TO STDOUT, .* write SELECT"):
        getattr(face, verb)(OUT)
    assert face.one(COUNT) == 0


def test_a_script_and_many_rows_are_refused(face: Face) -> None:
    """Also behind another statement, and where rows are given."""
    with pytest.raises(CopyRefused):
        face.script("SELECT 1; COPY thing FROM STDIN")
    with pytest.raises(CopyRefused):
        face.insert_many(Statement("things.load", "COPY thing FROM STDIN"), [])
    assert face.one(COUNT) == 0
