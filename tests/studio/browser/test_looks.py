"""Every page in light and dark, at each width, without script, and as axe-core reads it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import axe
import pytest

from amber_sql.studio.app import PAGES

if TYPE_CHECKING:
    from collections.abc import Callable

    from studio_world import Running
    from tab import Tab

    Open = Callable[..., Tab]

pytestmark = [pytest.mark.xdist_group("browser-looks"), pytest.mark.browser]

KINDS = [page.address for page in PAGES if page.show is not None]
STARTS = ["/", "/table/public/messages", "/search?q=user"]


@pytest.fixture(scope="module")
def addresses(amber_writing: Running) -> dict[str, str]:
    """Find an address of each kind of page by following links, as a reader comes to it."""
    patterns = {
        kind: re.compile(re.sub(r"\{[^}]*\}", "[^/?]+", kind) + r"(\?|$)") for kind in KINDS
    }
    found: dict[str, str] = {}
    with amber_writing.browser() as client:
        waiting, seen = [*STARTS], set(STARTS)
        while waiting and len(found) < len(KINDS) and len(seen) < 400:
            address = waiting.pop(0)
            kind = next((kind for kind, one in patterns.items() if one.match(address)), "")
            if not kind or kind in found:
                continue
            answer = client.get(address)
            assert answer.status_code == 200, address
            found[kind] = address
            links = [
                one.replace("&amp;", "&") for one in re.findall(r'href="(/[^"#]*)"', answer.text)
            ]
            waiting += [one for one in links if one not in seen]
            seen |= set(links)
    return found | {"an error": "/table/public/no_such_table"}


def test_every_kind_of_page_is_reached_by_links(addresses: dict[str, str]) -> None:
    """Nothing is hidden, so that nothing is left out below."""
    assert [kind for kind in KINDS if kind not in addresses] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(
    amber_writing: Running, tab: Open, addresses: dict[str, str], scheme: str
) -> None:
    """Contrast, names, roles, order: on each page."""
    axe.needed()
    one = tab(amber_writing, color_scheme=scheme)
    found = {address: axe.findings(one.go(address)) for address in addresses.values()}
    assert {address: each for address, each in found.items() if each} == {}


@pytest.mark.parametrize("width", [360, 1280, 3840])
def test_no_page_is_wider_than_its_window(
    amber_writing: Running, tab: Open, addresses: dict[str, str], width: int
) -> None:
    """What is wide scrolls by itself."""
    one = tab(amber_writing, width=width)
    found = {}
    for address in addresses.values():
        one.go(address)
        found[address] = one.overflow()
    assert {address: each for address, each in found.items() if each > 0} == {}


def test_every_page_works_without_script(
    amber_writing: Running, tab: Open, addresses: dict[str, str]
) -> None:
    """Each has its head and its content, and no control that nothing answers to."""
    one = tab(amber_writing, java_script_enabled=False)
    for address in addresses.values():
        page = one.go(address)
        assert page.locator("main h1").count() == 1, address
        idle = page.locator("button[data-copy]:visible, [data-filter]:visible").count()
        assert idle == 0, address
