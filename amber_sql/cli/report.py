"""Findings and errors → the terminal: the place, the line with a caret, and what to do."""

from __future__ import annotations

import os
import sys
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console
    from rich.text import Text

    from amber_sql.errors import AmberError, Finding

UNWATCHED = 1000
"""Columns where nobody watches: a file and a pipe take lines as they are."""


class _Later:
    """A console that imports rich when it is first used: a quiet command does not wait for it."""

    def __init__(self, *, stderr: bool) -> None:
        self._stderr = stderr

    @cached_property
    def _console(self) -> Console:
        from rich.console import Console  # noqa: PLC0415

        class Pipe(Console):
            def on_broken_pipe(self) -> None:
                raise BrokenPipeError  # rich would exit 1; main() knows that nothing is wrong

        watched = (sys.stderr if self._stderr else sys.stdout).isatty()
        width = None if watched or os.environ.get("COLUMNS") else UNWATCHED
        return Pipe(stderr=self._stderr, highlight=False, soft_wrap=True, width=width)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._console, name)


out = cast("Console", _Later(stderr=False))
"""Data: stdout."""
talk = cast("Console", _Later(stderr=True))
"""Talk and progress: stderr."""


def print_findings(findings: Iterable[Finding], word: str = "error") -> None:
    """Print findings, each with its line of SQL and a caret: on stdout, as what a command is for."""
    for finding in findings:
        out.print(_text(finding, word))


def print_error(error: AmberError) -> None:
    """Print an error on stderr; on a terminal it is broken between words, in a file not at all."""
    from rich.text import Text  # noqa: PLC0415

    text = Text.assemble(("error: ", "bold red"), str(error))
    talk.print(text, soft_wrap=not talk.is_terminal)


def _text(finding: Finding, word: str) -> Text:
    from rich.cells import cell_len  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    text = Text()
    text.append(f"{finding.file}:{finding.line}:{finding.column}: ", "bold")
    text.append(f"{word}: ", "bold red" if word == "error" else "bold yellow")
    text.append(finding.message)
    if finding.query:
        text.append(f"  [{finding.query}]", "dim")
    text.append("\n")
    if finding.text.strip():
        margin = f"  {finding.line} | "
        before = finding.text[: finding.column - 1].expandtabs(4)
        line, before = _fitted(finding.text.expandtabs(4), before, out.width - len(margin))
        text.append(margin, "dim")
        text.append(line + "\n")
        text.append(" " * (len(margin) - 2) + "| ", "dim")
        text.append(
            " " * cell_len(before) + "^\n", "bold red" if word == "error" else "bold yellow"
        )
    if finding.hint:
        text.append("  hint: ", "dim")
        text.append(finding.hint + "\n")
    return text


def _fitted(line: str, before: str, room: int) -> tuple[str, str]:
    """Return a line and what is before its caret, both cut where the line would be wrapped."""
    from rich.cells import cell_len  # noqa: PLC0415

    if cell_len(line) <= room:
        return line, before
    first = 0
    while cell_len(before[first:]) > room * 2 // 3:
        first += 1
    last = len(line)
    while cell_len(line[first:last]) > room - 2:
        last -= 1
    begin, end = "…" if first else "", "…" if last < len(line) else ""
    return f"{begin}{line[first:last]}{end}", begin + before[first:]


def counted(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun: `1 query`, `2 queries`."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def shown(path: Path) -> Path:
    """Return a path as it is seen from the working directory, or whole where it lies elsewhere."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def is_terminal() -> bool:
    """Tell whether a person watches stdout."""
    return sys.stdout.isatty()
