"""generate: the same bytes, all or nothing, and what is said beside them."""

from __future__ import annotations

import importlib
import sys

import pytest
from project import GET, Project

from amber_sql.errors import StaleGenerated
from amber_sql.runtime._sources import statements


def test_generating_twice_gives_the_same_bytes(project: Project) -> None:
    """The second run changes nothing, and says so."""
    first = project.generate()
    files = project.files()
    second = project.generate()
    assert (first.code, second.code) == (0, 0)
    assert files == project.files()
    assert "0 of 6 files changed" in second.err
    assert "models.py\n" in first.out


EDITS = {  # what is written over a file, and what `generate --check` then says
    "queries/people.sql": (
        GET.replace("One person", "A person"),
        ["aio/queries/people.py: changed", "manifest.json: changed", "queries/people.py: changed"],
    ),
    "queries/pets.sql": (
        "-- name: all()\n-- All.\nSELECT 1;\n",
        [
            "aio/queries/__init__.py: changed",
            "aio/queries/pets.py: missing",
            "manifest.json: changed",
            "queries/__init__.py: changed",
            "queries/pets.py: missing",
        ],
    ),
    "migrations/0002.note.sql": ("COMMENT ON TABLE people IS NULL;", ["manifest.json: changed"]),
    "migrations/0002.null.sql": (
        "ALTER TABLE people ALTER name DROP NOT NULL;",
        ["manifest.json: changed", "models.py: changed"],
    ),
    "package/db/models.py": ("x = 1\n", ["models.py: changed"]),
}


def test_check_of_generated_code_notices_edits(project: Project) -> None:
    """Of queries/, of the schema and of a generated file; undone, each is forgotten."""
    project.generate()
    for path, (text, expected) in EDITS.items():
        file = project.root / path
        before = file.read_bytes() if file.exists() else None
        project.file(path, text)
        edited = project.generate("--check")
        lines = edited.out.replace(f"{project.out}/", "").splitlines()
        assert lines == expected
        assert (edited.code, "amber-sql generate" in edited.err) == (1, True)
        file.unlink() if before is None else file.write_bytes(before)
    assert project.generate("--check").code == 0


def test_a_folder_that_ends_in_sql(project: Project) -> None:
    """Its name is a folder's, for the modules and for the manifest, in every command."""
    project.file("queries/d.sql/q.sql", "-- name: q()$\n-- D.\nSELECT 1 AS x;\n")
    done = project.generate()
    assert (done.code, "queries/d_sql/q.py\n" in done.out) == (0, True)
    assert project.run("check", *project.options).code == 0


def test_nothing_is_written_while_there_are_errors(project: Project) -> None:
    """A project with one wrong query keeps all of its old files."""
    project.generate()
    before = project.files()
    project.file("queries/people.sql", GET.replace("One", "Some"))
    project.file("queries/bad.sql", "-- name: b()\n-- B.\nSELECT nmae FROM people;\n")
    result = project.generate()
    assert (result.code, project.files() == before) == (1, True)
    assert "1 error; nothing was written" in result.err


def test_a_generated_module_from_another_file_is_refused(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Import of a stale module names the command; a fresh one has the query's function."""
    project.generate()
    project.file("package/__init__.py", "")
    monkeypatch.syspath_prepend(str(project.root))
    for name in [name for name in sys.modules if name.split(".")[0] == "package"]:
        monkeypatch.delitem(sys.modules, name)
    module = importlib.import_module("package.db.queries.people")
    assert module.get.__doc__.startswith("One person.")
    assert "queries/people.sql:1" in module.get.__doc__
    project.file("queries/people.sql", GET + "-- more\n")
    statements.cache_clear()
    with pytest.raises(StaleGenerated, match="amber-sql generate"):
        importlib.import_module("package.db.aio.queries.people")


def test_a_table_without_a_struct_is_noted(project: Project) -> None:
    """What models.py leaves out is said, with the reason, and is nobody's mistake."""
    project.file("migrations/0002.spots.sql", "CREATE TABLE spots (id int PRIMARY KEY, at point)")
    done = project.generate()
    assert done.code == 0
    assert "note: models.py leaves out a table: spots.at: the type point" in done.err
