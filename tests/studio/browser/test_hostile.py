"""A schema, rows and queries made to run script in their reader's browser: all of it is text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from project import GET
from studio_world import project_in, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from studio_world import Running
    from tab import Tab

    Open = Callable[..., Tab]

pytestmark = [pytest.mark.xdist_group("browser-hostile"), pytest.mark.browser]

SCRIPT = "</title></script></textarea><script>alert(1)</script>"
IMAGE = "\"'><img src=x onerror=alert(2)>"
SVG = "<svg/onload=alert(3)><!--"
FRAME = "{{7*7}}<iframe src=https://evil.example>"
LINK = "javascript:alert(4)"
STYLE = "red;background:url(https://evil.example/x)"
TURNED = "\u202egnp.exe\u2066"
TABLE = '"' + IMAGE.replace('"', '""') + '"'
WORLD = f"""
CREATE SCHEMA "{SVG}";
CREATE TYPE "{SVG}"."{FRAME[:60]}" AS ENUM ('{SCRIPT[:60]}', $x${IMAGE}$x$, '{LINK}');
CREATE TABLE "{SVG}".{TABLE} (
    "{SCRIPT[:60]}" text PRIMARY KEY, "{LINK}" "{SVG}"."{FRAME[:60]}", "{STYLE}" jsonb, "a/b?c#d" text DEFAULT '{SVG}',
    CONSTRAINT "{SVG} too" CHECK ("a/b?c#d" <> '{IMAGE[2:]} no')
);
COMMENT ON TABLE "{SVG}".{TABLE} IS '{SCRIPT}';
COMMENT ON COLUMN "{SVG}".{TABLE}."{LINK}" IS '{SVG}';
INSERT INTO "{SVG}".{TABLE} VALUES
    ('{SCRIPT}', '{LINK}', jsonb_build_object('{SVG}', '{SCRIPT}'), $x${IMAGE}$x$),
    ($x${IMAGE}$x$, $x${IMAGE}$x$, '"{LINK}"', '{FRAME}'),
    ('{LINK}', NULL, 'null', '{TURNED}'),
    ('', NULL, NULL, repeat('{SVG}', 300));
CREATE TABLE refers (id int PRIMARY KEY, them text REFERENCES "{SVG}".{TABLE});
INSERT INTO refers VALUES (1, '{SCRIPT}'), (2, $x${IMAGE}$x$), (3, '');
"""


@pytest.fixture(scope="module")
def hostile(studio_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Run a studio over that database, with all pages there are and a query whose words are as bad."""
    said = GET.replace("One person.", f"One person. {SCRIPT} {IMAGE} {SVG}")
    project = project_in(tmp_path_factory.mktemp("project"), people=said)
    with run(studio_url, project, write=True) as running:
        yield running


def test_nothing_of_it_runs(hostile: Running, tab: Open) -> None:
    """Each page that links lead to: no dialog, no script, no request, no report of the policy."""
    one = tab(hostile)
    waiting, seen = ["/", "/search?q=%3Csvg", f"/search?q={SCRIPT}"], set()
    while waiting and len(seen) < 30:
        address = waiting.pop(0)
        shape = re.sub(r"([?,]).*", "", address)
        if shape in seen or "javascript" in address[:11]:
            continue
        seen.add(shape)
        page = one.go(address)
        assert page.locator("main h1").count() == 1, address
        assert page.locator("iframe, main img, script:not([src])").count() == 0, address
        links = page.locator("a").evaluate_all("all => all.map((one) => one.getAttribute('href'))")
        assert [link for link in links if not link.startswith(("/", "#"))] == [], address
        waiting += [
            link
            for link in links
            if link.startswith("/") and ".json" not in link and ".csv" not in link
        ]
    assert len(seen) > 8


def test_it_is_shown_as_it_is(hostile: Running, tab: Open) -> None:
    """What was written stands there to be read."""
    one = tab(hostile)
    page = one.page
    page.get_by_role("link", name=IMAGE).first.click()
    for text in (SCRIPT, IMAGE, LINK, FRAME):
        assert page.get_by_text(text, exact=True).filter(visible=True).count() > 0, text


def test_a_value_of_the_form_comes_back_as_text(hostile: Running, tab: Open) -> None:
    """What somebody was made to filter by, too."""
    one = tab(hostile)
    page = one.page
    page.get_by_role("link", name="refers").first.click()
    page.get_by_text("Filter", exact=True).first.click()
    page.locator("fieldset", has_text="id").get_by_role("textbox").first.fill(f"1{SCRIPT}{IMAGE}")
    page.get_by_role("button", name="Show", exact=True).click()
    assert page.get_by_role("alert").is_visible()
