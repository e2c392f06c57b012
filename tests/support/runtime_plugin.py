"""The fixture that the runtime's tests share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from target import Target, database

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def shared_url(pg_server: Target) -> Iterator[str]:
    """Give the URL of one database for a module; each test begins with runtime_world.ANEW."""
    with database(pg_server) as name:
        yield pg_server.url(name)
