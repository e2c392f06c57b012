"""Pending migration files → findings: what is likely to hurt, seen from the text alone.

Our rules know how deploys run a file; squawk, where it is installed, knows PostgreSQL's locks.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from amber_sql.deploy.files.migration_file import MigrationFile, read
from amber_sql.deploy.files.outside_statement import parse
from amber_sql.deploy.files.statements import SqlStatement, parse_statements
from amber_sql.errors import BadMigrationFile, Finding, NotConcurrent, SquawkFailed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_EXCLUSIVE = (("ALTER", "TABLE"), ("DROP", "TABLE"), ("DROP", "INDEX"), ("TRUNCATE",), ("LOCK",),
              ("ALTER", "TYPE"), ("ALTER", "INDEX"), ("DROP", "TRIGGER"), ("CLUSTER",))  # fmt: skip
"""Statements that take ACCESS EXCLUSIVE on something that may be in use."""

_SLOW = (("UPDATE",), ("DELETE",), ("INSERT", "INTO"), ("CREATE", "INDEX"), ("CREATE", "UNIQUE"),
         ("CREATE", "MATERIALIZED"), ("REFRESH",), ("MERGE",), ("WITH",))  # fmt: skip
"""Statements that take as long as the table is large."""


LINT_RULES = {
    "no_rollback": "a migration has its rollback beside it",
    "not_concurrent": "what runs outside of a transaction is one statement whose state can be seen",
    "transaction_control": "a migration leaves COMMIT to the deploy",
    "slow_under_lock": "nothing that takes long runs under ACCESS EXCLUSIVE",
}
"""Our own rules; squawk's are called `squawk:…`."""

_NOT_OURS = (
    "require-lock-timeout",  # the deploy sets both
    "require-statement-timeout",
    "prefer-robust-stmts",  # a migration is applied whole or not at all
    "prefer-bigint-over-int",  # a matter of the schema, not of the deploy
    "prefer-bigint-over-smallint",
    "prefer-text-field",
)
"""squawk's rules that a deploy of ours keeps by itself."""


def readable(paths: Iterable[Path]) -> tuple[list[MigrationFile], list[Finding]]:
    """Read migrations; one that cannot be read, or whose rollback cannot, is a finding of its own."""
    files, found = [], []
    for path in paths:
        try:
            file = read(path)
            file.rollback()
        except BadMigrationFile as error:
            found.append(
                Finding(
                    file=path.name,
                    line=1,
                    column=1,
                    message=str(error),
                    rule="unreadable",
                )
            )
        else:
            files.append(file)
    return files, found


def lint(files: Iterable[MigrationFile]) -> list[Finding]:
    """Return every finding of our rules, sorted by place."""
    return sorted(finding for file in files for finding in _judge(file))


def squawk(files: Sequence[MigrationFile]) -> list[Finding] | None:
    """Return squawk's findings; None where it is not installed."""
    beside = str(Path(sys.executable).parent)  # in a virtual environment that nobody activated
    program = shutil.which("squawk") or shutil.which("squawk", path=beside)
    if program is None:
        return None
    found: list[Finding] = []
    for transactional in (True, False):
        paths = [str(file.path) for file in files if file.transactional is transactional]
        if not paths:
            continue
        assumed = ["--assume-in-transaction"] if transactional else []
        command = [
            program,
            "--reporter",
            "json",
            "--exclude",
            ",".join(_NOT_OURS),
            *assumed,
            *paths,
        ]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        try:
            found += [_from_squawk(one) for one in json.loads(ran.stdout or "[]")]
        except json.JSONDecodeError:
            raise SquawkFailed(reason=(ran.stderr or ran.stdout).strip()) from None
    return sorted(found)


def _judge(file: MigrationFile) -> list[Finding]:
    found = []
    statements = parse_statements(file.text)
    if file.rollback() is None:
        found.append(
            _finding(
                file, 1, "no_rollback", "there is no rollback",
                f"write {file.path.with_suffix('.rollback.sql').name}",
            )
        )  # fmt: skip
    if not file.transactional:
        try:
            parse(file)
        except NotConcurrent as error:
            found.append(
                _finding(file, 1, "not_concurrent", str(error), "one such statement a file")
            )
        return found
    found += [
        _finding(file, statement.line, "transaction_control",
                 f"{statement.words[0]} ends the migration's own transaction", "remove it")
        for statement in statements if statement.ends_transaction
    ]  # fmt: skip
    return found + _slow_under_lock(file, statements)


def _slow_under_lock(file: MigrationFile, statements: list[SqlStatement]) -> list[Finding]:
    """Find statements that take long while an earlier one holds ACCESS EXCLUSIVE.

    A table that this file itself creates is nobody's: neither locks nor rows of it matter.
    """
    new = {table for statement in statements if (table := _created(statement))}
    holder: SqlStatement | None = None
    found = []
    for statement in statements:
        if new & set(statement.words):
            continue
        if holder is not None and any(statement.starts(*words) for words in _SLOW):
            what = f"{' '.join(statement.raw[:2])} runs while line {holder.line} holds ACCESS EXCLUSIVE"
            found.append(_finding(file, statement.line, "slow_under_lock", what,
                                  "move it into a migration of its own"))  # fmt: skip
        if any(statement.starts(*words) for words in _EXCLUSIVE):
            holder = holder or statement
    return found


def _created(statement: SqlStatement) -> str:
    """Return the table that a CREATE TABLE makes, as a word."""
    words = [word for word in statement.words if word not in {"UNLOGGED", "TEMP", "TEMPORARY"}]
    if words[:2] != ["CREATE", "TABLE"]:
        return ""
    rest = words[5:] if words[2:5] == ["IF", "NOT", "EXISTS"] else words[2:]
    return rest[2] if rest[1:2] == ["."] else rest[0]


def _finding(file: MigrationFile, line: int, rule: str, message: str, hint: str) -> Finding:
    lines = file.text.splitlines() or [""]
    return Finding(
        file=file.path.name,
        line=line,
        column=1,
        message=message,
        hint=hint,
        rule=rule,
        text=lines[line - 1],
    )


def _from_squawk(one: dict[str, Any]) -> Finding:
    """Translate one of squawk's reports; its lines count from 0."""
    return Finding(
        file=str(one.get("file", "")).rpartition("/")[2],
        line=int(one.get("line", 0)) + 1,
        column=int(one.get("column", 0)) + 1,
        message=str(one.get("message", "")),
        hint=str(one.get("help") or ""),
        rule=f"squawk:{one.get('rule_name', '')}",
    )
