"""A reader's ways through the pages: filtered, sorted, paged and followed, by mouse and by keyboard."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from studio_world import Running
    from tab import Tab

    Open = Callable[..., Tab]

pytestmark = pytest.mark.xdist_group("browser-reading")

MESSAGES = "/table/public/messages"


def test_a_table_is_filtered_by_its_form(amber: Running, tab: Open) -> None:
    """What was chosen stands in the address, and only such rows are shown."""
    page = tab(amber).go(MESSAGES)
    page.get_by_text("Filter", exact=True).first.click()
    page.get_by_label("ASSISTANT").check()
    page.get_by_role("button", name="Show", exact=True).click()
    assert "ASSISTANT" in page.url
    roles = page.locator("table tbody tr").all_inner_texts()
    assert roles
    assert all("ASSISTANT" in row for row in roles)


def test_a_filter_is_removed_by_its_link(amber: Running, tab: Open) -> None:
    """One click brings the others back."""
    one = tab(amber)
    page = one.go(MESSAGES)
    page.get_by_text("Filter", exact=True).first.click()
    page.get_by_label("ASSISTANT").check()
    page.get_by_role("button", name="Show", exact=True).click()
    page.get_by_role("link", name=re.compile("^Remove the filter")).click()
    assert "ASSISTANT" not in page.url
    assert page.get_by_role("link", name=re.compile("^Remove the filter")).count() == 0


def test_a_table_is_sorted_by_its_head(amber: Running, tab: Open) -> None:
    """The column says so to a screen reader, and again in the other direction."""
    page = tab(amber).go("/table/public/users")
    head = page.get_by_role("columnheader").filter(has_text="email")
    for _ in range(2):
        head.get_by_role("link").click()
        page.wait_for_load_state()
    assert head.get_attribute("aria-sort") == "descending"
    emails = page.locator("table tbody tr").all_inner_texts()
    found = [re.search(r"\S+@\S+", row)[0] for row in emails]
    assert found == sorted(found, reverse=True)


def test_pages_follow_each_other_and_back(amber: Running, tab: Open) -> None:
    """No row twice, and the way back shows the first page again."""
    page = tab(amber).go(f"{MESSAGES}?n=25")
    first = page.locator("table tbody th").all_inner_texts()
    page.get_by_role("link", name="Next").click()
    second = page.locator("table tbody th").all_inner_texts()
    assert len(first) == 25
    assert set(first).isdisjoint(second)
    page.get_by_role("link", name="Previous").click()
    assert page.locator("table tbody th").all_inner_texts() == first


def test_the_keyboard_alone_leads_to_a_row(amber: Running, tab: Open) -> None:
    """Slash, a name, Enter, and Tab to the first row: the focus is always seen."""
    one = tab(amber)
    page = one.page
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "search"
    page.keyboard.type("installations")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?*")
    _tab_to(one, "installations")
    page.keyboard.press("Enter")
    page.wait_for_url("**/table/public/installations")
    for _ in range(200):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.closest('tbody th') !== null"):
            break
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    page.keyboard.press("Enter")
    page.wait_for_url("**/row/public/installations/*")


def test_the_first_tab_skips_to_the_page(amber: Running, tab: Open) -> None:
    """Who cannot use a mouse need not walk through the navigation on each page."""
    page = tab(amber).go(MESSAGES)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")


def test_a_foreign_key_leads_to_its_row_and_back(amber: Running, tab: Open) -> None:
    """From a widget to its owner, whose page names the widget."""
    page = tab(amber).go("/table/public/installations")
    widget = page.locator("table tbody th").first.inner_text()
    page.locator("table tbody td a[href^='/row/public/users/']").first.click()
    assert "/row/public/users/" in page.url
    page.locator(f"a[href='/row/public/installations/{widget}']").first.click()
    assert page.url.endswith(f"/row/public/installations/{widget}")


def test_head_and_key_stay_in_view(amber: Running, tab: Open) -> None:
    """Wherever the rows are scrolled to, it is said what they are."""
    page = tab(amber).go(f"{MESSAGES}?n=100")
    page.locator(".grid").evaluate("one => one.scrollTo(900, 1500)")
    grid = page.locator(".grid").bounding_box()
    head = page.get_by_role("columnheader").first.bounding_box()
    key = page.locator("tbody th:visible").nth(40).bounding_box()
    assert (round(head["x"] - grid["x"]), round(head["y"] - grid["y"])) == (1, 1)
    assert round(key["x"] - grid["x"]) == 1


def test_a_list_is_filtered_as_one_types(amber: Running, tab: Open) -> None:
    """Beside each page, without asking the server."""
    page = tab(amber).page
    page.get_by_label("Filter the tables").fill("usage")
    beside = page.locator("#beside-list li:visible")
    assert beside.all_inner_texts() == ["usage_ledger", "usage_logs"]


def _tab_to(one: Tab, text: str) -> None:
    """Press Tab until a link of this text has the focus."""
    for _ in range(200):
        one.page.keyboard.press("Tab")
        focused = (
            "document.activeElement.matches('main a') && document.activeElement.textContent.trim()"
        )
        if one.page.evaluate(focused) == text:
            return
    pytest.fail(f"no way to {text} by Tab")
