"""Finding PostgreSQL's programs: the order of places, and an answer that is never a surprise."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from amber_sql.errors import NoPostgresBinaries
from amber_sql.server import available_majors, find_binaries
from amber_sql.server.binaries import OLDEST, major_of


def script(folder: Path, version: str) -> Path:
    """Make programs that say they are `version`, without the files around them."""
    folder.mkdir(parents=True)
    for name in ("initdb", "postgres"):
        (folder / name).write_text(f"#!/bin/sh\necho 'postgres (PostgreSQL) {version}'\n")
        (folder / name).chmod(0o755)
    return folder


def test_every_version_found_is_what_the_programs_say() -> None:
    """The number read from a file is the one that the program prints."""
    majors = available_majors()
    assert majors
    assert list(majors) == sorted(majors)
    for number, folder in majors.items():
        asked = [folder / "postgres", "--version"]
        said = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
        assert f"(PostgreSQL) {number}" in said
        assert find_binaries(number) == folder
        assert number >= OLDEST


def test_a_chosen_folder_is_the_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """AMBER_PG_BIN goes before everything else, and its version is asked for if no file has it."""
    chosen = script(tmp_path / "pg" / "bin", "16.4 (Homebrew)")
    monkeypatch.setenv("AMBER_PG_BIN", str(chosen))
    assert find_binaries() == find_binaries(16) == available_majors()[16] == chosen
    assert major_of(chosen) == 16


def test_several_chosen_folders_add_versions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first is the default; the others are there for those who ask for their version."""
    first, second = script(tmp_path / "a", "16.1"), script(tmp_path / "b", "19beta1")
    monkeypatch.setenv("AMBER_PG_BIN", os.pathsep.join([str(first), str(second)]))
    assert find_binaries() == first
    assert find_binaries(19) == second


@pytest.mark.parametrize("kind", ["absent", "too old", "broken"])
def test_a_chosen_folder_that_does_not_serve_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """Who names a folder gets that one or an error, never another server."""
    folder = tmp_path / "bin"
    if kind == "too old":
        script(folder, "14.9")
    elif kind == "broken":
        (script(folder, "") / "postgres").write_bytes(b"\x7fELF for another machine")
    monkeypatch.setenv("AMBER_PG_BIN", str(folder))
    with pytest.raises(NoPostgresBinaries, match="AMBER_PG_BIN"):
        find_binaries()


def test_programs_on_the_path_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A link in PATH leads to the folder that it points to."""
    real = script(tmp_path / "real", "99.1")
    (tmp_path / "path").mkdir()
    (tmp_path / "path" / "initdb").symlink_to(real / "initdb")
    monkeypatch.delenv("AMBER_PG_BIN", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "path"), prepend=os.pathsep)
    assert find_binaries(99) == Path(real).resolve()
