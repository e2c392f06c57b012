"""`migrate status`, `migrate mark`, `migrate unmark`: what a database says of its migrations."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click
import msgspec

from amber_sql import deploy as deploys
from amber_sql.cli.database import target_options
from amber_sql.errors import FINDINGS

if TYPE_CHECKING:
    from pathlib import Path

    from amber_sql.deploy.history.verdicts import Verdict
    from amber_sql.locate import Project


@click.command()
@target_options()
@click.option("--exit-code", is_flag=True, help="Exit 1 when anything is not applied as it stands.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def status(*, database_url: str | None, project: Project, exit_code: bool, as_json: bool) -> None:
    """List every migration with its state: applied, pending, edited, renamed, unknown, …"""
    verdicts = deploys.status(database_url, project.migrations)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(verdicts)).decode())
    else:
        for verdict in verdicts:
            click.echo(_line(verdict))
    if exit_code and any(verdict.state != "applied" for verdict in verdicts):
        sys.exit(FINDINGS)


@click.command()
@target_options()
@click.argument("name")
def mark(*, database_url: str | None, project: Project, name: str) -> None:
    """Record NAME as applied, as its file stands, without running it."""
    click.echo(f"before: {_state(database_url, project.migrations, name)}", err=True)
    deploys.mark(database_url, project.migrations, name)
    click.echo(f"after: {_state(database_url, project.migrations, name)}", err=True)


@click.command()
@target_options()
@click.argument("name")
def unmark(*, database_url: str | None, project: Project, name: str) -> None:
    """Record NAME as not applied, without undoing it."""
    click.echo(f"before: {_state(database_url, project.migrations, name)}", err=True)
    deploys.unmark(database_url, project.migrations, name)
    click.echo(f"after: {_state(database_url, project.migrations, name)}", err=True)


def _line(verdict: Verdict) -> str:
    """Return a verdict with its detail indented below."""
    detail = "".join(f"\n    {line}" for line in verdict.detail.splitlines())
    return f"{verdict.state:<12} {verdict.name}{detail}"


def _state(url: str | None, folder: Path, name: str) -> str:
    """Return one migration's line of `status`."""
    found = [verdict for verdict in deploys.status(url, folder) if verdict.name == name]
    return _line(found[0]) if found else f"{name} is neither on disk nor applied"
