"""The real application on a real loopback socket, over a database of the module: `studio` and `browser`.

world        module: what a module fills its database with: `WORLD`, SQL, in the test module
studio       module: the running studio, read-only; `writing` the same with --write
browser      a client that was let in by the printed address; `editor` the same of `writing`
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest
from studio_world import Running, project_in, run
from target import database

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx
    from target import Target


@pytest.fixture(scope="module")
def studio_url(compiling_server: Target, request: pytest.FixtureRequest) -> Iterator[str]:
    """Give the URL of the module's database, filled with its `WORLD`."""
    with database(compiling_server) as name:
        url = compiling_server.url(name)
        with psycopg.connect(url, autocommit=True) as conn:
            conn.execute(getattr(request.module, "WORLD", "SELECT"))
        yield url


@pytest.fixture(scope="module")
def studio(studio_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Run a studio that only reads."""
    with run(studio_url, project_in(tmp_path_factory.mktemp("project"))) as running:
        yield running


@pytest.fixture(scope="module")
def writing(studio_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Run a studio that writes, over the same database."""
    project = project_in(tmp_path_factory.mktemp("project"))
    with run(studio_url, project, write=True) as running:
        yield running


@pytest.fixture
def browser(studio: Running) -> Iterator[httpx.Client]:
    """Give a client that followed the printed address."""
    with studio.browser() as client:
        yield client


@pytest.fixture
def editor(writing: Running) -> Iterator[httpx.Client]:
    """Give a client that followed the printed address of the studio that writes."""
    with writing.browser() as client:
        yield client


@pytest.fixture
def rows(studio_url: str) -> Iterator[psycopg.Connection]:
    """Connect to the module's database: autocommit."""
    with psycopg.connect(studio_url, autocommit=True) as conn:
        yield conn
