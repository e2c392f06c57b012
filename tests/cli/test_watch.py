"""`generate --watch`: each save is written and reported, whatever it is and however it is saved."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest
from project import GET, Project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ENOUGH = 60.0
"""Seconds in which a busy machine has done anything."""


class Watcher:
    """The command in a process of its own, and the lines that it printed."""

    def __init__(self, folder: Path, *options: str) -> None:
        command = [sys.executable, "-u", "-m", "amber_sql", "generate", "--watch", *options]
        self.process = subprocess.Popen(
            command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.lines: list[str] = []
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        self.until(": ", "everything")

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip())

    def until(self, *words: str) -> str:
        """Wait for a line with these words, and return what was printed up to it."""
        end = time.monotonic() + ENOUGH
        while time.monotonic() < end:
            for number, line in enumerate(self.lines):
                if all(word in line for word in words):
                    found = "\n".join(self.lines[: number + 1])
                    del self.lines[: number + 1]
                    return found
            time.sleep(0.02)
        pytest.fail(f"{words} not in {self.lines}")

    def stop(self) -> int:
        """Press Ctrl-C, and return the exit code when the last line is read."""
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(ENOUGH)
        self.reader.join(ENOUGH)
        return code


def save(project: Project, path: str, text: str) -> Path:
    """Put a whole file in its place: one that is written there may be seen empty, and reported twice."""
    target = project.root / path
    return project.file(f"{path}~", text).replace(target)


@pytest.fixture
def watched(
    embedded_home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[tuple[Project, Watcher]]:
    """Watch a project."""
    monkeypatch.setenv("AMBER_SERVER_DIR", str(embedded_home))
    project = Project(tmp_path, capsys)
    watcher = Watcher(tmp_path)
    yield project, watcher
    watcher.process.kill()
    watcher.process.wait()
    assert watcher.process.stdout is not None
    watcher.process.stdout.close()


def test_a_save_is_written(watched: tuple[Project, Watcher]) -> None:
    """Only what changed; a mistake is reported, and the next save mends it; Ctrl-C ends with 0."""
    project, watcher = watched
    code = project.root / "db" / "queries" / "people.py"
    save(project, "queries/people.sql", GET.replace("get(", "find("))
    said = watcher.until("people.sql: ", " s")
    assert "wrote db/queries/people.py" in said
    assert "def find(" in code.read_text()
    save(project, "queries/people.sql", GET.replace("p.name", "p.nmae"))
    said = watcher.until("people.sql: ", " s")
    assert ("did you mean name?" in said, "nothing was written" in said) == (True, True)
    assert "def find(" in code.read_text()
    save(project, "queries/people.sql", GET)
    watcher.until("people.sql: ", " s")
    assert "def get(" in code.read_text()
    assert (watcher.stop(), watcher.lines[-1:]) == (0, ["Stopped."])


def test_a_migration_makes_the_database_anew(watched: tuple[Project, Watcher]) -> None:
    """A broken one is reported, and what was known of the old schema is forgotten."""
    project, watcher = watched
    broken = save(project, "migrations/0002.more.sql", "ALTER TABLE people ADD age itn NOT NULL;")
    assert "error: 0002.more failed" in watcher.until("0002.more.sql: ", " s")
    save(project, "migrations/0002.more.sql", "ALTER TABLE people ADD age int NOT NULL;")
    watcher.until("0002.more.sql: ", " s")
    assert "age: int\n" in (project.root / "db" / "models.py").read_text()
    save(project, "migrations/0002.more.sql", "ALTER TABLE people ADD age int;")
    watcher.until("0002.more.sql: ", " s")
    assert "age: int | None\n" in (project.root / "db" / "models.py").read_text()
    broken.unlink()
    watcher.until("0002.more.sql: ", " s")
    assert "age:" not in (project.root / "db" / "models.py").read_text()


def test_editors_save_in_their_ways(watched: tuple[Project, Watcher]) -> None:
    """A copy renamed over it, copies beside it, several files at once, a file that goes."""
    project, watcher = watched
    (project.root / "queries" / "4913").touch()
    project.file("queries/.people.sql.swp", "no SQL")
    copy = project.file("queries/people.sql~", GET.replace("get(", "renamed("))
    copy.replace(project.root / "queries" / "people.sql")
    assert "swp" not in watcher.until("people.sql: ", " s")
    folder = project.root / "db" / "queries"
    assert "def renamed(" in (folder / "people.py").read_text()
    for number in range(5):
        project.file(f"queries/sub/more{number}.sql", GET.replace("PersonName", f"Row{number}"))
    deadline = time.monotonic() + ENOUGH
    while len(list(folder.glob("sub/more*.py"))) < 5 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(list(folder.glob("sub/more*.py"))) == 5
    (project.root / "queries" / "people.sql").unlink()
    watcher.until("people.sql: ", " s")
    assert not (folder / "people.py").exists()


def test_a_comment_above_moves_what_stands_below(watched: tuple[Project, Watcher]) -> None:
    """What is described once keeps its answer, and gets its new place."""
    project, watcher = watched
    save(project, "queries/people.sql", f"-- A file.\n\n\n{GET}")
    watcher.until("people.sql: ", " s")
    assert "queries/people.sql:4" in (project.root / "db" / "queries" / "people.py").read_text()


def test_settings_are_read_again(watched: tuple[Project, Watcher]) -> None:
    """A mistake is reported; what they say holds from then on; other folders are watched instead."""
    project, watcher = watched
    root = project.root
    save(project, "amber-sql.toml", 'rowz = "by-shape"\n')
    watcher.until("unknown field `rowz`")
    save(project, "amber-sql.toml", 'package = "elsewhere"\n')
    watcher.until("amber-sql.toml: ", " s")
    assert (root / "elsewhere" / "models.py").is_file()
    save(project, "sql/people.sql", GET.replace("get(", "moved("))
    save(project, "amber-sql.toml", 'queries = "sql"\n')
    watcher.until("amber-sql.toml: ", " s")
    save(project, "sql/people.sql", GET.replace("get(", "again("))
    watcher.until("people.sql: ", " s")
    assert "def again(" in (root / "db" / "queries" / "people.py").read_text()
    assert watcher.stop() == 0


def test_watching_needs_its_extra(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without it the command says which one, and ends with 2; so it does beside --check."""
    monkeypatch.setitem(sys.modules, "watchfiles", None)
    missing = project.generate("--watch")
    assert (missing.code, "amber-sql[watch]" in missing.err) == (2, True)
    assert project.generate("--watch", "--check").code == 2
