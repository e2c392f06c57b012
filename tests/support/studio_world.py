"""A studio that runs in a thread of the test, on a free port of the loopback."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import httpx
from project import GET, SCHEMA

from amber_sql import locate
from amber_sql.studio.serving import listen, server
from amber_sql.studio.state import Studio

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from amber_sql.locate import Project


class _Form(HTMLParser):
    """What a browser would send of a page's last form that is posted, untouched."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self._inside = self._text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take a field's name and what stands in it."""
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.fields = {}
        elif tag == "input" and given.get("type") not in {"checkbox", "search"}:
            self.fields[given["name"]] = given.get("value", "")
        elif tag in {"textarea", "select"}:
            self._inside, self._text = given["name"], ""
        elif tag == "option" and (self._inside not in self.fields or "selected" in given):
            self.fields[self._inside] = given["value"]

    def handle_data(self, data: str) -> None:
        """Take the text of a textarea."""
        self._text += data

    def handle_endtag(self, tag: str) -> None:
        """End a field."""
        if tag == "textarea":
            self.fields[self._inside] = self._text.removeprefix("\n").replace("\n", "\r\n")


def form_of(page: str) -> dict[str, str]:
    """Return the fields of the page's form, as a browser sends them when nobody touches it."""
    form = _Form()
    begins = page.find('<form method="post"')
    form.feed(page[begins:] if begins >= 0 else "")
    return form.fields


class Running:
    """A studio, and the ways to it."""

    def __init__(self, state: Studio, port: int) -> None:
        self.state, self.port = state, port
        self.origin = f"http://127.0.0.1:{port}"
        self.token = state.doors.token

    def stranger(self, **more: str) -> httpx.Client:
        """Return a client without a token: another user of this machine."""
        return httpx.Client(base_url=self.origin, headers=more, timeout=30)

    @contextmanager
    def browser(self) -> Iterator[httpx.Client]:
        """Give a client that followed the printed address; it sends the Origin of a form."""
        with httpx.Client(
            base_url=self.origin, headers={"Origin": self.origin}, timeout=30, follow_redirects=True
        ) as client:
            client.get(f"/?token={self.token}")
            yield client


def project_in(root: Path, **files: str) -> Project:
    """Write a project into a folder; `files` are its queries by module."""
    for folder in ("queries", "migrations"):
        (root / folder).mkdir()
    (root / "migrations" / "0001.people.sql").write_text(SCHEMA)
    for module, text in (files or {"people": GET}).items():
        (root / "queries" / f"{module}.sql").write_text(text)
    return locate.project(root)


@contextmanager
def run(url: str, project: Project, *, write: bool = False) -> Iterator[Running]:
    """Run a studio for a block."""
    with listen(0) as listening:
        port = listening.getsockname()[1]
        state = Studio(url, project, port, write=write)
        running = server(state)
        running.install_signal_handlers = lambda: None
        thread = threading.Thread(target=running.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        try:
            while not running.started and thread.is_alive():
                time.sleep(0.01)
            yield Running(state, port)
        finally:
            running.should_exit = True
            thread.join(10)
