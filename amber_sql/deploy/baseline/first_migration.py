"""What pg_dump wrote → a migration: statements that make the same schema, in any database.

What belongs to a session or to psql goes. Rights of roles are given where the role exists, since roles are
the whole server's; those that a policy names are made where they are missing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from amber_sql.deploy.files.boundaries import statement_spans

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_SESSION = re.compile(
    r"(?i)SET\s|RESET\s+SESSION\s+AUTHORIZATION|SELECT\s+pg_catalog\.set_config\("
)
_OWNER = re.compile(r'(?is)ALTER\s.*\sOWNER\s+TO\s+(?:"(?:[^"]|"")+"|\w+)')
_ENTRY = re.compile(r"(?m)^-- Name: .*; Type: .*; Owner: (?P<owner>.*)")
_RIGHT = re.compile(
    r'(?is)(?:GRANT|REVOKE)\s.*\s(?:TO|FROM)\s+(?P<role>"(?:[^"]|"")+"|\w+)(?:\s+WITH\s+GRANT\s+OPTION)?\s*'
)
_LEFT_OUT = {
    r"(?i)CREATE\s+USER\s+MAPPING": "a user mapping, which may hold a password",
    r"(?i)ALTER\s+DEFAULT\s+PRIVILEGES": "default privileges, which are a role's: `amber-sql roles` sets them",
    r"(?i)COMMENT\s+ON\s+EXTENSION": "",
    r"(?i)CREATE\s+EVENT\s+TRIGGER|ALTER\s+EVENT\s+TRIGGER": "an event trigger, which needs a superuser",
}
_HEAD = """-- The schema as it was found when this project began: written by `amber-sql migrate baseline`.

-- Functions are made before the tables that they read.
SET LOCAL check_function_bodies = false;
SET LOCAL standard_conforming_strings = on;
"""
_ROLE = """DO $baseline$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = {name}) THEN
        CREATE ROLE {role} NOLOGIN;
    END IF;
END $baseline$;"""
_GIVEN = """DO $baseline$ BEGIN
    IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = {name}) THEN
        {rights};
    END IF;
END $baseline$;"""


class FirstMigration(msgspec.Struct, frozen=True):
    """Its text, and what was left out of it."""

    text: str
    statements: int
    left_out: tuple[str, ...]


def first_migration(dumped: str, policy_roles: Iterable[str]) -> FirstMigration:
    """Return the migration. `policy_roles` stand in policies."""
    text = re.sub(r"(?m)^\\(?:un)?restrict .*$", "", dumped)
    kept: list[str] = []
    rights: dict[str, list[str]] = {}
    left_out: list[str] = []
    for statement, owner in _statements(text):
        if _SESSION.match(statement) or _OWNER.fullmatch(statement):
            continue
        why = next((what for start, what in _LEFT_OUT.items() if re.match(start, statement)), None)
        if why is not None:
            left_out += [f"{why}: {_shown(statement)}"] if why else []
        elif match := _RIGHT.fullmatch(statement):
            role = _name(match["role"])
            if role.upper() == "PUBLIC":
                kept.append(f"{statement};")
            elif role != owner:  # who has it anyway
                rights.setdefault(match["role"], []).append(statement)
        else:
            kept.append(f"{statement};")
    roles = [
        _ROLE.format(name=_literal(role), role=_quoted(role)) for role in sorted(set(policy_roles))
    ]
    given = [
        _GIVEN.format(name=_literal(_name(role)), rights=";\n        ".join(statements))
        for role, statements in rights.items()
    ]
    blocks = [*roles, *kept, *given]
    return FirstMigration("\n\n".join([_HEAD.rstrip(), *blocks]) + "\n", len(kept), tuple(left_out))


def _statements(text: str) -> Iterator[tuple[str, str]]:
    """Yield each statement without its semicolon, and who owns what it is about.

    pg_dump says so in its comment above the first one of an object.
    """
    owner, before = "", 0
    for start, end in statement_spans(text):
        for entry in _ENTRY.finditer(text, before, start):
            owner = entry["owner"]
        before = end
        if statement := text[start:end].strip():
            yield statement, owner


def _shown(statement: str) -> str:
    """Return how a statement begins; what follows OPTIONS may be a secret."""
    words = statement.partition("OPTIONS")[0].split()
    return " ".join(words[:8]) + (" …" if len(words) > 8 else "")  # noqa: PLR2004


def _name(role: str) -> str:
    return role[1:-1].replace('""', '"') if role.startswith('"') else role


def _literal(name: str) -> str:
    return "'" + name.replace("'", "''") + "'"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
