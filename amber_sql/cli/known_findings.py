"""Which findings of `check` and `lint` count: by the project's rules, and by what was there before."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click import UsageError

from amber_sql.cli.report import counted, out, talk
from amber_sql.compiler import project_rules
from amber_sql.compiler.baseline import baseline_text, compare, read_baseline
from amber_sql.errors import BadBaseline, NoBaseline
from amber_sql.locate import settings_file

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from amber_sql.errors import Finding
    from amber_sql.locate import Project


class RulesOf:
    """The rules of a project, as its settings switch them."""

    def __init__(self, project: Project, known: dict[str, frozenset[str]]) -> None:
        self._settings, self._known = project.rules, known
        self._file = settings_file(project.root)
        every = frozenset[str]().union(*known.values())
        project_rules.check_settings(self._settings, every, self._file)

    def left(self, findings: Iterable[Finding]) -> list[Finding]:
        """Return the findings of rules that are on for their files."""
        return project_rules.left(findings, self._settings)

    def unmatched(self, command: str, files: Sequence[str]) -> list[Finding]:
        """Return a finding for each path of this command's rules that no file matches."""
        found = project_rules.unmatched(self._settings, self._known[command], files, self._file)
        return list(found)


def rules_of(project: Project) -> RulesOf:
    """Return a project's rules. Raises BadProjectFile."""
    from amber_sql.compiler.rules import RULES  # slow to import  # noqa: PLC0415
    from amber_sql.deploy.lint import LINT_RULES  # noqa: PLC0415

    return RulesOf(project, {"check": frozenset(RULES), "lint": frozenset(LINT_RULES)})


def baseline_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add both options."""
    for option in (
        click.option(
            "--update-baseline",
            is_flag=True,
            help="Write today's findings to the FILE of --baseline.",
        ),
        click.option(
            "--baseline",
            metavar="FILE",
            type=click.Path(dir_okay=False, path_type=Path),
            help="Leave out the findings that FILE holds: only new ones are shown, and end with 1.",
        ),
    ):
        command = option(command)
    return command


def new_findings(
    findings: Sequence[Finding],
    file: Path | None,
    command: str,
    *,
    update: bool,
    only: Collection[str] | None = None,
) -> Sequence[Finding]:
    """Return the findings that the file does not hold; with `update`, after writing it, none.

    `only` are the files that were looked at, where these are not all.
    """
    if file is None:
        if update:
            raise UsageError("--update-baseline needs --baseline FILE")
        return findings
    if update:
        _write(file, findings, command)
        return ()
    compared = compare(findings, read_baseline(file, command))
    gone = [one for one in compared.gone if only is None or one.file in only]
    for entry in gone:
        times = f" ({entry.count} times)" if entry.count > 1 else ""
        where = f"  [{entry.query}]" if entry.query else ""
        out.print(f"{entry.file}: fixed: {entry.rule}{times}{where}", markup=False)
    talk.print(f"{file}: {counted(compared.known, 'known finding')} left out", markup=False)
    if gone:
        talk.print("Fixed ones are in it still: --update-baseline takes them out.")
    return compared.new


def _write(file: Path, findings: Sequence[Finding], command: str) -> None:
    """Write the file, over one of ours alone. Raises BadBaseline."""
    with suppress(NoBaseline):
        read_baseline(file, command)
    try:
        file.write_text(baseline_text(findings, command), encoding="utf-8")
    except OSError as error:
        raise BadBaseline(file=file, what=error.strerror) from None
    talk.print(f"wrote {file}: {counted(len(findings), 'finding')}", markup=False)
