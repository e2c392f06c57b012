"""The fixtures that the runtime's tests share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from runtime_world import ANEW, FACES, Face
from target import Target, database

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def shared_url(pg_server: Target) -> Iterator[str]:
    """Give the URL of one database for a module; each test begins with runtime_world.ANEW."""
    with database(pg_server) as name:
        yield pg_server.url(name)


@pytest.fixture(params=FACES)
def face(shared_url: str, request: pytest.FixtureRequest) -> Iterator[Face]:
    """Give each face of the runtime, on a database with SCHEMA."""
    opened = Face(request.param, shared_url)
    opened.script(ANEW)
    yield opened
    opened.close()
