"""Many deploys, locked tables, restarts, full disks, missing rights: all or nothing, and one sentence."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from deploy_world import COMMANDS, deploy, rows, running, start, until, write

from amber_sql import deploy as deploys
from amber_sql.deploy.drift import catalog_objects
from amber_sql.server import available_majors, temporary

if TYPE_CHECKING:
    from collections.abc import Iterator

pytest_plugins = ("deploy_plugin",)
pytestmark = pytest.mark.slow

PEOPLE = "CREATE TABLE people (id int PRIMARY KEY, name text NOT NULL);"


@pytest.mark.parametrize("command", COMMANDS)
def test_eight_deploys_at_once_apply_each_migration_once(
    empty_url: str, tmp_path: Path, command: str
) -> None:
    """Eight deploys over a 15-second migration and a concurrent index all exit 0."""
    folder = write(
        tmp_path / "migrations",
        {
            "0001.people": PEOPLE,
            "0002.slow": "ALTER TABLE people ADD COLUMN age int; SELECT pg_sleep(15);",
            "0003.index": "-- transactional: false\nCREATE INDEX CONCURRENTLY by_age ON people (age);",
        },
    )
    processes = [start(command, empty_url, folder) for _ in range(8)]
    said = [process.communicate(timeout=120) for process in processes]
    assert [process.returncode for process in processes] == [0] * 8, said
    applied = rows(empty_url, "SELECT migration_id, count(*) FROM _yoyo_log GROUP BY 1 ORDER BY 1")
    assert applied == [("0001.people", 1), ("0002.slow", 1), ("0003.index", 1)]
    assert rows(
        empty_url, "SELECT indisvalid FROM pg_index WHERE indexrelid = 'by_age'::regclass"
    ) == [(True,)]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_locked_table_is_retried_and_readers_are_let_through(
    empty_url: str, tmp_path: Path, command: str
) -> None:
    """A table locked for a minute: retried, no reader waits beyond lock_timeout, exit 4 with the holder."""
    deploys.migrate(empty_url, write(tmp_path / "migrations", {"0001.people": PEOPLE}))
    folder = write(tmp_path / "migrations", {"0002.age": "ALTER TABLE people ADD COLUMN age int;"})
    waits: list[float] = []
    over = threading.Event()

    def read() -> None:
        with psycopg.connect(empty_url, autocommit=True) as conn:
            while not over.wait(0.05):
                began = time.monotonic()
                conn.execute("SELECT count(*) FROM people")
                waits.append(time.monotonic() - began)

    with psycopg.connect(empty_url, application_name="report of the night") as holder:
        holder.execute("SELECT count(*) FROM people")
        reader = threading.Thread(target=read)
        reader.start()
        started = time.monotonic()
        code, said = deploy(command, empty_url, folder)
        took = time.monotonic() - started
        over.set()
        reader.join()
    assert (code, said.count("retrying") > 3) == (4, True), said
    assert [
        words for words in ("people is held by", "report of the night") if words not in said
    ] == []
    assert (30 < took < 60, 1.0 < max(waits) < 2.5) == (True, True), (took, max(waits))
    assert rows(empty_url, "SELECT migration_id FROM _yoyo_migration") == [("0001.people",)]
    assert deploy(command, empty_url, folder)[0] == 0


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("major", available_majors())
def test_a_restart_of_the_server_undoes_the_deploy(
    tmp_path: Path, major: int, command: str
) -> None:
    """A server that restarts in the middle of a deploy: exit 4, nothing half done, the next one passes."""
    folder = write(tmp_path / "migrations", {"0001.people": PEOPLE + "SELECT pg_sleep(60);"})
    with temporary(bin_dir=available_majors()[major]) as server:
        url = server.url("postgres")
        process = start(command, url, folder)
        until(running(url, "pg_sleep(60)"))
        server.stop("fast")
        out, err = process.communicate(timeout=20)
        assert process.returncode == 4, out + err
        assert re.search(r"connection was lost during 0001\.people", out + err)
        assert "Traceback" not in out + err
        server.start()
        assert rows(url, "SELECT to_regclass('people')") == [(None,)]
        write(folder, {"0001.people": PEOPLE})
        assert deploy(command, url, folder)[0] == 0


@pytest.mark.parametrize("command", COMMANDS)
def test_a_role_without_rights_changes_nothing(
    empty_url: str, tmp_path: Path, command: str
) -> None:
    """A role that may not create tables: one sentence with the right that lacks, exit 4."""
    folder = write(tmp_path / "migrations", {"0001.people": PEOPLE})
    with psycopg.connect(empty_url, autocommit=True) as conn:
        conn.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
        conn.execute("DROP ROLE IF EXISTS amber_test_nobody")
        conn.execute("CREATE ROLE amber_test_nobody LOGIN")
        before = catalog_objects.read(conn)
        try:
            poor = re.sub(r"//[^@]*@", "//amber_test_nobody@", empty_url)
            code, said = deploy(command, poor, folder)
            assert code == 4, said
            assert "GRANT CREATE ON SCHEMA public TO amber_test_nobody" in said
            assert "Traceback" not in said
            assert catalog_objects.read(conn) == before
        finally:
            conn.execute("DROP ROLE amber_test_nobody")


@pytest.fixture
def small_disk(empty_url: str, tmp_path: Path) -> Iterator[str]:
    """Give the name of a tablespace on a file system of 8 MB."""
    ((data,),) = rows(empty_url, "SELECT current_setting('data_directory')")
    folder = Path(tempfile.mkdtemp(prefix="amber-small-"))
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m,mode=0777", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False).returncode != 0:
        folder.rmdir()
        pytest.skip("only root may mount a small file system")
    name = f"small_{tmp_path.name[-20:]}"
    try:
        place = folder / "space"
        place.mkdir()
        owner = Path(data).stat()
        os.chown(place, owner.st_uid, owner.st_gid)
        folder.chmod(0o755)
        with psycopg.connect(empty_url, autocommit=True) as conn:
            conn.execute(f"CREATE TABLESPACE {name} LOCATION '{place}'")  # type: ignore[call-overload]
            yield name
            conn.execute("DROP TABLE IF EXISTS big")
            conn.execute(f"DROP TABLESPACE {name}")  # type: ignore[call-overload]
    finally:
        subprocess.run(["umount", str(folder)], check=True)
        folder.rmdir()


@pytest.mark.parametrize("command", COMMANDS)
def test_a_full_disk_undoes_the_migration(
    empty_url: str, small_disk: str, tmp_path: Path, command: str
) -> None:
    """The disk is full: exit 4 with the server's own word, nothing half done."""
    fill = f"""
        CREATE TABLE big (t text) TABLESPACE {small_disk};
        INSERT INTO big SELECT repeat('x', 200) FROM generate_series(1, 200000);
    """
    folder = write(tmp_path / "migrations", {"0001.people": PEOPLE, "0002.big": fill})
    code, said = deploy(command, empty_url, folder)
    assert code == 4, said
    words = ("0002.big failed", "No space left on device (53100)", "Traceback")
    assert [word in said for word in words] == [True, True, False], said
    assert rows(empty_url, "SELECT to_regclass('people') IS NOT NULL, to_regclass('big')") == [
        (True, None)
    ]
    assert rows(empty_url, "SELECT migration_id FROM _yoyo_migration") == [("0001.people",)]
