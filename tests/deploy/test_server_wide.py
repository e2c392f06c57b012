"""Migrations that make roles: proven on a scratch database, and nothing of them stays on the server."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

import pytest
from deploy_world import rows, write

from amber_sql.deploy.scratch.scratch_database import scratch as scratch_database
from amber_sql.deploy.scratch.server_wide import server_wide
from amber_sql.errors import MigrationFailed, ServerWideMigration
from amber_sql.server import embedded

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import psycopg
    from target import Target

ROLE = f"amber_test_{secrets.token_hex(4)}"
FILES = {
    "0001.role": f"CREATE ROLE {ROLE} LOGIN; ALTER ROLE {ROLE} SET statement_timeout = '1s'; GRANT {ROLE} TO CURRENT_USER",
    "0002.t": f"CREATE TABLE t (a int); GRANT SELECT ON t TO {ROLE}; ALTER TABLE t OWNER TO {ROLE}",
}
SHARED = f"SELECT rolname FROM pg_roles WHERE rolname LIKE '{ROLE}%'"


def state(url: str) -> list[tuple[Any, ...]]:
    """Return what the server has of roles."""
    return rows(
        url,
        "SELECT r.rolname, r.rolcreatedb, r.rolconfig::text, (SELECT array_agg(m.roleid::regrole::text || m.admin_option"
        " ORDER BY 1) FROM pg_auth_members AS m WHERE m.member = r.oid) FROM pg_roles AS r ORDER BY 1",
    )


def test_roles_do_not_outlive_the_embedded_scratch_database(tmp_path: Path) -> None:
    """Made, changed by a later migration, made again: each time as if it were the first."""
    folder = write(tmp_path / "m", FILES)
    for files in ({}, {"0003.t": "CREATE TABLE u (a int)"}):
        write(folder, files)
        with scratch_database(folder, None) as conn:
            assert conn.execute("SELECT 1 FROM t").fetchall() == []
    assert rows(embedded().url("postgres"), SHARED) == []


@pytest.fixture
def neighbours(scratch: psycopg.Connection) -> Iterator[tuple[str, str]]:
    """Give two roles that were on the server before."""
    names = (f"{ROLE}_one", f"{ROLE}_two")
    for name in names:
        scratch.execute(f"CREATE ROLE {name}")
    scratch.execute(f"ALTER ROLE {names[0]} SET search_path = a, b")
    scratch.execute(f"GRANT {names[0]} TO {names[1]}")
    yield names
    for name in names:
        scratch.execute(f"DROP ROLE {name}")


def test_a_given_server_is_as_it_was(
    empty_database_url: str, neighbours: tuple[str, str], tmp_path: Path
) -> None:
    """New roles go, changed ones are set back: attributes, settings and memberships."""
    one, two = neighbours
    change = (
        f"ALTER ROLE {one} CREATEDB; ALTER ROLE {one} SET search_path = c; ALTER ROLE {two} SET work_mem = '1MB';"
        f" REVOKE {one} FROM {two}; GRANT {two} TO {one} WITH ADMIN OPTION"
    )
    folder = write(tmp_path / "m", FILES | {"0003.change": change})
    before = state(empty_database_url)
    for _ in range(2):
        with scratch_database(folder, empty_database_url) as conn:
            assert state(conn.info.dsn) != before
        assert state(empty_database_url) == before


def test_a_failure_leaves_no_role_either(
    empty_database_url: str, neighbours: tuple[str, str], tmp_path: Path
) -> None:
    """What was made before the mistake goes with the scratch database, and others' roles stay."""
    folder = write(tmp_path / "m", FILES | {"0003.bad": "SELECT nothing"})
    before = state(empty_database_url)
    with (
        pytest.raises(MigrationFailed, match=r"0003\.bad"),
        scratch_database(folder, empty_database_url),
    ):
        pass
    assert state(empty_database_url) == before
    assert [name for name, *_ in before if name in neighbours] == list(neighbours)


@pytest.mark.parametrize(
    "text",
    [
        "DROP ROLE IF EXISTS app",
        "DO $$ BEGIN EXECUTE 'alter  system SET work_mem = 1'; END $$",
        "DROP OWNED BY app",
        "ALTER DATABASE production SET search_path = a",
        "GRANT CONNECT ON DATABASE production TO app",
        "CREATE TABLESPACE fast LOCATION '/tmp'",
    ],
)
def test_what_cannot_be_undone_is_refused_on_a_given_server(
    pg_server: Target, tmp_path: Path, text: str
) -> None:
    """Before anything runs, with the place and the way out."""
    folder = write(tmp_path / "m", {"0001.a": f"SELECT 1;\n{text};"})
    with (
        pytest.raises(ServerWideMigration, match=r"0001\.a\.sql:2 says") as caught,
        scratch_database(folder, pg_server.url(pg_server.maintenance_dbname)),
    ):
        pass
    assert caught.value.exit_code == 5


@pytest.mark.parametrize(
    "text",
    [
        "GRANT SELECT ON t TO app; REVOKE ALL ON SCHEMA public FROM PUBLIC",
        'CREATE TABLE roles (role text, "user" text); CREATE INDEX ON roles (role)',
        "ALTER DEFAULT PRIVILEGES GRANT SELECT\n ON TABLES TO app",
        "-- DROP ROLE app; /* */\nSELECT 1 /* CREATE ROLE x */",
        "INSERT INTO help VALUES ('DROP ROLE'); COMMENT ON TABLE t IS 'CREATE USER'",
        "CREATE USER MAPPING FOR CURRENT_USER SERVER s",
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET work_mem = 1', current_database()); END $$",
    ],
)  # fmt: skip
def test_what_ends_with_its_database_is_nobodys_matter(tmp_path: Path, text: str) -> None:
    """Grants on tables, and columns that are called so, keep the database that is kept."""
    assert server_wide(write(tmp_path / "m", {"0001.a": text})) == []
