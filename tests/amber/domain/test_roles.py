"""amber_sql.deploy.roles: who may do what, whatever was there before."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import psycopg
import pytest
from click.testing import CliRunner

from amber_sql.cli.main import cli
from amber_sql.deploy import roles as deploy_roles

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target import Target

_DENIED = (psycopg.errors.InsufficientPrivilege, psycopg.errors.ReadOnlySqlTransaction)


@pytest.fixture
def database_url(pg_server: Target, postgresql: psycopg.Connection) -> str:
    """Work as who provisions, in a database where nobody has."""
    return pg_server.url(postgresql.info.dbname)


@pytest.fixture
def roles(conn: psycopg.Connection) -> Iterator[deploy_roles.Roles]:
    """Provision four roles of this test's own, and drop them after."""
    made = deploy_roles.Roles.with_prefix(f"amber_test_{secrets.token_hex(4)}")
    deploy_roles.provision(conn, made)
    yield made
    conn.execute(f"REASSIGN OWNED BY {made.owner} TO CURRENT_USER")
    for name in (made.app, made.read, made.migrator, made.owner):
        conn.execute(f"DROP OWNED BY {name}")
        conn.execute(f"DROP ROLE {name}")


def _as(conn: psycopg.Connection, role: str, statement: str) -> bool:
    """Run a statement as a role and undo it; tell whether it was allowed."""
    try:
        with conn.transaction(force_rollback=True):
            conn.execute(f"SET LOCAL ROLE {role}")
            conn.execute(statement)
    except _DENIED:
        return False
    return True


def test_the_app_writes_rows_and_nothing_else(
    conn: psycopg.Connection, roles: deploy_roles.Roles
) -> None:
    """DML on every table; no TRUNCATE, no DDL, nothing of the deploys' own tables."""
    allowed = [
        "INSERT INTO users (clerk_id, email) VALUES ('user_1', 'a@b')",
        "UPDATE users SET name = 'x'",
        "DELETE FROM users",
        "SELECT message_limit FROM plan_limits",
        "INSERT INTO usage_logs (event) VALUES ('x')",
        "SELECT uuidv7()",
    ]
    denied = [
        "TRUNCATE usage_logs",
        "DROP TABLE usage_logs",
        "ALTER TABLE users ADD COLUMN x int",
        "CREATE TABLE x (y int)",
        "CREATE INDEX ON users (name)",
        "CREATE SCHEMA x",
        "SELECT FROM _yoyo_migration",
        "DELETE FROM _yoyo_log",
    ]
    assert [s for s in allowed if not _as(conn, roles.app, s)] == []
    assert [s for s in denied if _as(conn, roles.app, s)] == []
    owned = conn.execute(
        "SELECT relname FROM pg_class WHERE relowner = %s::regrole", [roles.app]
    ).fetchall()
    assert owned == []


def test_the_reader_reads(conn: psycopg.Connection, roles: deploy_roles.Roles) -> None:
    """SELECT and nothing that writes."""
    assert _as(conn, roles.read, "SELECT id FROM users")
    assert not _as(conn, roles.read, "UPDATE users SET name = 'x'")
    assert not _as(conn, roles.read, "TRUNCATE users")
    settings = conn.execute(
        "SELECT s.setconfig FROM pg_db_role_setting AS s WHERE s.setrole = %s::regrole",
        [roles.read],
    ).fetchall()
    assert settings == [(["default_transaction_read_only=on"],)]


def test_what_the_migrator_makes_later_is_the_owners_and_in_use_at_once(
    conn: psycopg.Connection, roles: deploy_roles.Roles
) -> None:
    """A new table belongs to the owner, and app and read may do what they may do everywhere."""
    assert conn.execute(
        "SELECT setconfig FROM pg_db_role_setting WHERE setrole = %s::regrole", [roles.migrator]
    ).fetchall() == [([f"role={roles.owner}"],)]
    with conn.transaction():
        conn.execute(f"SET LOCAL ROLE {roles.owner}")
        conn.execute("CREATE TABLE later (id bigserial, x int)")
    assert _as(conn, roles.app, "INSERT INTO later (x) VALUES (1)")
    assert not _as(conn, roles.app, "TRUNCATE later")
    assert _as(conn, roles.read, "SELECT x FROM later")
    assert not _as(conn, roles.read, "INSERT INTO later (x) VALUES (1)")


def test_everything_is_the_owners(conn: psycopg.Connection, roles: deploy_roles.Roles) -> None:
    """Tables, partitions, views, types and the schema."""
    others = conn.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        " AND relkind IN ('r', 'p', 'v') AND relowner <> %(owner)s::regrole"
        " UNION ALL SELECT typname FROM pg_type WHERE typnamespace = 'public'::regnamespace"
        " AND typtype = 'e' AND typowner <> %(owner)s::regrole"
        " UNION ALL SELECT nspname FROM pg_namespace"
        " WHERE nspname = 'public' AND nspowner <> %(owner)s::regrole",
        {"owner": roles.owner},
    ).fetchall()
    assert others == []


def test_provisioning_again_changes_nothing_and_mends_what_was_widened(
    conn: psycopg.Connection, roles: deploy_roles.Roles
) -> None:
    """Repeated it is the same; a right that somebody added by hand is gone."""
    query = "SELECT relname, relacl::text FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY 1"
    before = conn.execute(query).fetchall()
    conn.execute(f"GRANT TRUNCATE ON users TO {roles.app}")
    conn.execute(f"ALTER ROLE {roles.app} CREATEDB")
    deploy_roles.provision(conn, roles)
    assert conn.execute(query).fetchall() == before
    assert conn.execute(
        "SELECT rolcreatedb FROM pg_roles WHERE rolname = %s", [roles.app]
    ).fetchone() == (False,)


def test_the_command_names_the_four(roles: deploy_roles.Roles, database_url: str) -> None:
    """`amber-sql roles` does the same for any prefix, and says what it made."""
    prefix = roles.app.removesuffix("_app")
    ran = CliRunner().invoke(cli, ["roles", "--database-url", database_url, "--prefix", prefix])
    assert ran.exit_code == 0, ran.output
    assert [line.split()[0] for line in ran.stdout.splitlines()] == [
        roles.owner, roles.migrator, roles.app, roles.read,
    ]  # fmt: skip
