"""`migrate baseline`: a database that is there already → the first migration, marked as applied in it."""

from __future__ import annotations

import secrets
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from amber_sql import deploy as deploys
from amber_sql.cli.database import target_options
from amber_sql.cli.project import writable
from amber_sql.deploy.baseline.dump import dump
from amber_sql.deploy.baseline.first_migration import first_migration
from amber_sql.deploy.connect.connection import connect
from amber_sql.deploy.connect.target import database_url as find_url
from amber_sql.deploy.drift import catalog_objects
from amber_sql.deploy.drift.differences import differences
from amber_sql.deploy.drift.missing_roles import of_known_roles
from amber_sql.deploy.history import marks, place
from amber_sql.deploy.progress import log
from amber_sql.deploy.settings import Settings
from amber_sql.errors import (
    FINDINGS,
    CannotWrite,
    HasHistory,
    HasMigrations,
    MigrationFailed,
    NothingThere,
)

if TYPE_CHECKING:
    import psycopg

    from amber_sql.deploy.drift.differences import Difference
    from amber_sql.locate import Project

_NOT_MARKED = """\
{path} is written and not marked as applied, since it does not make what the database has. Mend it, then
    amber-sql migrate mark {name}"""


@click.command()
@target_options()
@click.option("--name", default="baseline", show_default=True, help="What the file is called.")
@click.option(
    "--scratch-url",
    metavar="URL",
    help="Try the file on this server, and drop what it made. Default: the embedded one.",
)
def baseline(
    *, database_url: str | None, project: Project, name: str, scratch_url: str | None
) -> None:
    """Write the first migration from a database that is there, and mark it as applied in it.

    The schema is pg_dump's; roles, owners and passwords are left out. The file is tried on a scratch
    database and compared before it is marked: nothing of it runs in yours. Where migrations/ holds
    a file, or the database has a history, nothing is done; what was stopped goes on where it was.
    """
    folder = writable(project, "change to its checkout").migrations
    words = "".join(c if c.isalnum() else "_" for c in name.lower()).strip("_")
    if not words:
        raise click.BadParameter("it has no letter and no digit", param_hint="--name")
    url, full = find_url(database_url), f"0001.{words}"
    path = folder / f"{full}.sql"
    for other in sorted({*folder.glob("*.sql"), *folder.glob("*.py")} - {path}):
        raise HasMigrations(folder=folder, file=other.name)
    with connect(url, Settings(), log) as conn:
        if place.schema(conn) is not None and marks.read(conn):
            raise HasHistory
        made = first_migration(dump(url, conn.info.server_version // 10000), _policy_roles(conn))
        if not made.statements:
            raise NothingThere
        if path.exists() and path.read_bytes() != made.text.encode():
            raise HasMigrations(folder=folder, file=path.name)
        wrong = _tried(conn, full, made.text, scratch_url)
    _write(path, made.text)
    click.echo(path)
    for what in made.left_out:
        click.echo(f"left out: {what}", err=True)
    if wrong:
        click.echo("\n".join(map(str, wrong)))
        click.echo(_NOT_MARKED.format(path=path, name=full), err=True)
        sys.exit(FINDINGS)
    deploys.mark(database_url, folder, full)
    click.echo(f"{full} is marked as applied: `amber-sql migrate status` shows it", err=True)


def _write(path: Path, text: str) -> None:
    """Write the whole file, or none of it, whenever this is stopped."""
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(text, encoding="utf-8", newline="\n")
        beside.replace(path)
    except OSError as error:
        raise CannotWrite(path=path, reason=error.strerror or str(error)) from None
    finally:
        beside.unlink(missing_ok=True)


def _tried(
    conn: psycopg.Connection, name: str, text: str, scratch_url: str | None
) -> list[Difference] | list[MigrationFailed]:
    """Return how what the migration makes differs from the database, or why it makes nothing."""
    from amber_sql.deploy.scratch.scratch_database import scratch  # slow to import  # noqa: PLC0415

    with tempfile.TemporaryDirectory(prefix="amber-") as above:
        folder = Path(above) / "migrations"
        folder.mkdir()
        (folder / f"{name}.sql").write_text(text, encoding="utf-8")
        try:
            with scratch(folder, scratch_url) as clean:
                found = differences(catalog_objects.read(clean), catalog_objects.read(conn))
                found = of_known_roles(found, clean)
                here, there = (c.info.server_version // 10000 for c in (conn, clean))
        except MigrationFailed as error:
            return [error]
    if here != there:
        click.echo(
            f"compared on PostgreSQL {there} by what there is alone, since {here} prints some definitions"
            " otherwise: --scratch-url takes a server of the same version",
            err=True,
        )
        return [one for one in found if not (one.expected and one.found) and one.kind != "grant"]
    return found


def _policy_roles(conn: psycopg.Connection) -> list[str]:
    """Return the roles that policies name."""
    rows = conn.execute(
        "SELECT DISTINCT r.rolname FROM pg_catalog.pg_policy AS p"
        " JOIN pg_catalog.pg_roles AS r ON r.oid OPERATOR(pg_catalog.=) ANY (p.polroles)"
    )
    return [name for (name,) in rows]
