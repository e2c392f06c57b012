"""Verdicts on a history: every way in which files and database can disagree."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from amber_sql.deploy.files.migration_file import MigrationFile
from amber_sql.deploy.history.marks import Applied
from amber_sql.deploy.history.verdicts import compare_history

WHEN = datetime(2026, 1, 1)  # yoyo's column has no time zone  # noqa: DTZ001


def file(name: str, text: str = "SELECT 1;") -> MigrationFile:
    return MigrationFile(
        name=name, path=Path(f"{name}.sql"), text=text, transactional=True, depends=()
    )


def ran(name: str, text: str | None = "SELECT 1;") -> Applied:
    return Applied(name, WHEN, text and file(name, text).checksum, text, adopted=False)


def states(files: list[MigrationFile], applied: list[Applied]) -> dict[str, str]:
    return {verdict.name: verdict.state for verdict in compare_history(files, applied)}


def test_what_continues_the_history_is_pending() -> None:
    """Applied as it stands, then pending."""
    assert states([file("1"), file("2")], [ran("1")]) == {"1": "applied", "2": "pending"}


def test_an_edited_file_is_shown_as_a_diff() -> None:
    """The old text is known, so the difference is part of the verdict."""
    (verdict,) = compare_history([file("1", "SELECT 2;")], [ran("1")])
    assert verdict.state == "edited"
    assert "-SELECT 1;" in verdict.detail
    assert "+SELECT 2;" in verdict.detail


def test_a_renamed_file_is_told_by_its_text() -> None:
    """The same text under another name names the old one; the old one is unknown."""
    found = compare_history(
        [file("1"), file("2.new", "SELECT 2;")], [ran("1"), ran("2.old", "SELECT 2;")]
    )
    assert [(v.name, v.state) for v in found] == [
        ("1", "applied"),
        ("2.new", "renamed"),
        ("2.old", "unknown"),
    ]
    assert "2.old" in found[1].detail


def test_a_deleted_file_is_unknown_and_only_the_newest_are_ahead() -> None:
    """An older release lacks the newest migrations; a hole in the middle is something else."""
    found = compare_history([file("1"), file("3")], [ran("1"), ran("2"), ran("3"), ran("4")])
    assert {(v.name, v.ahead) for v in found if v.state == "unknown"} == {("2", False), ("4", True)}


def test_a_file_before_the_last_applied_one_is_out_of_order() -> None:
    """Two branches merged in the other order give two databases two histories."""
    assert states([file("1"), file("2"), file("3")], [ran("1"), ran("3")])["2"] == "out of order"


def test_a_history_of_stock_yoyo_is_unverified() -> None:
    """Without a checksum nothing can be said of the text."""
    assert states([file("1")], [ran("1", None)]) == {"1": "unverified"}
