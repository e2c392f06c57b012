"""`migrate new`: the next number, a file and its rollback."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import click

from amber_sql.cli.project import project_options, writable

if TYPE_CHECKING:
    from amber_sql.locate import Project

_NUMBER = re.compile(r"(\d+)\.")
_UP = "-- {what}.\n\n"
_DOWN = "-- Undoes {name}.sql.\n\n"


@click.command()
@project_options()
@click.argument("name")
@click.option("--edit/--no-edit", default=True, help="Open it in $EDITOR.")
def new(*, project: Project, name: str, edit: bool) -> None:
    """Write the files of the next migration, NAME, and of its rollback."""
    folder = writable(project, "change to its checkout").migrations
    words = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    if not words:
        raise click.BadParameter("it has no letter and no digit", param_hint="NAME")
    numbers = [
        int(match[1]) for path in folder.glob("*.sql") if (match := _NUMBER.match(path.name))
    ]
    full = f"{max(numbers, default=0) + 1:04}.{words}"
    up, down = folder / f"{full}.sql", folder / f"{full}.rollback.sql"
    what = words.replace("_", " ").capitalize()
    for path, text in ((up, _UP.format(what=what)), (down, _DOWN.format(name=full))):
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
        click.echo(path)
    if edit and sys.stdin.isatty():
        click.edit(filename=str(up))
