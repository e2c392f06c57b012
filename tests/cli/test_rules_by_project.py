"""Which findings count: by `[tool.amber-sql.rules]`, and by a baseline of what was there before."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from project import Project, Result

if TYPE_CHECKING:
    from pathlib import Path

STAR = "-- name: {}()^\nSELECT * FROM people WHERE id = 1;\n"
"""Two findings: no_comment in its first line, select_star in its second."""


@pytest.fixture
def old(
    embedded_home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Project:
    """Work in a project with two files of queries that nobody checked so far."""
    monkeypatch.setenv("AMBER_SERVER_DIR", str(embedded_home))
    (tmp_path / "old").mkdir()
    project = Project(tmp_path / "old", capsys)
    project.file("queries/people.sql", STAR.format("a"))
    project.file("queries/legacy/pets.sql", STAR.format("b"))
    monkeypatch.chdir(project.root)
    return project


def rules(project: Project, text: str, command: str = "check") -> Result:
    """Run a command under these rules."""
    project.file("amber-sql.toml", f"[rules]\n{text}\n")
    return project.run(command)


def found(result: Result) -> list[str]:
    """Return file, line and rule of each finding."""
    lines = [line.split(": ")[0] for line in result.out.splitlines() if ": finding: " in line]
    return [line.rsplit(":", 1)[0].removeprefix("queries/") for line in lines]


EVERYWHERE = ["legacy/pets.sql:1", "legacy/pets.sql:2", "people.sql:1", "people.sql:2"]
SWITCHED = {
    "": EVERYWHERE,
    'no_comment = {reason = "x", off = true}': ["legacy/pets.sql:2", "people.sql:2"],
    'no_comment = {reason = "x", off = ["legacy/**"]}': EVERYWHERE[1:],
    'no_comment = {reason = "x", off = ["legacy"]}': EVERYWHERE[1:],
    'no_comment = {reason = "x", off = ["queries/legacy/*.sql"]}': EVERYWHERE[1:],
    'no_comment = {reason = "x", off = ["**/pets.sql"]}': EVERYWHERE[1:],
    'no_comment = {reason = "x", off = ["*.sql"]}': [*EVERYWHERE[:2], EVERYWHERE[3]],
    'no_comment = {reason = "x", only = ["legacy/"]}': [*EVERYWHERE[:2], EVERYWHERE[3]],
    'no_comment = {reason = "x", off = ["p?ople.sql", "legacy"]}\nselect_star = {reason = "y", off = true}': [],
}  # fmt: skip


@pytest.mark.parametrize("text", SWITCHED)
def test_a_rule_is_off_or_on_for_files(old: Project, text: str) -> None:
    """By globs below the folder of queries; a folder means all in it."""
    result = rules(old, text)
    assert found(result) == SWITCHED[text]
    assert result.code == (1 if SWITCHED[text] else 0)


def test_pyproject_says_the_same(old: Project) -> None:
    """In a section of its own."""
    section = '[tool.amber-sql.rules.no_comment]\nreason = "names say it"\noff = true\n'
    old.file("pyproject.toml", section)
    assert found(old.run("check")) == ["legacy/pets.sql:2", "people.sql:2"]


REFUSED = {
    'no_coment = {reason = "x", off = true}': "there is no rule no_coment; did you mean no_comment?",
    'select-star = {reason = "x", off = true}': "did you mean select_star?",
    'zzz = {reason = "x", off = true}': "rules: at_parameter,",
    "no_comment = {off = true}": "missing required field `reason`",
    'no_comment = {reason = "", off = true}': "`$.rules",
    'no_comment = {reason = "  ", off = true}': "the reason is empty",
    'no_comment = {reason = "x"}': "write off = true",
    'no_comment = {reason = "x", off = false}': "write off = true",
    'no_comment = {reason = "x", off = ["a"], only = ["b"]}': "write off = true",
    'no_comment = {reason = "x", of = true}': "unknown field `of`",
    'no_comment = "off"': "Expected `object`",
}


@pytest.mark.parametrize("text", REFUSED)
@pytest.mark.parametrize("command", ["check", "lint"])
def test_what_switches_nothing_is_an_error(old: Project, text: str, command: str) -> None:
    """An unknown rule with a suggestion, and a rule without its reason."""
    result = rules(old, text, command)
    assert result.code == 2
    assert REFUSED[text] in result.err
    assert "amber-sql.toml" in result.err


def test_a_path_that_no_file_has_is_a_finding(old: Project) -> None:
    """At its place in the settings."""
    text = 'select_star = {reason = "x", off = true}\nno_comment = {reason = "x", off = ["legcy/**", "*"]}'
    result = rules(old, text)
    assert found(result) == ["amber-sql.toml:3"]
    assert "no file matches legcy/**" in result.out


def test_lint_has_rules_too(old: Project) -> None:
    """Its own ones and squawk's, by the name that each finding has."""
    off = 'no_rollback = {reason = "forward only", off = true}'
    assert "rollback" in rules(old, "", "lint").out
    assert "rollback" not in rules(old, off, "lint").out
    old.file("migrations/0002.more.sql", "ALTER TABLE people ADD age int NOT NULL;")
    assert "there is no rollback" in rules(old, off.replace("true", '["0001*"]'), "lint").out


