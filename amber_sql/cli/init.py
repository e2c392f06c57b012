"""`init`: an empty folder → a small project that compiles and deploys as it stands."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click

from amber_sql.errors import CannotWrite, ProjectThere
from amber_sql.locate import OWN_FILE, read_settings

_SETTINGS = """\
# What the commands of amber-sql read; every path is relative to this file.
queries = "queries"          # the SQL that becomes functions
migrations = "migrations"    # the schema
seeds = "seeds"              # *.sql for `amber-sql seed`: rows to develop with
package = "db"               # the Python package that `amber-sql generate` writes
role-prefix = {prefix:<15}# `amber-sql roles` makes {name}_owner, {name}_app, …
"""
_YOYO = """\
# `yoyo apply` and `amber-sql migrate deploy` are one path: the backend `amber` reads DATABASE_URL
# (or DIRECT_DATABASE_URL) itself, so no URL, and no password, ever stands in this file.
[DEFAULT]
sources = {sources}
database = amber://
batch_mode = on
verbosity = 0
"""
_MIGRATION = """\
-- The first table. Change it while nothing is deployed; after that, `amber-sql migrate new NAME`.

CREATE TABLE notes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    body text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE notes IS 'What somebody wanted to remember.';
"""
_ROLLBACK = "DROP TABLE notes;\n"
_QUERIES = """\
-- name: create(body)<!
-- Write a note down.
-- @returns Note
INSERT INTO notes (body)
VALUES (:body)
RETURNING id, body, created_at;

-- name: get(id)^
-- The note of that number, if there is one.
-- @returns Note
SELECT n.id, n.body, n.created_at
FROM notes AS n
WHERE n.id = :id;
"""
_QUERY_OF_ANY_SCHEMA = """\
-- name: now()$
-- The server's clock.
SELECT now();
"""


@click.command()
@click.argument(
    "folder", default=".", type=click.Path(file_okay=False, path_type=Path, resolve_path=True)
)
def init(folder: Path) -> None:
    """Write a small project into FOLDER: queries/, migrations/, yoyo.ini and amber-sql.toml.

    What is there stays as it is. Then `amber-sql generate`, `amber-sql check` and `yoyo apply` work.
    """
    queries, migrations = folder / "queries", folder / "migrations"
    if read_settings(folder) is not None:
        raise ProjectThere(folder=folder, what="its settings")
    if queries.is_dir() and migrations.is_dir():
        raise ProjectThere(folder=folder, what="queries/ and migrations/")
    for path, text in _files(folder, queries, migrations).items():
        _write(path, text)
        click.echo(f"wrote {path.relative_to(folder)}")
    click.echo(f"Next: {_go(folder)}amber-sql generate && amber-sql dev", err=True)


def _files(folder: Path, queries: Path, migrations: Path) -> dict[Path, str]:
    """Return the text of each file that is missing."""
    prefix = re.sub(r"[^a-z0-9]+", "_", folder.name.lower()).strip("_")
    prefix = prefix if re.match("[a-z]", prefix) else f"db_{prefix}".rstrip("_")
    files = {
        folder / OWN_FILE: _SETTINGS.format(prefix=f'"{prefix[:40]}" ', name=prefix[:40]),
        folder / "yoyo.ini": _YOYO.format(sources=_sources(folder)),
    }
    has_schema = any(migrations.glob("*.sql"))
    if not has_schema:
        files[migrations / "0001.notes.sql"] = _MIGRATION
        files[migrations / "0001.notes.rollback.sql"] = _ROLLBACK
    if not any(queries.rglob("*.sql")):
        name, text = ("clock", _QUERY_OF_ANY_SCHEMA) if has_schema else ("notes", _QUERIES)
        files[queries / f"{name}.sql"] = text
    return {path: text for path, text in files.items() if not path.exists()}


def _sources(folder: Path) -> str:
    """Return where yoyo finds the migrations: it splits paths at blanks, and expands patterns."""
    return "migrations" if re.search(r"[\s*?\[]", str(folder)) else "%(here)s/migrations"


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as error:
        raise CannotWrite(path=path, reason=error.strerror) from None


def _go(folder: Path) -> str:
    return "" if folder == Path.cwd() else f"cd {shlex.quote(str(folder))} && "
