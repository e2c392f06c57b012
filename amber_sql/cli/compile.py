"""generate, describe: SQL files in, generated code or JSON out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click import UsageError

from amber_sql.cli.database import scratch_option
from amber_sql.cli.project import chosen, project_options, writable
from amber_sql.cli.report import out, print_findings
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
@click.option("--watch", "watching", is_flag=True, help="Go on after each save, until Ctrl-C.")
def generate(
    *,
    project: Project,
    database_url: str | None,
    out_dir: Path | None,
    check: bool,
    watching: bool,
) -> None:
    """Write the typed functions of every query.

    PostgreSQL describes each statement; nothing is written unless all of them are right. --watch
    keeps the scratch database and describes what was edited alone; it needs amber-sql[watch].
    """
    context = click.get_current_context()
    if out_dir is None and context.params["queries"] is not None:
        raise UsageError("--out is needed with --queries")
    if check and watching:
        raise UsageError("--watch writes and --check writes nothing: leave one of them out")
    if out_dir is None:
        writable(project, "say --out, or change to its checkout")
    target = (out_dir or project.package).absolute()
    if watching:
        from amber_sql.cli.watch import watch  # noqa: PLC0415

        def find() -> tuple[Project, Path]:
            given = (context.params[one] for one in ("queries", "migrations", "package"))
            found = chosen(*given)
            return found, (out_dir or found.package).absolute()

        watch(find, database_url)
        return
    from amber_sql.cli.generated_files import compare_files, write_files  # noqa: PLC0415
    from amber_sql.compiler.known_queries import Known  # slow to import  # noqa: PLC0415
    from amber_sql.deploy.scratch.scratch_database import scratch  # noqa: PLC0415

    require_queries(project)
    with scratch(project.migrations, database_url) as conn:
        fine = (compare_files if check else write_files)(Known(conn), project, target)
    if not fine:
        sys.exit(FINDINGS)


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
