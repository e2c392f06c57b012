"""`studio`: pages over the database and the queries of a project, in a browser on this machine."""

from __future__ import annotations

import gc
import sys
import webbrowser
from contextlib import contextmanager, nullcontext
from html import escape
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from amber_sql.cli.database import development_url, target_options
from amber_sql.errors import NoStudio

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amber_sql.locate import Project

_NEEDED = {
    "graphlay": "graphlay",
    "jinja2": "jinja2",
    "multipart": "python-multipart",
    "starlette": "starlette",
    "uvicorn": "uvicorn",
}
"""Module → the package of the extra that brings it."""
_AS_PYTHON_HAS_IT = (700, 10, 10)


@click.command()
@target_options(development=True)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=5555,
    show_default=True,
    help="The port of this machine that the pages are on; 0 takes a free one.",
)
@click.option("--write", is_flag=True, help="Rows can be added, changed and deleted.")
@click.option("--no-open", is_flag=True, help="Print the address and open no browser.")
def studio(
    *, project: Project, database_url: str | None, port: int, write: bool, no_open: bool
) -> None:
    """Show the database and the queries of this project as pages, in a browser on this machine.

    Nothing can be written without --write. The printed address lets you in, and nobody else.
    """
    require_extra()
    from amber_sql.studio.readonly import reach  # imports what the extra brings  # noqa: PLC0415
    from amber_sql.studio.serving import listen, server  # noqa: PLC0415
    from amber_sql.studio.state import Studio  # noqa: PLC0415

    url = development_url(database_url, project)
    reach(url)
    with listen(port) as listening:
        state = Studio(url, project, listening.getsockname()[1], write=write)
        click.echo(
            f"database: {state.server}" + (", rows can be edited" if write else ""), err=True
        )
        click.echo(state.doors.address)
        sys.stdout.flush()
        click.echo("Ctrl-C stops it.", err=True)
        # Commands end before garbage counts; this one does not.
        gc.set_threshold(*_AS_PYTHON_HAS_IT)
        with _opened(state.doors.address) if not no_open else nullcontext():
            server(state).run(sockets=[listening])


@contextmanager
def _opened(address: str) -> Iterator[None]:
    """Open a browser with an address, which is in a file of ours until the block ends.

    What a browser is started with shows in the process list, to every user of the machine.
    """
    # A browser that came as a snap reads no other folder than the home.
    place = Path.home() if Path("/snap/bin").is_dir() else None
    with TemporaryDirectory(prefix="amber-sql-studio-", dir=place) as folder:  # its owner's alone
        page = Path(folder, "studio.html")
        page.write_text(
            f'<!doctype html><meta charset="utf-8"><title>amber-sql studio</title>'
            f'<meta http-equiv="refresh" content="0; url={escape(address)}">'
            f'<a href="{escape(address)}">amber-sql studio</a>\n'
        )
        webbrowser.open(page.as_uri())
        yield


def require_extra() -> None:
    """Raise NoStudio where a library of the extra is not installed."""
    missing = [package for module, package in _NEEDED.items() if find_spec(module) is None]
    if missing:
        raise NoStudio(missing=" and ".join(missing))
