"""`import-sqlc`: query files of sqlc's in, query files of ours out, and what has to be looked at."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from amber_sql.cli.project import project_here
from amber_sql.cli.report import counted, out, print_findings, talk
from amber_sql.compiler.sqlc.convert import Imported, imported
from amber_sql.errors import FINDINGS, FilesInTheWay, NoQueries


@click.command("import-sqlc")
@click.argument(
    "files",
    metavar="FILE...",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, path_type=Path),
)
@click.option(
    "--out",
    "out_dir",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder to write to. Default: the queries of the project here, else queries.",
)
def import_sqlc(*, files: tuple[Path, ...], out_dir: Path | None) -> None:
    """Rewrite query files of sqlc's into ours, and list what is not quite the same.

    A FILE may be a folder, whose .sql files are meant. Commands become suffixes (`:one` ^, `:many`
    nothing, `:exec` !, `:copyfrom` *! with @copy, batches *!), and $1, @name, sqlc.arg, narg, slice and
    embed become :name, an array or a whole row. Nothing is written over.

    \b
      amber-sql import-sqlc sqlc/queries --out queries
      amber-sql generate

    The schema is no part of it: its files become migrations as they are, or `amber-sql migrate
    baseline` writes the first one from a database.
    """  # noqa: D301  # click wants the character \b itself
    project = project_here()
    target = out_dir or (project.queries if project and not project.installed else Path("queries"))
    made: dict[Path, Imported] = {}
    for source, relative in _sources(files):
        text = source.read_text(encoding="utf-8-sig")
        made[target / relative] = imported(text, source.as_posix())
    there = [str(path) for path in made if path.exists() or path.is_symlink()]
    if there:
        raise FilesInTheWay(files=", ".join(there))
    for path, one in made.items():
        print_findings(one.findings, "note")
        if not one.queries:
            talk.print(f"{path.name}: no query of sqlc's, so nothing is written", markup=False)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(one.text)
        out.print(f"wrote {path}: {counted(one.queries, 'query', 'queries')}", markup=False)
    notes = sum(len(one.findings) for one in made.values())
    if notes:
        talk.print(f"{counted(notes, 'note')}: look at these before `amber-sql generate`")
        sys.exit(FINDINGS)


def _sources(given: tuple[Path, ...]) -> list[tuple[Path, Path]]:
    """Return each file with its path below the folder that is written to."""
    found: list[tuple[Path, Path]] = []
    for path in given:
        if path.is_dir():
            inside = sorted(one for one in path.rglob("*.sql") if one.is_file())
            if not inside:
                raise NoQueries(folder=path)
            found += [(one, one.relative_to(path)) for one in inside]
        else:
            found.append((path, Path(path.name)))
    names = [_module_path(relative) for _, relative in found]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise FilesInTheWay(files=f"{twice}, which two of these files would be,")
    return [(source, name) for (source, _), name in zip(found, names, strict=True)]


def _module_path(path: Path) -> Path:
    """Return a path whose parts are names of Python modules: `query-building.sql` has a dash."""
    parts = [part.replace("-", "_").replace(".", "_") for part in path.with_suffix("").parts]
    return Path(*parts).with_suffix(".sql")
