"""What several files of this folder start with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from domain.crowd import Crowd, crowd

from amber_sql import open_pool

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amber_sql import Pool


@pytest.fixture
def pool(database_url: str) -> Iterator[Pool]:
    """Open a pool on this test's database."""
    with open_pool(database_url, max_size=3) as opened:
        yield opened


@pytest.fixture
def racers(database_url: str) -> Iterator[Crowd]:
    """Start 32 connections in 8 processes."""
    with crowd(database_url, 8) as started:
        yield started


@pytest.fixture
def database_url(app_url: str) -> str:
    """Work as the app role, as a service does; what is the operator's says so in its own file."""
    return app_url
