"""Migrations that reach for what deploys stand on: their tables, their lock, their session."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from deploy_world import rows, write
from target import database

from amber_sql import deploy as deploys
from amber_sql.compiler.bookkeeping import TABLES
from amber_sql.deploy.settings import Settings
from amber_sql.errors import BadMigrationFile, HistoryHidden, MigrationFailed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from target import Target

KEPT = "CREATE TABLE kept (a int);\n"
FIRST = {"0001.first": "CREATE TABLE t (a int)"}
TRIGGER = (
    "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';"
    " CREATE TRIGGER no BEFORE INSERT ON {0} FOR EACH ROW EXECUTE FUNCTION no()"
)


@pytest.fixture(scope="module")
def deployed_url(pg_server: Target, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give one database with a history, of which nothing here changes anything."""
    with database(pg_server) as name:
        url = pg_server.url(name)
        deploys.migrate(url, write(tmp_path_factory.mktemp("first"), FIRST))
        yield url


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(
    "text",
    [
        "DROP TABLE {0}",
        "TRUNCATE {0}",
        "ALTER TABLE {0} RENAME TO old",
        "CREATE SCHEMA s; ALTER TABLE {0} SET SCHEMA s",
        "ALTER TABLE {0} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
        TRIGGER,
    ],
)
def test_the_tables_of_deploys_are_not_a_migrations(
    deployed_url: str, tmp_path: Path, table: str, text: str
) -> None:
    """It is refused with the table's name, before anything of it is kept, and points at no other line."""
    folder = write(tmp_path / "m", FIRST | {"0002.bad": KEPT + text.format(table)})
    with pytest.raises(MigrationFailed, match="Nothing of it was kept") as caught:
        deploys.migrate(deployed_url, folder)
    assert f"public.{table}" in str(caught.value)
    assert "0002.bad.sql changes what deploys keep" in str(caught.value)
    assert rows(deployed_url, "SELECT to_regclass('kept')") == [(None,)]


@pytest.mark.parametrize(
    "text",
    [
        "DELETE FROM _yoyo_migration",
        "UPDATE _amber_migration SET checksum = 'x'",
        "DELETE FROM yoyo_lock",
        "CREATE SCHEMA s; CREATE TABLE s._yoyo_migration AS TABLE _yoyo_migration",
        "ALTER SCHEMA public RENAME TO other; CREATE SCHEMA public",
    ],
)
def test_no_row_and_no_second_history_is_a_migrations(
    deployed_url: str, tmp_path: Path, text: str
) -> None:
    """What the next deploy would read as another history is undone at once."""
    folder = write(tmp_path / "m", FIRST | {"0002.bad": text})
    with pytest.raises(
        MigrationFailed, match=r"changes what deploys keep .* Nothing of it was kept"
    ):
        deploys.migrate(deployed_url, folder)
    assert deploys.pending(deployed_url, folder) == ["0002.bad"]


def test_a_trigger_that_swallows_the_mark_undoes_the_migration(
    empty_database_url: str, tmp_path: Path
) -> None:
    """Made by hand on the history, it would let every deploy run everything again."""
    deploys.migrate(empty_database_url, write(tmp_path / "m", FIRST))
    with psycopg.connect(empty_database_url) as conn:
        conn.execute(TRIGGER.format("_yoyo_migration").encode())
    folder = write(tmp_path / "m", {"0002.next": KEPT})
    with pytest.raises(MigrationFailed, match="its mark in _yoyo_migration was not kept"):
        deploys.migrate(empty_database_url, folder)
    assert rows(empty_database_url, "SELECT to_regclass('kept')") == [(None,)]


def test_a_history_that_row_level_security_hides_is_not_an_empty_one(
    empty_database_url: str, tmp_path: Path
) -> None:
    """Its owner reads no row of it: nothing runs again, and the error names the tables."""
    owner = "amber_hidden_history"
    folder = write(tmp_path / "m", FIRST)
    with psycopg.connect(empty_database_url, autocommit=True) as conn:
        conn.execute(f"CREATE ROLE {owner}")
        try:
            deploys.migrate(empty_database_url, folder)
            for table in TABLES:
                conn.execute(f"ALTER TABLE {table} OWNER TO {owner}".encode())
                conn.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY".encode())
                conn.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY".encode())
            url = f"{empty_database_url}{'&' if '?' in empty_database_url else '?'}options=-crole%3D{owner}"
            with pytest.raises(HistoryHidden, match="_yoyo_migration"):
                deploys.migrate(url, folder)
        finally:
            conn.execute(f"DROP OWNED BY {owner}; DROP ROLE {owner}")


