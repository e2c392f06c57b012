"""Rows changed by the pages' forms: one editor, two at once, with and without script."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest
from content import make

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from studio_world import Running
    from tab import Tab

    Open = Callable[..., Tab]

pytestmark = [pytest.mark.xdist_group("browser-editing"), pytest.mark.browser]


@pytest.fixture
def rows(amber_url: str) -> Iterator[psycopg.Connection]:
    """Connect to the database that the pages show: autocommit."""
    with psycopg.connect(amber_url, autocommit=True) as conn:
        yield conn


def _list_name(one: Tab, user: object, name: str) -> None:
    """Put a new name of a person onto the list of changes."""
    page = one.go(f"/edit/public/users/{user}")
    page.get_by_label("name", exact=True).fill(name)
    page.get_by_role("button", name="Add to the list of changes").click()


def _apply(one: Tab) -> None:
    one.go("/changes").get_by_role("button", name="Apply").click()


def test_of_two_editors_of_one_row_the_second_is_refused(
    amber_writing: Running, tab: Open, rows: psycopg.Connection
) -> None:
    """Nothing is overwritten, and the second's change is still on their list."""
    user = make.user(rows, name="Before").id
    first, second = tab(amber_writing), tab(amber_writing)
    for one, name in ((first, "First"), (second, "Second")):
        _list_name(one, user, name)
    _apply(first)
    assert first.page.get_by_role("status").inner_text() == "Written: 1 change."
    _apply(second)
    assert "changed" in second.page.get_by_role("alert").first.inner_text()
    assert "Second" in second.go("/changes").locator("pre.sql").inner_text()
    assert rows.execute("SELECT name FROM users WHERE id = %s", [user]).fetchall() == [("First",)]


@pytest.mark.parametrize("script", [True, False])
def test_a_row_is_added_and_deleted(
    amber_writing: Running, tab: Open, rows: psycopg.Connection, *, script: bool
) -> None:
    """As the SQL that was shown says, and with script off as well."""
    one, email = tab(amber_writing, java_script_enabled=script), f"added-{script}@example.com"
    page = one.go("/table/public/users")
    page.get_by_role("link", name="Add a row").click()
    for label, value in (("clerk_id", f"added {script}"), ("email", email)):
        page.get_by_label(label, exact=True).fill(value)
    page.get_by_role("button", name="Add to the list of changes").click()
    assert rows.execute("SELECT FROM users WHERE email = %s", [email]).fetchall() == []
    _apply(one)
    ((user,),) = rows.execute("SELECT id FROM users WHERE email = %s", [email]).fetchall()
    page = one.go(f"/row/public/users/{user}")
    page.get_by_role("link", name="Delete…").click()
    page.get_by_role("button", name="Add the deletion").click()
    _apply(one)
    assert rows.execute("SELECT FROM users WHERE email = %s", [email]).fetchall() == []


def test_what_goes_with_a_row_is_shown_first(
    amber_writing: Running, tab: Open, rows: psycopg.Connection
) -> None:
    """A widget's sessions stand there before anything is on the list."""
    visit = make.session(rows)
    page = tab(amber_writing).go(f"/delete/public/installations/{visit.installation_id}")
    gone = page.get_by_role("region", name="These rows go with it")
    assert str(visit.id) in gone.inner_text()
    assert page.get_by_role("link", name="Changes", exact=True).locator(".count").count() == 0


def test_a_mistake_stays_in_its_field(
    amber_writing: Running, tab: Open, rows: psycopg.Connection
) -> None:
    """What was typed is there again, with the server's words beside it, and read out with it."""
    user = make.user(rows).id
    one = tab(amber_writing)
    page = one.go(f"/edit/public/users/{user}")
    page.get_by_label("created_at", exact=True).fill("yesterday-ish")
    page.get_by_role("button", name="Add to the list of changes").click()
    field = page.get_by_label("created_at", exact=True)
    assert field.input_value() == "yesterday-ish"
    assert field.get_attribute("aria-invalid") == "true"
    assert page.locator(f"#{field.get_attribute('aria-describedby')}").is_visible()