def test_a_baseline_keeps_what_was_there(old: Project) -> None:
    """Only what is new is shown, and ends with 1; lines move as they like."""
    written = old.run("check", "--baseline", "known.json", "--update-baseline")
    assert (written.code, written.out, "4 findings" in written.err) == (0, "2 queries in 2 files: nothing new.\n", True)  # fmt: skip
    old.file("queries/people.sql", "-- A file.\n\n\n" + STAR.format("a"))
    again = old.run("check", "--baseline", "known.json")
    assert (again.code, found(again)) == (0, [])
    old.file("queries/people.sql", STAR.format("a") + STAR.format("c"))
    more = old.run("check", "--baseline", "known.json")
    assert (more.code, found(more)) == (1, ["people.sql:3", "people.sql:4"])


def test_a_baseline_counts_what_is_alike(old: Project) -> None:
    """A second star in a query that had one is new."""
    old.run("check", "--baseline", "known.json", "--update-baseline")
    star = (
        "-- name: a()^\nSELECT * FROM people WHERE id = 1\nUNION ALL\nSELECT * FROM people LIMIT 1;"
    )
    old.file("queries/people.sql", star)
    assert found(old.run("check", "--baseline", "known.json")) == ["people.sql:4"]


def test_what_is_fixed_is_told(old: Project) -> None:
    """Until the file is written anew."""
    old.run("check", "--baseline", "known.json", "--update-baseline")
    old.file("queries/people.sql", "-- name: a()^\n-- One.\nSELECT id FROM people WHERE id = 1;")
    result = old.run("check", "--baseline", "known.json")
    fixed = [
        f"queries/people.sql: fixed: {rule}  [people.a]" for rule in ("no_comment", "select_star")
    ]
    assert (result.code, result.out.splitlines()[:2]) == (0, fixed)
    old.run("check", "--baseline", "known.json", "--update-baseline")
    assert "fixed" not in old.run("check", "--baseline", "known.json").out


def test_errors_are_never_known(old: Project) -> None:
    """What no function can be made of fails with a baseline, too."""
    old.file("queries/people.sql", "-- name: a()^\n-- One.\nSELECT nmae FROM people;")
    assert old.run("check", "--baseline", "known.json", "--update-baseline").code == 1
    assert old.run("check", "--baseline", "known.json").code == 1


def test_a_baseline_is_read_by_people(old: Project) -> None:
    """Sorted, an entry a line; the same findings are the same bytes."""
    old.run("check", "--baseline", "known.json", "--update-baseline")
    text = (old.root / "known.json").read_text()
    assert json.loads(text)["findings"][0] == {
        "file": "queries/legacy/pets.sql", "query": "legacy.pets.b", "rule": "no_comment", "count": 1,
    }  # fmt: skip
    assert [line.count('"rule"') for line in text.splitlines()].count(1) == 4
    old.run("check", "--baseline", "known.json", "--update-baseline")
    assert (old.root / "known.json").read_text() == text


def test_lint_has_a_baseline_of_its_own(old: Project) -> None:
    """A file of another command is refused."""
    assert old.run("lint", "--baseline", "lint.json", "--update-baseline").code == 0
    assert old.run("lint", "--baseline", "lint.json").code == 0
    old.file("migrations/0002.more.sql", "CREATE TABLE more (id int);")
    more = old.run("lint", "--baseline", "lint.json")
    assert (more.code, "0002.more" in more.out, "0001" in more.out) == (1, True, False)
    refused = old.run("check", "--baseline", "lint.json")
    assert (refused.code, "`amber-sql lint`" in refused.err) == (2, True)


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        (None, (), "--update-baseline` writes it"),
        ("{}", (), "cannot be used"),
        ("[1", (), "cannot be used"),
        ("notes", ("--update-baseline",), "cannot be used"),
    ],
)
def test_a_file_that_is_none_is_refused(
    old: Project, text: str | None, options: tuple[str, ...], said: str
) -> None:
    """A missing one would let everything pass, and another's is not written over."""
    if text is not None:
        old.file("known.json", text)
    result = old.run("check", "--baseline", "known.json", *options)
    assert (result.code, said in result.err) == (2, True)
    assert text is None or (old.root / "known.json").read_text() == text


def test_updating_needs_a_file(old: Project) -> None:
    """A flag without its option is a mistake."""
    assert old.run("check", "--update-baseline").code == 2
