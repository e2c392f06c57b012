"""For test modules that load this as a plugin: empty databases on each server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from target import Target, database, target

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amber_sql.server import Server


@pytest.fixture
def server_in_turn(server_by_major: Server) -> Target:
    """Give each major version of PostgreSQL in turn."""
    return target(server_by_major.url("postgres"))


@pytest.fixture
def empty_url(server_in_turn: Target) -> Iterator[str]:
    """Give the URL of a database without any tables, on each major version in turn."""
    with database(server_in_turn) as name:
        yield server_in_turn.url(name)
