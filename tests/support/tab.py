"""One tab of a real Chromium, and everything in it that should not happen.

`Tab.problems` gathers what a reader would be hurt by: a dialog, an error on the console (a refusal by
the Content-Security-Policy is one), an exception in a script, an answer of 500 and above, and each
request for another host, which is also stopped.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Playwright
    from studio_world import Running

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
SHOTS = Path(os.environ.get("AMBER_SCREENSHOTS") or "build/screenshots")
"""Where screenshots go that CI keeps."""


def launch(playwright: Playwright) -> Browser:
    """Start Debian's Chromium; as root it has no sandbox of its own."""
    return playwright.chromium.launch(
        executable_path=CHROMIUM,
        args=["--no-sandbox", "--disable-dev-shm-usage", "--force-color-profile=srgb"],
    )


class Tab:
    """A tab that came in by the printed address."""

    def __init__(self, browser: Browser, studio: Running, **options: Any) -> None:
        self.studio, self.problems = studio, []
        self.width = options.pop("width", 1280)
        height = options.pop("height", 900)
        self.context = browser.new_context(
            viewport={"width": self.width, "height": height}, locale="en-GB", timezone_id="Europe/Berlin",
            reduced_motion="reduce", **options,
        )  # fmt: skip
        self.context.set_default_timeout(60_000)  # as long as a busy machine needs
        self.context.route(self._elsewhere, self._stop)
        self.page: Page = self.context.new_page()
        self.page.on("dialog", self._dialog)
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.problems.append(f"exception: {error}"))
        self.page.on("response", self._response)
        self.go(f"/?token={studio.token}")

    def go(self, path: str) -> Page:
        """Open one of the studio's addresses."""
        self.page.goto(f"{self.studio.origin}{path}")
        return self.page

    @property
    def path(self) -> str:
        """The address, without the host."""
        parts = urlsplit(self.page.url)
        return f"{parts.path}?{parts.query}" if parts.query else parts.path

    def overflow(self) -> int:
        """Return by how many pixels the page is wider than its window."""
        measure = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        found: int = self.page.evaluate(measure)
        return found

    def _elsewhere(self, url: str) -> bool:
        return not url.startswith((f"{self.studio.origin}/", "data:", "blob:", "about:"))

    def _stop(self, route: Any) -> None:
        self.problems.append(f"asked another host: {route.request.url}")
        route.abort()

    def _dialog(self, dialog: Any) -> None:
        self.problems.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _console(self, message: Any) -> None:
        # What a browser says of a page that is refused with 4xx is no error of the page's.
        if message.type in {"error", "warning"} and not message.text.startswith("Failed to load"):
            self.problems.append(f"console: {message.text}")

    def _response(self, response: Any) -> None:
        if response.status >= 500:
            self.problems.append(f"{response.status}: {response.url}")
