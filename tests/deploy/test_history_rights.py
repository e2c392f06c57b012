"""Roles and deploys in either order: the deploys' own tables are open to nobody but who deploys."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import psycopg
import pytest
from click.testing import CliRunner
from deploy_world import rows, write
from psycopg import sql
from psycopg.conninfo import make_conninfo

from amber_sql import deploy as deploys
from amber_sql.cli.main import cli
from amber_sql.compiler.bookkeeping import TABLES
from amber_sql.deploy.roles import Roles, provision

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from target import Target

_OPEN = """
    SELECT c.relname FROM pg_class AS c, aclexplode(c.relacl) AS a
    WHERE c.relname = ANY ('{%s}'::text[]) AND a.grantee <> c.relowner
"""
OPEN = _OPEN % ",".join(TABLES)


@pytest.fixture
def roles(scratch: psycopg.Connection) -> Iterator[Roles]:
    """Provision an empty database, and drop the roles after."""
    made = Roles.with_prefix(f"amber_test_{secrets.token_hex(4)}")
    provision(scratch, made)
    yield made
    scratch.execute(f"REASSIGN OWNED BY {made.owner} TO CURRENT_USER")
    for name in (made.app, made.read, made.migrator, made.owner):
        scratch.execute(f"DROP OWNED BY {name}")
        scratch.execute(f"DROP ROLE {name}")


@pytest.fixture
def as_owner(empty_database_url: str, roles: Roles) -> str:
    """Give the URL of who deploys: acting as the owner, as the migrator does."""
    return make_conninfo(empty_database_url, options=f"-crole={roles.owner}")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder with one migration."""
    return write(tmp_path / "m", {"0001.t": "CREATE TABLE t (a int)"})


def test_what_deploys_make_after_roles_is_not_the_apps(
    as_owner: str, roles: Roles, folder: Path
) -> None:
    """Default privileges mean the application's tables: its table has them, the history has not."""
    deploys.migrate(as_owner, folder)
    assert rows(as_owner, OPEN) == []
    query = f"SELECT has_table_privilege('{roles.app}', 't', 'INSERT')"
    assert rows(as_owner, query) == [(True,)]


@pytest.mark.parametrize("healer", ["deploy", "roles"])
def test_what_was_open_is_closed_again(
    as_owner: str, scratch: psycopg.Connection, roles: Roles, folder: Path, healer: str
) -> None:
    """As an older release left it: named by the doctor, taken back by the next deploy or `roles`."""
    deploys.migrate(as_owner, folder)
    for table in TABLES:
        scratch.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {roles.app}")
    said = CliRunner().invoke(cli, ["doctor", "--database-url", as_owner]).output
    assert f"{roles.app} has DELETE, INSERT, SELECT, UPDATE on public._yoyo_migration" in said
    if healer == "deploy":
        deploys.migrate(as_owner, folder)
    else:
        provision(scratch, roles)
    assert rows(as_owner, OPEN) == []


def test_a_right_that_was_given_on_purpose_stays(
    as_owner: str, scratch: psycopg.Connection, roles: Roles, folder: Path
) -> None:
    """A GRANT to somebody whom no default privilege names is the administrator's will."""
    deploys.migrate(as_owner, folder)
    scratch.execute(f"GRANT SELECT ON _yoyo_migration TO {roles.migrator}")
    deploys.migrate(as_owner, folder)
    assert rows(as_owner, OPEN) == [("_yoyo_migration",)]


def test_every_kind_of_object_becomes_the_owners(scratch: psycopg.Connection, roles: Roles) -> None:
    """Procedures, aggregates, composites and ranges as well as tables, whatever their names."""
    scratch.execute(
        """
        CREATE TABLE "we.ird {x}" (id serial, g int GENERATED ALWAYS AS IDENTITY);
        CREATE FUNCTION "f{}"(int) RETURNS int LANGUAGE sql AS 'SELECT $1';
        CREATE PROCEDURE p() LANGUAGE sql AS 'SELECT 1';
        CREATE AGGREGATE a(int) (SFUNC = int4pl, STYPE = int);
        CREATE TYPE composite AS (a int);
        CREATE TYPE range AS RANGE (subtype = int4);
        """
    )
    provision(scratch, roles)
    others = scratch.execute(
        "SELECT c.relname FROM pg_class AS c WHERE relnamespace = 'public'::regnamespace AND relowner <> %(owner)s::regrole"
        " UNION ALL SELECT proname FROM pg_proc"
        " WHERE pronamespace = 'public'::regnamespace AND proowner <> %(owner)s::regrole"
        "   AND proname NOT IN ('range', 'multirange')"
        " UNION ALL SELECT typname FROM pg_type"
        " WHERE typnamespace = 'public'::regnamespace AND typowner <> %(owner)s::regrole"
        # Before 17 a range's multirange stays whose it was, and cannot be altered by itself.
        "   AND (typname NOT LIKE '%%multirange' OR current_setting('server_version_num')::int >= 170000)",
        {"owner": roles.owner},
    )
    assert others.fetchall() == []


@pytest.mark.parametrize("name", ["public.amber", 'odd "name" {x}', "ünï"])
def test_a_database_may_have_any_name(pg_server: Target, roles: Roles, name: str) -> None:
    """A point in it is no schema's."""
    full = f"{name}{secrets.token_hex(4)}"
    with psycopg.connect(pg_server.url("postgres"), autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(full)))
        try:
            with psycopg.connect(pg_server.url(full), autocommit=True) as conn:
                provision(conn, roles)
            assert rows(
                pg_server.url(full),
                "SELECT nspowner::regrole::text FROM pg_namespace WHERE nspname = 'public'",
            ) == [(roles.owner,)]
        finally:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(full)))


def test_what_roles_grants_is_no_drift(
    empty_database_url: str, roles: Roles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`migrate diff` advises to take nothing back from the project's roles, but from others."""
    write(tmp_path / "migrations", {"0001.t": "CREATE TABLE t (a int)"})
    (tmp_path / "queries").mkdir()
    prefix = roles.app.removesuffix("_app")
    (tmp_path / "amber-sql.toml").write_text(f'role-prefix = "{prefix}"\n')
    monkeypatch.chdir(tmp_path)
    with psycopg.connect(empty_database_url, autocommit=True) as conn:
        deploys.migrate(empty_database_url, tmp_path / "migrations")
        provision(conn, roles)
        where = ("--database-url", empty_database_url, "--scratch-url", empty_database_url)
        same = CliRunner().invoke(cli, ["migrate", "diff", *where])
        conn.execute("GRANT SELECT ON t TO PUBLIC")
        other = CliRunner().invoke(cli, ["migrate", "diff", *where])
    assert (same.stdout, same.exit_code) == ("", 0)
    assert [line for line in other.stdout.splitlines() if line[0] in "-+"][1:] == [
        "- GRANT SELECT ON TABLE public.t TO PUBLIC"
    ]
