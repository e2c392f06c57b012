"""The statements that cannot run in a transaction and whose outcome can be seen afterwards.

CREATE, DROP and REINDEX INDEX CONCURRENTLY: an index is there and valid, or it is not; and ALTER
TYPE … ADD VALUE: an enum has a label, or not. A file of anything else, or of more than one
statement, is refused before it runs, since after a kill nobody could say how far it came.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import msgspec

from amber_sql.deploy.files.statements import SqlStatement, parse_statements
from amber_sql.errors import NotConcurrent

if TYPE_CHECKING:
    from amber_sql.deploy.files.migration_file import MigrationFile

OutsideAction: TypeAlias = Literal["create", "drop", "reindex", "add value"]
Name: TypeAlias = tuple[str, ...]
"""The parts of a name, perhaps with a schema, each as the file writes it."""


class OutsideStatement(msgspec.Struct, frozen=True):
    """What the one statement of a file does: to which index of which table, or which enum's label.

    `label` is the literal as the file writes it.
    """

    kind: OutsideAction
    name: Name = ()
    table: Name = ()
    label: str = ""


def parse(file: MigrationFile) -> OutsideStatement:
    """Return what `file` does; NotConcurrent where it is not one statement of the known kinds."""
    statements = parse_statements(file.text)
    if len(statements) != 1:
        raise NotConcurrent(file=file.path.name, what=f"holds {len(statements)} statements")
    (statement,) = statements
    found = _create(statement) or _drop(statement) or _reindex(statement) or _add_value(statement)
    if found is None:
        words = " ".join(statement.words[:3])
        raise NotConcurrent(file=file.path.name, what=f"holds {words} …")
    return found


def _create(statement: SqlStatement) -> OutsideStatement | None:
    """Read CREATE [UNIQUE] INDEX CONCURRENTLY [IF NOT EXISTS] name ON [ONLY] table."""
    unique = statement.words[1:2] == ("UNIQUE",)
    if statement.words[1 + unique : 3 + unique] != ("INDEX", "CONCURRENTLY"):
        return None
    start = 3 + unique
    if statement.words[start : start + 3] == ("IF", "NOT", "EXISTS"):
        start += 3
    name, on = _name(statement, start)
    if not statement.starts("CREATE") or len(name) != 1 or statement.words[on : on + 1] != ("ON",):
        return None  # without a name of its own nobody can say whether it is there
    table = on + 1 + (statement.words[on + 1 : on + 2] == ("ONLY",))
    table += statement.words[table : table + 1] == ("(",)
    return OutsideStatement("create", name, _name(statement, table)[0])


def _drop(statement: SqlStatement) -> OutsideStatement | None:
    """Read DROP INDEX CONCURRENTLY [IF EXISTS] name."""
    if not statement.starts("DROP", "INDEX", "CONCURRENTLY"):
        return None
    start = 5 if statement.words[3:5] == ("IF", "EXISTS") else 3
    return OutsideStatement("drop", _name(statement, start)[0])


def _reindex(statement: SqlStatement) -> OutsideStatement | None:
    """Read REINDEX [(…)] {INDEX | TABLE | SCHEMA} CONCURRENTLY name."""
    if not statement.starts("REINDEX") or "CONCURRENTLY" not in statement.words:
        return None
    return OutsideStatement("reindex")


def _add_value(statement: SqlStatement) -> OutsideStatement | None:
    """Read ALTER TYPE name ADD VALUE [IF NOT EXISTS] label [BEFORE | AFTER label]."""
    if not statement.starts("ALTER", "TYPE"):
        return None
    name, end = _name(statement, 2)
    if statement.words[end : end + 2] != ("ADD", "VALUE"):
        return None
    place = end + 2 + 3 * (statement.words[end + 2 : end + 5] == ("IF", "NOT", "EXISTS"))
    if statement.words[place : place + 1] != ("'",):
        return None
    return OutsideStatement("add value", name, label=statement.raw[place])


def _name(statement: SqlStatement, start: int) -> tuple[Name, int]:
    """Return the name, perhaps with a schema, that begins at `start`, and where it ends."""
    parts: list[str] = []
    place = start
    while place < len(statement.raw):
        part, place = statement.raw[place], place + 1
        if statement.words[place : place + 2] == ("UESCAPE", "'"):
            part, place = " ".join([part, *statement.raw[place : place + 2]]), place + 2
        parts.append(part)
        if statement.words[place : place + 1] != (".",):
            break
        place += 1
    return tuple(parts), place
