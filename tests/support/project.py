"""A project of SQL files in a folder, and the command line run on it as a person would."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NamedTuple

import pytest

from amber_sql.cli import main

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA = """
CREATE TYPE mood AS ENUM ('happy', 'sad');
CREATE TABLE people (
    id int PRIMARY KEY, name text NOT NULL, nick text, mood mood NOT NULL DEFAULT 'happy',
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE pets (id int PRIMARY KEY, owner int REFERENCES people, name text NOT NULL);
"""
GET = """-- name: get(id)^
-- One person.
-- @returns PersonName
SELECT p.id, p.name FROM people AS p WHERE p.id = :id;
"""


class Result(NamedTuple):
    """What a command did."""

    code: int
    out: str
    err: str


class Project:
    """A folder with queries and migrations, and the package that is generated from them."""

    def __init__(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.root, self.capsys = root, capsys
        self.out = root / "package" / "db"
        self.options = [f"--queries={root / 'queries'}", f"--migrations={root / 'migrations'}"]
        self.file("migrations/0001.people.sql", SCHEMA)
        self.file("queries/people.sql", GET)

    def file(self, path: str, text: str) -> Path:
        """Write a file of the project."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        return target

    def query(self, sql: str, header: str = "q()", tags: str = "") -> None:
        """Make this the only query, in lines 4 and following of q.sql."""
        (self.root / "queries" / "people.sql").unlink(missing_ok=True)
        self.file("queries/q.sql", f"-- name: {header}\n-- Doc.\n{tags or '--'}\n{sql}\n")

    def run(self, *arguments: str) -> Result:
        """Run a command of amber-sql in this process."""
        self.capsys.readouterr()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "argv", ["amber-sql", *arguments])
            try:
                main()
                code = 0
            except SystemExit as end:
                code = end.code if isinstance(end.code, int) else 0
        return Result(code, *self.capsys.readouterr())

    def generate(self, *more: str) -> Result:
        """Run generate on this project."""
        return self.run("generate", *self.options, f"--out={self.out}", *more)

    def files(self) -> dict[str, bytes]:
        """Return every file of the generated package."""
        paths = sorted(path for path in self.out.rglob("*") if path.is_file())
        return {
            path.relative_to(self.out).as_posix(): path.read_bytes()
            for path in paths
            if path.suffix != ".pyc"
        }
