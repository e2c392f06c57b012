"""The consoles behind the commands: whose reader goes away, and how numbers are said."""

from __future__ import annotations

import os
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from amber_sql.cli import report
from amber_sql.cli.report import shown
from amber_sql.errors import NoRolePrefix


def test_a_reader_that_goes_away_is_no_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    """`amber-sql describe | head` ends as every command does there, and not with exit code 1."""
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w", buffering=1) as gone:
        monkeypatch.setattr("sys.stdout", gone)
        console = report._Later(stderr=False)
        with pytest.raises(BrokenPipeError):
            console.print("a line")
        os.dup2(os.open(os.devnull, os.O_WRONLY), write)  # for what is left when it is closed


@pytest.mark.parametrize(("number", "said"), [(0, "0 queries"), (1, "1 query"), (2, "2 queries")])
def test_a_number_has_its_noun(number: int, said: str) -> None:
    """Singular for one, plural for none and for many."""
    assert report.counted(number, "query", "queries") == said


def test_written_files_are_named_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path can be opened as it is printed: relative below the working directory, else whole."""
    monkeypatch.chdir(tmp_path)
    assert shown(tmp_path / "db" / "models.py") == Path("db", "models.py")
    assert shown(tmp_path.parent / "x.py") == tmp_path.parent / "x.py"


@pytest.mark.parametrize(("terminal", "lines"), [(True, 3), (False, 1)])
def test_an_error_is_broken_between_words_on_a_terminal_alone(
    monkeypatch: pytest.MonkeyPatch, *, terminal: bool, lines: int
) -> None:
    """In 80 columns no word is cut in two; a file gets one line, for grep."""
    said = StringIO()
    console = Console(file=said, force_terminal=terminal, width=80, soft_wrap=True, no_color=True)
    monkeypatch.setattr(report, "talk", console)
    report.print_error(NoRolePrefix())
    plain = said.getvalue().replace("\x1b[1m", "").replace("\x1b[0m", "")
    assert len(plain.splitlines()) == lines
    assert plain.split() == f"error: {NoRolePrefix()}".split()
