"""A project's package → commands of its own, found by the entry point group `amber_sql.commands`.

They are shown where they mean something: in the checkout of the package that registers them, or
with `--package` and its name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from amber_sql import locate

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    import click

GROUP = "amber_sql.commands"


def names(project: locate.Project | None) -> list[str]:
    """Return the names of the commands that the project's package registers."""
    return sorted(entry.name for entry in _entries() if _belongs(entry, project))


def command_of(name: str, project: locate.Project | None) -> click.Command | None:
    """Return a command of the project's package; None where it registers none of that name."""
    for entry in _entries():
        if entry.name == name and _belongs(entry, project):
            command: click.Command = entry.load()
            return command
    return None


def owner_of(name: str) -> str | None:
    """Return the package that registers a command of that name, whatever the project."""
    return next((_package(entry) for entry in _entries() if entry.name == name), None)


def _entries() -> tuple[EntryPoint, ...]:
    from importlib.metadata import entry_points  # reads every distribution  # noqa: PLC0415

    return tuple(entry_points(group=GROUP))


def _package(entry: EntryPoint) -> str:
    return entry.module.partition(".")[0]


def _belongs(entry: EntryPoint, project: locate.Project | None) -> bool:
    folder = locate.package_folder(_package(entry))
    return project is not None and folder is not None and project.package.is_relative_to(folder)
