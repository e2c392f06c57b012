# ruff: noqa: INP001  # a script, not a package
"""Amber's database as `amber-sql seed` leaves it → pictures of studio: `make screenshots`.

Six pages at two widths go to AMBER_SCREENSHOTS (build/screenshots), where CI keeps them, each in light
and dark; with --docs, the two that the documentation shows go to docs/images.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from playwright.sync_api import sync_playwright
from studio_world import run
from tab import SHOTS, Tab, launch

from amber_sql import deploy, locate
from amber_sql.amber.seed import seed
from amber_sql.server import temporary

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from studio_world import Running

ROOT = Path(__file__).parents[1]

PAGES = {
    "overview": "/",
    "table": "/table/public/messages?n=25",
    "schema": "/schema",
    "activity": "/activity",
}
WIDTHS = (360, 1280)
IN_DOCS = {"studio-table": "table", "studio-query": "query"}


def addresses(url: str) -> dict[str, str]:
    """Return each page's address: a widget's row, and a query with what it gives for a person."""
    with psycopg.connect(url) as conn:
        sql = "SELECT id, user_id FROM installations ORDER BY message_count DESC LIMIT 1"
        ((widget, user),) = conn.execute(sql).fetchall()
    return PAGES | {
        "row": f"/row/public/installations/{widget}",
        "query": f"/query/installations/list_active_with_sessions?p.user_id={user}&do=run",
    }


def shoot(browser: Browser, studio: Running, pages: dict[str, str]) -> None:
    """Take every picture."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    for width in WIDTHS:
        for scheme in ("light", "dark"):
            tab = Tab(browser, studio, width=width, height=800, color_scheme=scheme)
            for name, address in pages.items():
                tab.go(address).screenshot(path=SHOTS / f"{name}-{width}-{scheme}.png")
            tab.context.close()
    if "--docs" not in sys.argv:
        return
    tab = Tab(browser, studio, width=1120, height=600)
    for name, page in IN_DOCS.items():
        target = ROOT / "docs" / "images" / f"{name}.png"
        target.parent.mkdir(exist_ok=True)
        tab.go(pages[page]).screenshot(path=target)


def main() -> None:
    """Run a server, studio and a browser for as long as it takes."""
    with temporary() as server:
        url = server.url("postgres")
        deploy.migrate(url, locate.migrations_dir())
        with psycopg.connect(url, autocommit=True) as conn:
            seed(conn)
            conn.execute("ANALYZE")
        with run(url, locate.project(ROOT)) as studio, sync_playwright() as playwright:
            # What a reader has: not the folder and the socket of this run.
            studio.state.name = studio.state.database = "amber"
            studio.state.server = "amber@localhost/amber"
            browser = launch(playwright)
            shoot(browser, studio, addresses(url))
            browser.close()


if __name__ == "__main__":
    main()
