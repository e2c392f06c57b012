"""A page → what axe-core finds wrong with it for people who see, hear or move otherwise."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

VERSION = "4.14.1"
FOLDER = Path(os.environ.get("AMBER_TEST_CACHE") or Path.home() / ".cache" / "amber-sql-tests")
AXE = FOLDER / f"axe-core-{VERSION}" / "axe.min.js"

_RUN = """async () => {
  const found = await axe.run(document, { resultTypes: ["violations"] });
  return found.violations.filter((one) => ["serious", "critical"].includes(one.impact)).map((one) =>
    `${one.id}: ${one.help}: ` + one.nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(" | "));
}"""


def needed() -> str:
    """Return axe-core's text, or skip the test."""
    if not AXE.is_file():
        pytest.skip("axe-core on studio's pages, since it is not here (python -m tools.fetch_axe)")
    return AXE.read_text(encoding="utf-8")


def findings(page: Page) -> list[str]:
    """Return what is serious or critical."""
    page.evaluate(needed())
    found: list[str] = page.evaluate(_RUN)
    return found
