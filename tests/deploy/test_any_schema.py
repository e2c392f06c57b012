"""A stranger's search_path, tables and operators: the history is found, and the catalog read as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import psycopg
import pytest
from click.testing import CliRunner
from deploy_world import rows, write
from psycopg.conninfo import make_conninfo

from amber_sql import deploy as deploys
from amber_sql.cli.main import cli
from amber_sql.compiler.catalog import read_catalog
from amber_sql.compiler.search_path import own_path
from amber_sql.deploy.compat.describe_release import describe_release
from amber_sql.deploy.drift import catalog_objects
from amber_sql.deploy.scratch.scratch_database import scratch
from amber_sql.errors import NoHistorySchema, NoScratchDatabase, TwoHistories

if TYPE_CHECKING:
    from pathlib import Path


COUNTED = {
    "0001.t": "CREATE TABLE public.t AS SELECT 5 AS n",
    "0002.t": "UPDATE public.t SET n = n * 100",
}
HOSTILE = """
    CREATE DOMAIN evil AS int[];
    CREATE FUNCTION no(evil, evil) RETURNS boolean LANGUAGE sql AS 'SELECT false';
    CREATE FUNCTION no(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT false';
    CREATE FUNCTION no(name, text) RETURNS boolean LANGUAGE sql AS 'SELECT false';
    CREATE FUNCTION no(oid, oid) RETURNS boolean LANGUAGE sql AS 'SELECT false';
    CREATE OPERATOR = (LEFTARG = evil, RIGHTARG = evil, FUNCTION = no);
    CREATE OPERATOR = (LEFTARG = text, RIGHTARG = text, FUNCTION = no);
    CREATE OPERATOR = (LEFTARG = name, RIGHTARG = text, FUNCTION = no);
    CREATE OPERATOR = (LEFTARG = oid, RIGHTARG = oid, FUNCTION = no);
    CREATE FUNCTION has_table_privilege(oid, text) RETURNS boolean LANGUAGE sql AS 'SELECT false';
    CREATE FUNCTION current_setting(text) RETURNS text LANGUAGE sql AS $$SELECT 'no'$$;
    CREATE FUNCTION set_config(text, text, boolean) RETURNS text LANGUAGE sql AS $$SELECT 'no'$$;
"""
"""Beside PostgreSQL's own, and in their place where a search_path names public first."""

PATHS = ("public, pg_catalog", "elsewhere", "elsewhere, public", "")


def _with_path(url: str, path: str) -> str:
    escaped = path.replace(" ", "\\ ") or "''"
    return make_conninfo(url, options=f"-csearch_path={escaped}")


@pytest.mark.parametrize("path", PATHS)
def test_the_history_is_found_by_any_search_path(
    empty_database_url: str, scratch: psycopg.Connection, tmp_path: Path, path: str
) -> None:
    """A deploy with another search_path continues the same history, and runs nothing again."""
    scratch.execute("CREATE SCHEMA elsewhere")
    folder = write(tmp_path / "m", {"0001.t": COUNTED["0001.t"]})
    deploys.migrate(empty_database_url, folder)
    write(folder, COUNTED)
    url = _with_path(empty_database_url, path)
    assert deploys.pending(url, folder) == ["0002.t"]
    assert deploys.migrate(url, folder) == ["0002.t"]
    assert deploys.migrate(empty_database_url, folder) == []
    assert rows(empty_database_url, "SELECT n FROM public.t") == [(500,)]


def test_a_history_begins_in_public_whatever_the_path_says(
    empty_database_url: str, scratch: psycopg.Connection, tmp_path: Path
) -> None:
    """One known place: a schema that has the role's own name is not it."""
    scratch.execute(f'CREATE SCHEMA "{scratch.info.user}"')
    folder = write(tmp_path / "m", COUNTED)
    deploys.migrate(empty_database_url, folder)
    query = "SELECT DISTINCT schemaname FROM pg_tables WHERE tablename LIKE '%yoyo%'"
    assert rows(empty_database_url, query) == [("public",)]


def test_a_migration_may_move_the_search_path_of_all(
    empty_database_url: str, scratch: psycopg.Connection, tmp_path: Path
) -> None:
    """ALTER DATABASE … SET search_path is for later sessions, the next deploy's too."""
    move = f'CREATE SCHEMA app; ALTER DATABASE "{scratch.info.dbname}" SET search_path = app'
    folder = write(tmp_path / "m", COUNTED | {"0003.move": move})
    deploys.migrate(empty_database_url, folder)
    write(folder, {"0004.here": "CREATE TABLE here (a int)"})
    assert deploys.migrate(empty_database_url, folder) == ["0004.here"]
    assert rows(empty_database_url, "SELECT to_regclass('app.here')::text") == [("here",)]


def test_two_histories_are_refused_until_one_is_chosen(
    empty_database_url: str,
    scratch: psycopg.Connection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Both schemas are named, and so is the way out, which works."""
    folder = write(tmp_path / "m", COUNTED)
    deploys.migrate(empty_database_url, folder)
    scratch.execute(
        "CREATE SCHEMA other; CREATE TABLE other._yoyo_migration AS TABLE _yoyo_migration"
    )
    with pytest.raises(TwoHistories, match=r"public, other.*AMBER_HISTORY_SCHEMA") as caught:
        deploys.migrate(empty_database_url, folder)
    assert caught.value.exit_code == 5
    monkeypatch.setenv("AMBER_HISTORY_SCHEMA", "public")
    assert deploys.migrate(empty_database_url, folder) == []


def test_an_empty_table_of_yoyos_is_no_history(
    empty_database_url: str, scratch: psycopg.Connection, tmp_path: Path
) -> None:
    """`yoyo list` with another search_path leaves one behind, before or after the first deploy."""
    for schema in ("aaa", "zzz"):
        scratch.execute(f"CREATE SCHEMA {schema}")
        scratch.execute(f"CREATE TABLE {schema}._yoyo_migration (migration_id text)")
        folder = write(tmp_path / "m", COUNTED)
        deploys.migrate(empty_database_url, folder)
    assert rows(empty_database_url, "SELECT n FROM public.t") == [(500,)]


@pytest.fixture
def hostile(scratch: psycopg.Connection, empty_database_url: str) -> str:
    """Give a database with operators and functions of somebody's own, and the path that prefers them."""
    scratch.execute("CREATE SCHEMA elsewhere")
    scratch.execute(HOSTILE)
    scratch.execute("CREATE TYPE mood AS ENUM ('sad')")
    scratch.execute("CREATE TABLE p (id int PRIMARY KEY, m mood NOT NULL, CHECK (id > 0))")
    return _with_path(empty_database_url, "public, pg_catalog")


def test_a_stranger_s_operators_are_not_ours(hostile: str, empty_database_url: str) -> None:
    """Types, keys and NOT NULL are read as the catalog has them; names as the path shows them."""
    with psycopg.connect(hostile, autocommit=True) as conn:
        found = read_catalog(conn)
    with psycopg.connect(empty_database_url, autocommit=True) as conn, own_path(conn):
        clean = read_catalog(conn)
    assert found == msgspec.structs.replace(clean, search_path=found.search_path)
    assert found.search_path[:1] == ("public",)


def test_releases_and_objects_are_the_same_by_any_operator(hostile: str) -> None:
    """What a release rests on and what a database holds do not depend on who is asked how."""
    files = {"p.sql": "-- name: add(id, m)!\n-- Doc.\nINSERT INTO p (id, m) VALUES (:id, :m);\n"}
    with psycopg.connect(hostile, autocommit=True) as conn:
        manifest = describe_release(conn, files)
        objects = catalog_objects.read(conn)
    assert [one.failure for one in manifest.queries] == [""]
    assert manifest.rules["p"] == (
        "CHECK: p_id_check: CHECK ((id > 0))",
        "UNIQUE: p_pkey: USING btree (id)",
    )
    assert manifest.enums == {"mood": ("sad",)}
    assert "public.p" in [one.name for one in objects]


def test_a_deploy_works_among_a_strangers_operators(hostile: str, tmp_path: Path) -> None:
    """Applied once, marked, remembered, and healthy in the eyes of the doctor."""
    folder = write(tmp_path / "m", COUNTED)
    assert deploys.migrate(hostile, folder) == ["0001.t", "0002.t"]
    assert deploys.migrate(hostile, folder) == []
    assert deploys.live_releases(hostile) == []
    said = CliRunner().invoke(cli, ["doctor", "--database-url", hostile]).output
    assert "may create in schema public" in said
    assert "in schema public, open to those who deploy" in said


def test_types_of_postgresqls_names_stand_in_no_statements_way(
    empty_database_url: str, tmp_path: Path
) -> None:
    """With domains `oid`, `int8` and `text` first in the path, an index outside a transaction is found."""
    with psycopg.connect(empty_database_url, autocommit=True) as conn:
        conn.execute(
            "CREATE SCHEMA evil; CREATE DOMAIN evil.oid AS text; CREATE DOMAIN evil.int8 AS text;"
            " CREATE DOMAIN evil.text AS int4"
        )
    url = make_conninfo(empty_database_url, options=r"-csearch_path=evil,\ public,\ pg_catalog")
    files = {
        "0001.t": "CREATE TABLE public.t (a int4); CREATE TYPE public.e AS ENUM ('a')",
        "0002.i": "-- transactional: false\nCREATE INDEX CONCURRENTLY i ON public.t (a)",
        "0003.e": "-- transactional: false\nALTER TYPE public.e ADD VALUE 'b'",
    }
    assert deploys.migrate(url, write(tmp_path / "m", files)) == list(files)


def test_a_scratch_database_that_cannot_be_made_says_why(
    empty_database_url: str, tmp_path: Path
) -> None:
    """Whatever the server's reason is: no traceback."""
    url = make_conninfo(empty_database_url, options="-cdefault_transaction_read_only=on")
    folder = write(tmp_path / "m", COUNTED)
    with pytest.raises(NoScratchDatabase, match="read-only"), scratch(folder, url):
        pass


def test_who_may_not_create_is_the_role_that_acts(empty_database_url: str, tmp_path: Path) -> None:
    """SET ROLE, as the migrator's settings say it, makes it another than who logged in."""
    url = make_conninfo(empty_database_url, options="-crole=pg_monitor")
    with pytest.raises(NoHistorySchema, match="pg_monitor may not create"):
        deploys.migrate(url, write(tmp_path / "m", COUNTED))
