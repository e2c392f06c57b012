"""What the embedded server gives to its users: folders, databases, versions, clear refusals."""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING

import psycopg
import pytest

from amber_sql.errors import ServerFailed
from amber_sql.server import Server, available_majors, embedded, find_binaries, sockets, temporary
from amber_sql.server.binaries import major_of
from amber_sql.server.shared import FAST

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def server(server_folder: Path) -> Iterator[Server]:
    """Start one server for this file."""
    with Server(server_folder / "use", settings=FAST) as started:
        yield started


def test_a_deep_folder_gets_a_short_socket(server_folder: Path) -> None:
    """Past 107 bytes the socket lives elsewhere, every process finds it, and a stop removes it."""
    base = server_folder / ("deep" * 20) / ("er" * 20)
    with Server(base, settings=FAST) as server:
        place = sockets.folder(base)
        assert sockets.fits(place)
        assert place != base / "socket"
        with psycopg.connect(Server(base).url("postgres")) as conn:
            assert conn.info.server_version == server.version
    assert not place.exists()


def test_a_setting_that_it_refuses_is_quoted_from_the_log(server_folder: Path) -> None:
    """The error holds what PostgreSQL said, and nothing is left running."""
    server = Server(server_folder / "refused", settings=FAST | {"shared_buffers": "many"})
    with pytest.raises(ServerFailed, match=r'did not start: .*"shared_buffers": "many"'):
        server.start()
    server.stop()
    assert not server.answers()


def test_a_data_directory_of_another_version_is_refused(server: Server) -> None:
    """The error says whose data it is and which programs were about to open it."""
    ours = major_of(find_binaries())
    others = [major for major in available_majors() if major != ours]
    if not others:
        pytest.skip("one version of PostgreSQL only")
    server.stop()
    refusal = rf"its data is PostgreSQL {ours}'s, and .* is {others[0]}"
    with pytest.raises(ServerFailed, match=refusal):
        Server(server.base, bin_dir=find_binaries(others[0])).start()
    server.start()


def test_databases_are_made_once_and_dropped_with_their_connections(server: Server) -> None:
    """Four at once may ask for the same database; an open connection does not keep it."""
    name = 'odd "name" / ?&'
    makers = [threading.Thread(target=server.ensure_database, args=[name]) for _ in range(4)]
    for maker in makers:
        maker.start()
    for maker in makers:
        maker.join()
    with psycopg.connect(server.url(name)) as conn:
        assert conn.info.dbname == name
        server.drop_database(name)
        with pytest.raises(psycopg.OperationalError):
            conn.execute("SELECT")
    server.drop_database(name)


def test_the_shared_server_is_one_a_user(
    server_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`embedded()` starts it below the user's folder, by major version, and finds it again."""
    monkeypatch.setenv("AMBER_SERVER_DIR", str(server_folder / "home"))
    monkeypatch.setenv("PGPORT", "1")  # meant for the user's psql
    monkeypatch.setenv("PGDATA", "/nowhere")
    first = embedded()
    try:
        assert first.base == server_folder / "home" / str(major_of(find_binaries()))
        assert embedded().pid == first.pid
        with psycopg.connect(first.url("postgres")) as conn:
            assert conn.execute("SHOW fsync").fetchone() == ("on",)
    finally:
        first.stop()


def ended(pid: int, seconds: float = 10) -> bool:
    """Wait until `pid` is gone; whoever adopts a server's processes may take a moment to reap."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.01)
    return False


def test_a_throw_away_server_leaves_nothing() -> None:
    """Its folder and its processes are gone after the block."""
    with temporary() as server:
        pid = server.pid
        assert pid
        assert server.base.exists()
    assert not server.base.exists()
    assert ended(pid)


def test_every_version_behaves_alike(server_by_major: Server) -> None:
    """Comparisons go by bytes, case by Unicode, time by UTC: on each version."""
    with psycopg.connect(server_by_major.url("postgres")) as conn:
        row = conn.execute(
            "SELECT lower('ÄB'), 'B' < 'a', current_setting('timezone'), current_user"
        )
        assert row.fetchone() == ("äb", True, "UTC", "amber")
        assert conn.info.server_version == server_by_major.version
