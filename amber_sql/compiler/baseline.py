"""Findings ↔ a file of those that were there: so that only what is new stops somebody.

A finding is known by its file, its query and its rule, and how many there are of them; not by its line,
which moves.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import msgspec

from amber_sql.errors import BadBaseline, NoBaseline

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from amber_sql.errors import Finding

Key = tuple[str, str, str]
"""(file, query, rule)"""


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Findings that are alike."""

    file: str
    query: str
    rule: str
    count: int


class Baseline(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the file holds."""

    about: str
    command: str
    findings: tuple[Entry, ...]


class Compared(msgspec.Struct, frozen=True):
    """Today's findings beside those of a file."""

    new: tuple[Finding, ...]
    known: int
    gone: tuple[Entry, ...]
    """Those that the file has and nobody finds any more."""


def read_baseline(file: Path, command: str) -> Baseline:
    """Read the file. Raises NoBaseline and BadBaseline."""
    try:
        found = msgspec.json.decode(file.read_bytes(), type=Baseline)
    except FileNotFoundError:
        raise NoBaseline(file=file, command=command) from None
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadBaseline(file=file, what=str(error)) from None
    if found.command != command:
        raise BadBaseline(file=file, what=f"it holds the findings of `amber-sql {found.command}`")
    return found


def compare(findings: Iterable[Finding], baseline: Baseline) -> Compared:
    """Tell which findings are new: of several that are alike, the last ones of the file."""
    known = Counter({(e.file, e.query, e.rule): e.count for e in baseline.findings})
    new, seen = [], Counter[Key]()
    for finding in sorted(findings):
        seen[_key(finding)] += 1
        if seen[_key(finding)] > known[_key(finding)]:
            new.append(finding)
    gone = (known - seen).items()
    entries = tuple(Entry(*key, count) for key, count in sorted(gone))
    return Compared(tuple(new), sum(seen.values()) - len(new), entries)


def baseline_text(findings: Iterable[Finding], command: str) -> str:
    """Return the file of these findings: sorted, an entry a line, so that a change is read."""
    counted = sorted(Counter(map(_key, findings)).items())
    entries = [msgspec.json.encode(Entry(*key, count)).decode() for key, count in counted]
    about = f"Findings that `amber-sql {command} --baseline` leaves out."
    head = f'{{"about": "{about}",\n "command": "{command}",\n "findings": [\n'
    return head + ",\n".join(f"  {entry}" for entry in entries) + "\n ]}\n"


def _key(finding: Finding) -> Key:
    # What is no rule's is known by what is said.
    return finding.file, finding.query, finding.rule or finding.message