@pytest.mark.parametrize(
    "text",
    ["SELECT pg_advisory_unlock_all()", "SELECT pg_advisory_unlock(1634558565, 1915581297)"],
)
def test_the_deploy_lock_outlives_a_migration_that_gives_it_away(
    empty_database_url: str, tmp_path: Path, text: str
) -> None:
    """The next migration runs under it again."""
    held = "CREATE TABLE held AS SELECT count(*) AS n FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
    deploys.migrate(
        empty_database_url, write(tmp_path / "m", {"0001.unlock": text, "0002.held": held})
    )
    assert rows(empty_database_url, "SELECT n FROM held") == [(1,)]


@pytest.mark.parametrize(
    "text",
    [
        "PREPARE p AS SELECT 1",
        "DECLARE c CURSOR WITH HOLD FOR SELECT 1",
        "CREATE TEMP TABLE x (a int)",
    ],
)
def test_names_that_one_migration_leaves_in_the_session_are_free_for_the_next(
    empty_database_url: str, tmp_path: Path, text: str
) -> None:
    """Stock yoyo gives each migration a session of its own."""
    folder = write(tmp_path / "m", {"0001.a": text, "0002.b": text})
    assert deploys.migrate(empty_database_url, folder) == ["0001.a", "0002.b"]


@pytest.mark.parametrize(
    "depends", [{"a": "0001.a"}, {"a": "0002.b", "b": "0001.a"}, {"b": "0002.b"}]
)
def test_a_circle_of_depends_is_refused_with_its_files(
    deployed_url: str, tmp_path: Path, depends: dict[str, str]
) -> None:
    """The complaint of yoyo itself would be a traceback."""
    files = {
        f"000{number}.{name}": f"-- depends: {depends[name]}\nSELECT 1"
        if name in depends
        else "SELECT 1"
        for number, name in enumerate("ab", 1)
    }
    with pytest.raises(BadMigrationFile, match="depends on itself, through 000"):
        deploys.migrate(deployed_url, write(tmp_path / "m", files))


@pytest.mark.parametrize(
    "text",
    [
        "CREATE TABLE x (a int UNIQUE); INSERT INTO x VALUES (424242), (424242)",
        "CREATE TABLE x (a text UNIQUE); INSERT INTO x VALUES ($$hidden$$), ($$hidden$$)",
        "SELECT 'one\ntwo hidden'; SELECT 'hidden'::int",
        "DO 'BEGIN PERFORM ''password hidden''; RAISE ''no''; END'",
        "SELECT 'hidden",
        "SELECT E'hidden",
        "SELECT $$hidden",
    ],
)
def test_no_value_of_a_row_and_no_password_is_quoted(
    deployed_url: str, tmp_path: Path, text: str
) -> None:
    """Not from the statement's first words, nor its line, nor what the server repeats."""
    folder = write(tmp_path / "m", FIRST | {"0002.bad": text})
    with pytest.raises(MigrationFailed) as caught:
        deploys.migrate(deployed_url, folder)
    assert "hidden" not in str(caught.value)
    assert "424242" not in str(caught.value)


class Interrupting(float):
    """Seconds that a Ctrl-C falls into, once: where a statement outside a transaction is bounded."""

    def __round__(self, digits: Any = None) -> Any:
        """Be interrupted."""
        raise KeyboardInterrupt


def test_ctrl_c_leaves_the_note_that_a_kill_leaves(empty_database_url: str, tmp_path: Path) -> None:
    """The server may have built the index at that very moment: the next deploy only marks it."""
    index = "CREATE INDEX CONCURRENTLY i ON t (a)"
    folder = write(tmp_path / "m", FIRST | {"0002.i": f"-- transactional: false\n{index}"})
    with pytest.raises(KeyboardInterrupt):
        deploys.migrate(
            empty_database_url, folder, settings=Settings(concurrent_timeout=Interrupting(1))
        )
    with psycopg.connect(empty_database_url, autocommit=True) as conn:
        conn.execute(index)
    assert deploys.migrate(empty_database_url, folder) == ["0002.i"]
