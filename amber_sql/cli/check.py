"""`check`: SQL files in, findings out; which of them count is the project's to say."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from amber_sql.cli.compile import compiled
from amber_sql.cli.database import scratch_option
from amber_sql.cli.known_findings import baseline_options, new_findings, rules_of
from amber_sql.cli.project import project_options
from amber_sql.cli.report import counted, print_findings, talk
from amber_sql.errors import FINDINGS

if TYPE_CHECKING:
    from pathlib import Path

    from amber_sql.locate import Project


@click.command()
@project_options()
@scratch_option
@baseline_options
def check(
    *, project: Project, database_url: str | None, baseline: Path | None, update_baseline: bool
) -> None:
    """Let PostgreSQL read every query, and report all errors of all files at once.

    An error is what no function can be made of. A finding is what a rule asks for: `-- @allow rule:
    why` in a query excuses that one, [tool.amber-sql.rules] a folder or the whole project, and
    --baseline what was there on the first day.
    """
    rules = rules_of(project)
    build = compiled(project, database_url)
    files = [file.file for file in build.files]
    advice = [*rules.left(build.advice), *rules.unmatched("check", files)]
    print_findings(build.errors)
    advice = [*new_findings(advice, baseline, "check", update=update_baseline)]
    print_findings(advice, "finding")
    if found := (*build.errors, *advice):
        bad = len({finding.file for finding in found} & set(files))
        wrong = {finding.query for finding in found}
        fine = sum(
            f"{query.module}.{query.name}" not in wrong
            for file in build.files
            for query in file.queries
        )
        talk.print(
            f"{counted(len(found), 'finding')} in {bad} of {counted(len(files), 'file')}; "
            f"{counted(fine, 'query is', 'queries are')} fine"
        )
        sys.exit(FINDINGS)
    total = sum(len(file.queries) for file in build.files)
    end = "nothing new" if baseline else "all fine"
    click.echo(f"{counted(total, 'query', 'queries')} in {counted(len(files), 'file')}: {end}.")
