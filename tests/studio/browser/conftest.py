"""Studio in a real browser: what a reader sees, does and must not meet.

chromium     module: a running Chromium; skipped where this machine has none
amber        module: the studio over Amber's own project and a seeded database; `amber_writing` with --write
tab          a function: (studio, width=…, color_scheme=…, …) → a Tab, which must have met nothing bad
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from studio_world import run
from tab import CHROMIUM, Tab, launch
from target import database

from amber_sql import deploy, locate
from amber_sql.amber.seed import seed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser
    from studio_world import Running
    from target import Target

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Start a browser for a module: Playwright's loop runs in our thread, where asyncio's tests need none."""
    if not CHROMIUM:
        pytest.skip("studio in a browser, since there is no Chromium (apt-get install chromium)")
    sync_api = pytest.importorskip(
        "playwright.sync_api", reason="studio in a browser, for want of playwright"
    )
    with sync_api.sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def amber_url(compiling_server: Target) -> Iterator[str]:
    """Give the URL of a database as `amber-sql seed` leaves it, with statistics."""
    with database(compiling_server) as name:
        url = compiling_server.url(name)
        deploy.migrate(url, locate.migrations_dir())
        with psycopg.connect(url, autocommit=True) as conn:
            seed(conn)
            conn.execute("ANALYZE")
        yield url


@pytest.fixture(scope="module")
def amber(amber_url: str) -> Iterator[Running]:
    """Run a studio that only reads."""
    with run(amber_url, locate.project(ROOT)) as running:
        yield running


@pytest.fixture(scope="module")
def amber_writing(amber_url: str) -> Iterator[Running]:
    """Run a studio that writes, over the same database."""
    with run(amber_url, locate.project(ROOT), write=True) as running:
        yield running


@pytest.fixture
def tab(chromium: Browser) -> Iterator[Callable[..., Tab]]:
    """Open tabs of one test, each a person of its own; what they met is said at its end."""
    tabs: list[Tab] = []

    def opened(studio: Running, **options: object) -> Tab:
        tabs.append(Tab(chromium, studio, **options))
        return tabs[-1]

    yield opened
    problems = [problem for one in tabs for problem in one.problems]
    for one in tabs:
        one.context.close()
    assert problems == []
