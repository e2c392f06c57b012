"""For test modules that load this as a plugin: empty databases on each server, the marker `slow`.

`SLOW = True` marks a module. It cannot use a marker that is registered only while it is imported,
so its items get it here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from target import Target, database, target

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amber_sql.server import Server


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line(
        "markers", "slow: takes longer than `make test` may; .ci/run includes it"
    )


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is slow, before `-m` chooses."""
    for item in items:
        module = item.getparent(pytest.Module)
        if module is not None and getattr(module.obj, "SLOW", False):
            item.add_marker("slow")


@pytest.fixture
def server_in_turn(server_by_major: Server) -> Target:
    """Give each major version of PostgreSQL in turn."""
    return target(server_by_major.url("postgres"))


@pytest.fixture
def empty_url(server_in_turn: Target) -> Iterator[str]:
    """Give the URL of a database without any tables, on each major version in turn."""
    with database(server_in_turn) as name:
        yield server_in_turn.url(name)
