"""A server's roles, before and after a scratch database on it → the server as it was.

Roles that migrations made are dropped, where their text names them: another one may be somebody
else's. What they changed of a role that was there is set back.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import msgspec
import psycopg
from psycopg import sql

from amber_sql.compiler.search_path import own_path

if TYPE_CHECKING:
    from collections.abc import Mapping

_ATTRIBUTES = {
    "rolsuper": "SUPERUSER", "rolinherit": "INHERIT", "rolcreaterole": "CREATEROLE",
    "rolcreatedb": "CREATEDB", "rolcanlogin": "LOGIN", "rolreplication": "REPLICATION",
    "rolbypassrls": "BYPASSRLS",
}  # fmt: skip
_ROLES = f"SELECT rolname, ARRAY[{', '.join(_ATTRIBUTES)}] FROM pg_roles WHERE rolname !~ '^pg_'"
_SETTINGS = """
    SELECT r.rolname, s.setconfig FROM pg_db_role_setting AS s JOIN pg_roles AS r ON r.oid = s.setrole
    WHERE s.setdatabase = 0
"""
_MEMBERS = """
    SELECT pg_get_userbyid(roleid), pg_get_userbyid(member), bool_or(admin_option)
    FROM pg_auth_members GROUP BY 1, 2
"""


class ServerState(msgspec.Struct, frozen=True):
    """The roles with their attributes, their settings, and who is a member of whom."""

    roles: dict[str, list[bool]]
    settings: dict[str, list[str]]
    members: dict[tuple[str, str], bool]


def read_state(conn: psycopg.Connection[Any]) -> ServerState:
    """Read the server's roles."""
    with own_path(conn):
        return ServerState(
            dict(conn.execute(_ROLES.encode()).fetchall()),
            dict(conn.execute(_SETTINGS).fetchall()),
            {(role, member): admin for role, member, admin in conn.execute(_MEMBERS)},
        )


def restore_state(
    conn: psycopg.Connection[Any], before: ServerState, texts: Mapping[str, str], database: str
) -> None:
    """Take back what the migrations with these texts did to the server in `database`, dropped by now."""
    now, text = read_state(conn), "\n".join(texts.values()).lower()
    for role in now.roles.keys() - before.roles.keys():
        if role.lower() in text or database in role:
            with suppress(
                psycopg.errors.DependentObjectsStillExist, psycopg.errors.UndefinedObject
            ):
                _run(conn, "DROP ROLE {}", role)
    for role in now.roles.keys() & before.roles.keys():
        _restore_attributes(conn, role, before.roles[role], now.roles[role])
        old, new = before.settings.get(role, []), now.settings.get(role, [])
        if sorted(old) != sorted(new):
            _restore_settings(conn, role, old)
    for (role, member), admin in now.members.items():
        if {role, member} <= before.roles.keys() and before.members.get((role, member)) != admin:
            _run(conn, "REVOKE {} FROM {}", role, member)
    for (role, member), admin in before.members.items():
        if now.members.get((role, member)) != admin:
            _run(conn, "GRANT {} TO {}" + " WITH ADMIN OPTION" * admin, role, member)


def _restore_attributes(
    conn: psycopg.Connection[Any], role: str, old: list[bool], new: list[bool]
) -> None:
    words = [
        word if was else f"NO{word}"
        for word, was, is_now in zip(_ATTRIBUTES.values(), old, new, strict=True)
        if was != is_now
    ]
    if words:
        _run(conn, f"ALTER ROLE {{}} {' '.join(words)}", role)


def _restore_settings(conn: psycopg.Connection[Any], role: str, old: list[str]) -> None:
    """Set them from this session's values, which the server reads as it reads its own catalog's."""
    _run(conn, "ALTER ROLE {} RESET ALL", role)
    for setting in old:
        name, _, value = setting.partition("=")
        with conn.transaction():
            conn.execute("SELECT pg_catalog.set_config(%s, %s, true)", [name, value])
            # `FROM CURRENT` keeps lists lists, as in search_path.
            statement = sql.SQL("ALTER ROLE {} SET {} FROM CURRENT")
            parts = sql.Identifier(*name.split("."))
            conn.execute(statement.format(sql.Identifier(role), parts))


def _run(conn: psycopg.Connection[Any], statement: str, *names: str) -> None:
    quoted = [sql.Identifier(name).as_string(conn) for name in names]
    conn.execute(statement.format(*quoted).encode())
