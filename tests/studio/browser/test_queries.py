"""Each of Amber's queries, run by its form as a person does: a read gives rows, a write is undone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from amber_sql import locate
from amber_sql.compiler.files.load import load_folder

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator
    from studio_world import Running
    from tab import Tab

    Open = Callable[..., Tab]

pytestmark = pytest.mark.browser

MODULES = {
    file.module: [query.name for query in file.queries]
    for file in load_folder(locate.queries_dir())
}
SAMPLES = {
    "timestamptz": "2026-11-01 10:00+01", "date": "2026-11-01", "jsonb": '{"a": 1}', "interval": "1 day",
    "bytea": r"\x00", "inet": "192.0.2.1", "text": "1min",
}  # fmt: skip
BY_INPUT = {"datetime-local": "2026-11-01T10:00:00", "date": "2026-11-01"}


@pytest.fixture(scope="module")
def ids(amber_url: str) -> dict[str, str]:
    """Know a session, the widget that it is at, and whose that is."""
    with psycopg.connect(amber_url) as conn:
        sql = (
            "SELECT i.user_id::text, i.id::text, s.id::text FROM sessions AS s"
            " JOIN installations AS i ON i.id = s.installation_id WHERE s.message_count > 1 LIMIT 1"
        )
        user, widget, session = conn.execute(sql).fetchone() or ("", "", "")
    return {"user_id": user, "installation_id": widget, "session_id": session, "users": user,
            "sessions": session}  # fmt: skip


def _fill(field: Locator, ids: dict[str, str], module: str) -> None:
    """Give a field what its label and its control ask for."""
    name, _, kind = field.locator("label").first.inner_text().partition(" ")
    control = field.locator("[name^='p.']")
    if control.evaluate("one => one.tagName") == "SELECT":
        control.select_option(index=control.locator("option").count() - 1)
    elif control.get_attribute("type") == "checkbox":
        control.check()
    elif fixed := BY_INPUT.get(control.get_attribute("type") or ""):
        control.fill(fixed)
    elif kind.endswith("[]"):
        control.fill("{}")
    else:
        uuid = ids.get(name.strip()) or ids.get(module, ids["installation_id"])
        control.fill(uuid if kind == "uuid" else SAMPLES.get(kind, "1"))


@pytest.mark.parametrize("module", MODULES)
def test_forms_run_every_query(
    amber_writing: Running, tab: Open, ids: dict[str, str], module: str
) -> None:
    """What was typed is taken, or the server's words stand beside it; nothing is a fault of the page's."""
    one = tab(amber_writing)
    for name in MODULES[module]:
        page = one.go(f"/query/{module}/{name}")
        for field in page.locator("form .field").all():
            _fill(field, ids, module)
        run = page.locator("form button[value=run]")
        reads = run.inner_text() == "Run"
        with page.expect_navigation():
            run.click()
        assert page.locator("form .refused").count() == 0, name
        alerts = page.locator("main [role=alert]").all_inner_texts()
        # A sample may break a rule of the table's, which is said then.
        assert page.locator("h2#result").count() == (not alerts), name
        assert not (reads and alerts), (name, alerts)
