"""The statements that cannot run in a transaction and whose outcome can be seen afterwards.

CREATE, DROP and REINDEX INDEX CONCURRENTLY: an index is there and valid, or it is not. A file of
anything else, or of more than one statement, is refused before it runs, since after a kill nobody
could say how far it came.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import msgspec

from amber_sql.deploy.files.statements import SqlStatement, parse_statements
from amber_sql.errors import NotConcurrent

if TYPE_CHECKING:
    from amber_sql.deploy.files.migration_file import MigrationFile

IndexAction: TypeAlias = Literal["create", "drop", "reindex"]


class ConcurrentIndex(msgspec.Struct, frozen=True):
    """What the one statement of a file does: to which indexes, on which table."""

    kind: IndexAction
    names: tuple[str, ...]
    table: str = ""
    text: str = ""


def parse(file: MigrationFile) -> ConcurrentIndex:
    """Return what `file` does; NotConcurrent where it is not one statement of the known kinds."""
    statements = parse_statements(file.text)
    if len(statements) != 1:
        raise NotConcurrent(file=file.path.name, what=f"holds {len(statements)} statements")
    found = _create(statements[0]) or _drop(statements[0]) or _reindex(statements[0])
    if found is None:
        words = " ".join(statements[0].words[:3])
        raise NotConcurrent(file=file.path.name, what=f"holds {words} …")
    return msgspec.structs.replace(found, text=file.text)


def _create(statement: SqlStatement) -> ConcurrentIndex | None:
    """Read CREATE [UNIQUE] INDEX CONCURRENTLY [IF NOT EXISTS] name ON [ONLY] table."""
    words = [word for word in statement.words if word != "UNIQUE"]
    if words[:3] != ["CREATE", "INDEX", "CONCURRENTLY"] or "ON" not in words:
        return None
    on = statement.words.index("ON")
    name = statement.raw[on - 1]
    if statement.words[on - 1] in {"CONCURRENTLY", "EXISTS"}:
        return None  # without a name of its own nobody can say whether it is there
    start = on + 1 + (statement.words[on + 1] == "ONLY")
    return ConcurrentIndex("create", (name,), _qualified(statement.raw, start)[0])


def _drop(statement: SqlStatement) -> ConcurrentIndex | None:
    """Read DROP INDEX CONCURRENTLY [IF EXISTS] name."""
    if not statement.starts("DROP", "INDEX", "CONCURRENTLY"):
        return None
    start = 5 if statement.words[3:5] == ("IF", "EXISTS") else 3
    return ConcurrentIndex("drop", (_qualified(statement.raw, start)[0],))


def _reindex(statement: SqlStatement) -> ConcurrentIndex | None:
    """Read REINDEX [(…)] {INDEX | TABLE | SCHEMA} CONCURRENTLY name."""
    if not statement.starts("REINDEX") or "CONCURRENTLY" not in statement.words:
        return None
    return ConcurrentIndex("reindex", ())


def _qualified(raw: tuple[str, ...], start: int) -> tuple[str, int]:
    """Return the name, perhaps with a schema, that begins at `start`, and where it ends."""
    end = start + 1
    while raw[end : end + 1] == (".",):
        end += 2
    return "".join(raw[start:end]), end
