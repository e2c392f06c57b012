"""generate, describe: SQL files in, generated code or JSON out."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click import UsageError
from msgspec import structs

from amber_sql.cli.database import scratch_option
from amber_sql.cli.project import project_options, writable
from amber_sql.cli.report import counted, out, print_findings, talk
from amber_sql.errors import FINDINGS, NoQueries

if TYPE_CHECKING:
    from amber_sql.compiler.pipeline import Build
    from amber_sql.locate import Project


def require_queries(project: Project) -> Project:
    """Return the project; a check of nothing would pass for ever. Raises NoQueries."""
    if not any(path.is_file() for path in project.queries.rglob("*.[sS][qQ][lL]")):
        raise NoQueries(folder=project.queries)
    return project


def compiled(project: Project, database_url: str | None) -> Build:
    """Compile a project on the server that is named, else the embedded one."""
    from amber_sql.deploy.scratch.build import build  # noqa: PLC0415  # slow to import

    require_queries(project)
    return build(project.queries, project.migrations, database_url)


@click.command()
@project_options()
@scratch_option
@click.option(
    "--out",
    "out_dir",
    type=click.Path(file_okay=False, path_type=Path),
    help="The package to write. Default: what the project says, else db beside queries.",
)
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if a file would change.")
def generate(
    *, project: Project, database_url: str | None, out_dir: Path | None, check: bool
) -> None:
    """Write the typed functions of every query.

    PostgreSQL describes each statement; nothing is written unless all of them are right.
    """
    from amber_sql.compiler.write import difference, write  # noqa: PLC0415

    context = click.get_current_context()
    if out_dir is None and context.params["queries"] is not None:
        raise UsageError("--out is needed with --queries")
    started = time.monotonic()
    if out_dir is None:
        writable(project, "say --out, or change to its checkout")
    target = out_dir or project.package
    build, files = _generated(require_queries(project), database_url, target)
    if build.errors:
        print_findings(build.errors)
        _end(f"{counted(len(build.errors), 'error')}; nothing was written", FINDINGS)
    if check:
        changes = difference(target, files)
        for path, what in changes:
            out.print(f"{shown(target / path)}: {what}", markup=False)
        if changes:
            _end("The generated code is stale: run `amber-sql generate`", FINDINGS)
        talk.print(f"Fresh: {counted(len(files), 'file')} for {_queries(build)}.")
        return
    changes = write(target, files)
    for reason in build.package.left_out:
        talk.print(f"note: models.py leaves out a table: {reason}", markup=False)
    print_findings(build.parted, "note")
    for path, what in changes:
        out.print(
            f"{'deleted' if what == 'left over' else 'wrote'} {shown(target / path)}", markup=False
        )
    talk.print(
        f"{_queries(build)}, {len(changes)} of {counted(len(files), 'file')} changed, {time.monotonic() - started:.1f} s."
    )


def _generated(
    project: Project, database_url: str | None, target: Path
) -> tuple[Build, dict[str, str]]:
    """Compile a project, and return path → text of its package; no text where there are errors."""
    from amber_sql.compiler.emit.layout import HEADER  # noqa: PLC0415
    from amber_sql.compiler.pipeline import compile_queries, generated  # noqa: PLC0415
    from amber_sql.deploy.scratch.scratch_database import scratch  # noqa: PLC0415
    from amber_sql.deploy.scratch.verify import described_release  # noqa: PLC0415

    with scratch(project.migrations, database_url) as conn:
        build = compile_queries(conn, project.queries)
        if build.errors:
            return build, {}
        manifest = described_release(conn, build.described, project.queries, project.migrations)
    # The SQL is beside it, in the wheel too.
    small = structs.replace(manifest, about=HEADER.removeprefix("# "), files={})
    return build, generated(build, project.queries, target) | {"manifest.json": small.to_json()}


@click.command()
@project_options()
@scratch_option
@click.option("--json", "as_json", is_flag=True, help="Print the machine-readable contract.")
def describe(*, project: Project, database_url: str | None, as_json: bool) -> None:
    """Print each query with the types that PostgreSQL gave: parameters, columns, how many rows."""
    from amber_sql.compiler.contract import contract, rows_in_words  # noqa: PLC0415

    build = compiled(project, database_url)
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
                f"  {query['file']}:{query['line']}, {rows_in_words(query)}",
                markup=False,
            )
            for column in query["columns"]:
                out.print(
                    f"  {column['name']}: {column['py_type']}  ({column['pg_type']})", markup=False
                )
        print_findings(build.errors)
    if build.errors:
        sys.exit(FINDINGS)


def shown(path: Path) -> Path:
    """Return a path as it is seen from the working directory, or whole where it lies elsewhere."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def _queries(build: Build) -> str:
    return counted(len(build.described), "query", "queries")


def _end(sentence: str, code: int) -> None:
    talk.print(sentence, markup=False)
    sys.exit(code)
