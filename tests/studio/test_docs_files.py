"""`amber-sql docs`: a stranger's project as files, and Amber's own as it is committed."""

from __future__ import annotations

import os
import re
from html.parser import HTMLParser
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

import pytest
from project import Project
from strange_schema import SCHEMA

ROOT = Path(__file__).parents[2]
QUERIES = """-- Orders | and `more`.

-- name: count_of(status)$
-- How many there are <script>alert(1)</script>.
SELECT count(*) FROM shop.orders AS o WHERE o.status = :status;

-- name: pay(number)!
-- Mark one as paid.
UPDATE shop.orders AS o SET status = 'paid' WHERE o.number = :number -- ``` a fence
;
"""


@pytest.fixture
def project(
    embedded_home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Project:
    """Give a project with a stranger's schema and two queries."""
    monkeypatch.setenv("AMBER_SERVER_DIR", str(embedded_home))
    made = Project(tmp_path, capsys)
    made.file("migrations/0001.people.sql", SCHEMA)
    (tmp_path / "queries" / "people.sql").unlink()
    made.file("queries/Orders.sql", QUERIES)
    made.options.append(f"--out={tmp_path / 'out'}")
    return made


def _files(project: Project, *options: str) -> dict[str, str]:
    done = project.run("docs", *project.options, *options)
    assert done.code == 0, done.err + done.out
    out = project.root / "out"
    return {p.relative_to(out).as_posix(): p.read_text("utf-8") for p in out.rglob("*.*")}


class _Page(HTMLParser):
    """What a page links to, what can be linked to, and the tags it has."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links, self.ids, self.tags = [], set(), set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            if name in {"href", "src"}:
                self.links.append(value or "")
            if name == "id":
                assert value not in self.ids
                self.ids.add(value)


def _leads(files: dict[str, str], page: str, link: str) -> bool:
    path, _, place = link.partition("#")
    target = os.path.normpath(PurePosixPath(page).parent / unquote(path)) if path else page
    return target in files and (not place or f'id="{unquote(place)}"' in files[target])


@pytest.mark.slow
def test_ambers_own_are_fresh(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """docs/schema is what today's migrations and queries give: run `make generate`."""
    monkeypatch.chdir(ROOT)
    done = project.run("docs", "--check", "--out=docs/schema")
    assert (done.code, done.out) == (0, "")


def test_every_link_leads_to_a_file_and_its_place(project: Project) -> None:
    """In Markdown, where a table's name holds anything."""
    files = _files(project)
    links = [(p, link) for p, text in files.items() for link in re.findall(r"\]\(([^)]+)\)", text)]
    assert len(links) > 35
    assert [(page, link) for page, link in links if not _leads(files, page, link)] == []


def test_every_link_of_a_page_leads_somewhere(project: Project) -> None:
    """In HTML: from the index, between tables, out of diagrams, to queries and to the style sheet."""
    files = _files(project, "--format=html")
    pages = {path: _Page(text) for path, text in files.items() if path.endswith(".html")}
    links = [(path, link) for path, page in pages.items() for link in page.links]
    assert len(links) > 60
    assert [one for one in links if not _leads(files, *one)] == []


def test_hostile_names_are_text_in_html(project: Project) -> None:
    """No tag of theirs, no script, nothing from elsewhere."""
    files = _files(project, "--format=html")
    tags = {tag for path, text in files.items() if path != "style.css" for tag in _Page(text).tags}
    assert tags.isdisjoint({"script", "b", "iframe", "img", "style", "object"})
    assert not [path for path, text in files.items() if re.search(r'(href|src)="\s*\w+:', text)]


def test_names_that_differ_in_case_are_different_files(project: Project) -> None:
    """On a disk where case does not count, too: people, People and elsewhere.people."""
    paths = list(_files(project))
    assert len({path.casefold() for path in paths}) == len(paths)
    assert len([path for path in paths if "people" in path.casefold()]) == 3
    assert all(re.fullmatch(r"[\w./-]{1,120}", path, re.ASCII) for path in paths)


def test_check_compares_and_writes_nothing(project: Project) -> None:
    """Exit 1 with what is missing; 0 as soon as it is written; 1 where somebody edited a file."""
    options = [*project.options, "--check"]
    before = project.run("docs", *options)
    assert (before.code, (project.root / "out").exists()) == (1, False)
    files = _files(project)
    assert project.run("docs", *options).code == 0
    path = project.root / "out" / min(files)
    path.write_text(path.read_text("utf-8") + "x", encoding="utf-8")
    assert project.run("docs", *options).out.startswith("changed ")


def test_only_our_own_files_are_deleted(project: Project) -> None:
    """A query file that is gone takes its page with it; notes of somebody's stay."""
    _files(project)
    notes = project.file("out/tables/notes.md", "# Mine\n")
    (project.root / "queries" / "Orders.sql").unlink()
    files = _files(project)
    assert "queries" not in {path.split("/")[0] for path in files}
    assert notes.read_text() == "# Mine\n"


def test_somebody_elses_file_is_not_written_over(project: Project) -> None:
    """It is named, and nothing is written at all."""
    project.file("out/README.md", "# Mine\n")
    done = project.run("docs", *project.options)
    assert done.code == 5
    assert "README.md" in done.err
    assert not (project.root / "out" / "tables").exists()


def test_a_project_without_tables_and_queries_has_a_page(project: Project) -> None:
    """It says that there is nothing yet."""
    project.file("migrations/0001.people.sql", "SELECT 1;")
    (project.root / "queries" / "Orders.sql").unlink()
    assert _files(project).keys() == {"README.md"}
    assert "nothing here yet" in _files(project)["README.md"]


def test_errors_of_queries_are_findings(project: Project) -> None:
    """As with generate: nothing is written."""
    project.file(
        "queries/Orders.sql", "-- name: q()\n-- Doc.\nSELECT nothing FROM people LIMIT 1;\n"
    )
    done = project.run("docs", *project.options)
    assert (done.code, (project.root / "out").exists()) == (1, False)
    assert 'column "nothing"' in done.out
