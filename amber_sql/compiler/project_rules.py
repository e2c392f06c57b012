"""`[tool.amber-sql.rules]` of a project → which findings are left: a rule may be off, or on for some files.

Paths are globs below the folder that the files are in: `legacy/**`, `*.sql`; a folder means all in it.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

from amber_sql.errors import BadProjectFile, Finding

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from pathlib import Path

    from amber_sql.locate import RuleSetting

_FOREIGN = re.compile(r"squawk:[a-z][a-z-]*")
"""Rules whose names another program knows."""


def check_settings(
    settings: Mapping[str, RuleSetting], known: Collection[str], file: Path | None
) -> None:
    """Raise BadProjectFile where a rule does not exist, or is neither off nor on for some files."""
    for rule, setting in settings.items():
        what = ""
        if rule not in known and not _FOREIGN.fullmatch(rule):
            close = get_close_matches(rule.replace("-", "_"), known, n=1)
            hint = f"did you mean {close[0]}?" if close else f"rules: {', '.join(sorted(known))}"
            what = f"rules: there is no rule {rule}; {hint}"
        elif bool(setting.off) == bool(setting.only):
            what = f'rules.{rule}: write off = true, off = ["legacy/**"] or only = ["new/**"], one of them'
        elif not setting.reason.strip():
            what = f"rules.{rule}: the reason is empty"
        if what:
            raise BadProjectFile(file=file, what=what)


def left(findings: Iterable[Finding], settings: Mapping[str, RuleSetting]) -> list[Finding]:
    """Return the findings of rules that are on for their files."""
    return [
        finding
        for finding in findings
        if not (setting := settings.get(finding.rule)) or _is_on(setting, finding.file)
    ]


def unmatched(
    settings: Mapping[str, RuleSetting], of: Collection[str], files: Collection[str], file: Path
) -> Iterator[Finding]:
    """Yield the globs of these rules that no file matches, at their place in the settings."""
    lines = file.read_text(encoding="utf-8").splitlines() if settings else []
    for rule, setting in settings.items():
        for glob in _globs(setting) if rule in of else ():
            if not any(_matches(glob, name) for name in files):
                yield _at(lines, file.name, glob, f"rules.{rule}: no file matches {glob}")


def _at(lines: list[str], file: str, word: str, message: str) -> Finding:
    number = next((n for n, line in enumerate(lines) if word in line), 0)
    text = lines[number] if lines else ""
    return Finding(
        file=file,
        line=number + 1,
        column=max(text.find(word), 0) + 1,
        message=message,
        hint="write a path below the folder of the files, or delete it",
        text=text,
    )


def _is_on(setting: RuleSetting, file: str) -> bool:
    if setting.off is True:
        return False
    matches = any(_matches(glob, file) for glob in _globs(setting))
    return matches if setting.only else not matches


def _globs(setting: RuleSetting) -> tuple[str, ...]:
    return setting.only or (setting.off if isinstance(setting.off, tuple) else ())


def _matches(glob: str, file: str) -> bool:
    """Tell whether a glob means a file, as findings name it: with its folder's name before."""
    pattern = re.compile(_translated(glob.removeprefix("./").rstrip("/")))
    return any(pattern.fullmatch(name) for name in (file, file.partition("/")[2]) if name)


def _translated(glob: str) -> str:
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", glob)
    special = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return "".join(special.get(part) or re.escape(part) for part in parts) + "(?:/.*)?"
