"""generate, check, describe: SQL files in, generated code, findings or JSON out."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click import UsageError
from msgspec import structs

from amber_sql import locate
from amber_sql.cli.report import out, print_findings, talk
from amber_sql.errors import FINDINGS, NoProject, NoQueries

if TYPE_CHECKING:
    from collections.abc import Callable

    from amber_sql.compiler.pipeline import Build

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


def project_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that name a project: its queries, its migrations, and a server."""
    for option in (
        click.option("--database-url", metavar="URL", help="Make a scratch database on this server, and drop it after. Default: the embedded PostgreSQL, whatever DATABASE_URL says."),
        click.option("--migrations", type=_FOLDER, help="The folder of migrations. Default: the project's, else Amber's own."),
        click.option("--queries", type=_FOLDER, help="The folder of .sql files. Default: the project's, else Amber's own."),
    ):  # fmt: skip
        command = option(command)
    return command


def folders(queries: Path | None, migrations: Path | None) -> tuple[Path, Path]:
    """Return the folders that are meant: both options, or those of the project here."""
    if (queries is None) != (migrations is None):
        raise UsageError("--queries and --migrations go together")
    if queries is None or migrations is None:
        queries, migrations = locate.project()
    if not any(path.is_file() for path in queries.rglob("*.[sS][qQ][lL]")):
        raise NoQueries(folder=queries)
    return queries, migrations


def compiled(queries: Path | None, migrations: Path | None, database_url: str | None) -> Build:
    """Compile the project that the options name."""
    from amber_sql.deploy.scratch.build import build  # noqa: PLC0415  # slow to import

    return build(*folders(queries, migrations), database_url)


@click.command()
@project_options
@click.option(
    "--out",
    "out_dir",
    type=click.Path(file_okay=False, path_type=Path),
    help="The package to write. Default: db beside queries; amber_sql for Amber's own.",
)
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if a file would change.")  # fmt: skip
def generate(
    queries: Path | None,
    migrations: Path | None,
    database_url: str | None,
    out_dir: Path | None,
    *,
    check: bool,
) -> None:
    """Write the typed functions of every query.

    PostgreSQL describes each statement; nothing is written unless all of them are right.
    """
    from amber_sql.compiler.write import difference, write  # noqa: PLC0415

    if out_dir is None and queries is not None:
        raise UsageError("--out is needed with --queries")
    started = time.monotonic()
    source, schema = folders(queries, migrations)
    if out_dir is None and locate.is_elsewhere(source):
        raise NoProject
    target = out_dir or locate.package_of(source)
    build, files = _generated(source, schema, database_url, target)
    if build.errors:
        print_findings(build.errors)
        _end(f"{_count(len(build.errors), 'error')}; nothing was written", FINDINGS)
    if check:
        changes = difference(target, files)
        for path, what in changes:
            out.print(f"{path}: {what}", markup=False)
        if changes:
            _end("The generated code is stale: run `amber-sql generate`", FINDINGS)
        talk.print(f"Fresh: {_count(len(files), 'file')} for {_queries(build)}.")
        return
    changes = write(target, files)
    for path, what in changes:
        out.print(f"{'deleted' if what == 'left over' else 'wrote'} {path}", markup=False)
    talk.print(
        f"{_queries(build)}, {len(changes)} of {_count(len(files), 'file')} changed, {time.monotonic() - started:.1f} s."
    )


def _generated(
    queries: Path, migrations: Path, database_url: str | None, target: Path
) -> tuple[Build, dict[str, str]]:
    """Compile a project, and return path → text of its package; no text where there are errors."""
    from amber_sql.compiler.emit.layout import HEADER  # noqa: PLC0415
    from amber_sql.compiler.pipeline import compile_queries, generated  # noqa: PLC0415
    from amber_sql.deploy.scratch.databases import scratch  # noqa: PLC0415
    from amber_sql.deploy.scratch.verify import described_release  # noqa: PLC0415

    with scratch(migrations, database_url) as conn:
        build = compile_queries(conn, queries)
        if build.errors:
            return build, {}
        manifest = described_release(conn, build.described, queries, migrations)
    # The SQL is beside it, in the wheel too.
    small = structs.replace(manifest, about=HEADER.removeprefix("# "), files={})
    return build, generated(build, queries, target) | {"manifest.json": small.to_json()}


@click.command()
@project_options
def check(queries: Path | None, migrations: Path | None, database_url: str | None) -> None:
    """Let PostgreSQL read every query, and report all errors of all files at once."""
    build = compiled(queries, migrations, database_url)
    print_findings(build.errors)
    print_findings(build.advice, "finding")
    total = sum(len(file.queries) for file in build.files)
    found = (*build.errors, *build.advice)
    if found:
        bad = len({finding.file for finding in found})
        wrong = {finding.query for finding in found}
        fine = sum(
            f"{query.module}.{query.name}" not in wrong
            for file in build.files
            for query in file.queries
        )
        _end(
            f"{_count(len(found), 'finding')} in {bad} of {_count(len(build.files), 'file')}; "
            f"{_count(fine, 'query is', 'queries are')} fine",
            FINDINGS,
        )
    click.echo(
        f"{_count(total, 'query', 'queries')} in {_count(len(build.files), 'file')}: all fine."
    )


@click.command()
@project_options
@click.option("--json", "as_json", is_flag=True, help="Print the machine-readable contract.")
def describe(
    queries: Path | None, migrations: Path | None, database_url: str | None, *, as_json: bool
) -> None:
    """Print each query with the types that PostgreSQL gave: parameters, columns, how many rows."""
    from amber_sql.compiler.contract import contract  # noqa: PLC0415

    build = compiled(queries, migrations, database_url)
    data = contract(build)
    if as_json:
        import msgspec  # noqa: PLC0415

        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(data), indent=2) + b"\n")
    else:
        for query in data["queries"]:
            parameters = ", ".join(f"{p['name']}: {p['py_type']}" for p in query["params"])
            out.print(
                f"{query['module']}.{query['name']}({parameters})", style="bold", markup=False
            )
            out.print(
                f"  {query['file']}:{query['line']}, {query['cardinality'].replace('_', ' ')}",
                markup=False,
            )
            for column in query["columns"]:
                out.print(
                    f"  {column['name']}: {column['py_type']}  ({column['pg_type']})", markup=False
                )
        print_findings(build.errors)
    if build.errors:
        sys.exit(FINDINGS)


def _queries(build: Build) -> str:
    return _count(len(build.described), "query", "queries")


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


def _end(sentence: str, code: int) -> None:
    talk.print(sentence, markup=False)
    sys.exit(code)
