"""The embedded server's life: real processes, killed with real signals, on one shared folder."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import psycopg
import pytest

from amber_sql.errors import ServerFailed
from amber_sql.server import Server, sockets
from amber_sql.server.account import options, run_as
from amber_sql.server.shared import FAST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

HOLD = """
import sys, time
from amber_sql.server import Server, temporary
from amber_sql.server.shared import FAST
base, way = sys.argv[1:]
if way == "throw-away":
    server = Server(base, settings=FAST, disposable=True).__enter__()
else:
    server = Server(base, settings=FAST)
    server.start()
print(server.pid, flush=True)
if way != "leave":
    time.sleep(60)
"""


@pytest.fixture(scope="module")
def shared(server_folder: Path) -> Iterator[Server]:
    """One server for this file; each test starts it, in whatever state the last one left it."""
    server = Server(server_folder / "shared")  # durable, as a user's own server is
    yield server
    server.stop("immediate")


@pytest.fixture
def server(shared: Server) -> Server:
    """Start the shared server, with an empty table `kept` in its database."""
    shared.start()
    shared.ensure_database("amber")
    with psycopg.connect(shared.url()) as conn:
        conn.execute("DROP TABLE IF EXISTS kept")
        conn.execute("CREATE TABLE kept (n int)")
    return shared


def another_process(base: Path, way: str) -> subprocess.Popen[str]:
    """Start a Python that starts the server in `base` and prints its process id."""
    return subprocess.Popen(
        [sys.executable, "-c", HOLD, base, way], stdout=subprocess.PIPE, text=True
    )


def wait_for(condition: Callable[[], object], seconds: float = 20) -> None:
    """Return as soon as `condition` holds, or fail."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def kill(server: Server, number: signal.Signals = signal.SIGKILL) -> int:
    """Send a signal to the postmaster and return its process id."""
    assert server.pid is not None
    os.kill(server.pid, number)
    return server.pid


def kept(server: Server) -> list[int]:
    """Return what table `kept` holds."""
    with psycopg.connect(server.url()) as conn:
        return [n for (n,) in conn.execute("SELECT n FROM kept ORDER BY n").fetchall()]


def keep(server: Server, n: int) -> None:
    """Commit one row."""
    with psycopg.connect(server.url()) as conn:
        conn.execute("INSERT INTO kept VALUES (%s)", [n])


def test_a_running_server_is_used_without_starting_any_process(server: Server) -> None:
    """Starting what already runs leaves it alone, and this process has no new child to show."""
    pid = server.pid
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    again = Server(server.base)
    again.start()
    assert resource.getrusage(resource.RUSAGE_CHILDREN) == before
    assert again.pid == pid


def test_data_outlives_a_stop(server: Server) -> None:
    """What was committed is there after a stop and a start."""
    keep(server, 1)
    pid = server.pid
    server.stop()
    assert not server.answers()
    server.start()
    assert kept(server) == [1]
    assert server.pid != pid


def test_a_killed_postmaster_heals_and_loses_nothing(shared: Server, server: Server) -> None:
    """After kill -9 the very next start, in the same instant, brings the data back."""
    for n in range(3):
        keep(server, n)
        killed = kill(server)
        server.start()
        assert server.pid != killed
        assert kept(shared) == list(range(n + 1))


def test_a_killed_postmaster_with_a_busy_child_heals(server: Server) -> None:
    """A backend that does not notice its postmaster's death is waited for."""

    def compute() -> None:
        with suppress(psycopg.OperationalError), psycopg.connect(server.url()) as conn:
            conn.execute("SELECT count(*) FROM generate_series(1, 6000000) AS g WHERE sqrt(g) > 1")

    busy = threading.Thread(target=compute)
    busy.start()
    with psycopg.connect(server.url(), autocommit=True) as conn:
        active = (
            "SELECT FROM pg_stat_activity WHERE query LIKE 'SELECT count%' AND state = 'active'"
        )
        wait_for(lambda: conn.execute(active).rowcount)
    killed = kill(server)
    server.start()
    busy.join()
    assert server.pid != killed
    assert kept(server) == []


def test_a_process_id_that_became_somebody_elses_does_not_stop_it(server: Server) -> None:
    """After a container's restart the stale lock files may name a process that lives."""
    keep(server, 1)
    who = run_as(server.data)
    killed = kill(server)
    wait_for(lambda: not server.lives())
    with subprocess.Popen(["sleep", "60"], **options(who)) as stranger:
        for lock in (
            server.data / "postmaster.pid",
            sockets.folder(server.base) / f"{sockets.file(server.base).name}.lock",
        ):
            lock.write_text(lock.read_text().replace(str(killed), str(stranger.pid), 1))
        server.start()
        assert stranger.poll() is None
        stranger.kill()
    assert kept(server) == [1]


def test_a_killed_python_leaves_the_shared_server_to_others(server: Server) -> None:
    """A kill -9 of the process that started it: the next one finds it running."""
    server.stop()
    with another_process(server.base, "stay") as owner:
        assert owner.stdout
        pid = int(owner.stdout.readline())
        owner.kill()
    server.start()
    assert server.pid == pid


def test_a_killed_python_takes_its_throw_away_server_along(server_folder: Path) -> None:
    """A kill -9 of its owner stops a throw-away server and removes its folder."""
    base = server_folder / "doomed"
    with another_process(base, "throw-away") as owner:
        assert owner.stdout
        pid = int(owner.stdout.readline())
        assert Server(base).answers()
        owner.kill()
    wait_for(lambda: not base.exists())
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_killed_initdb_is_begun_anew(server_folder: Path) -> None:
    """A kill -9 in the middle of the first start leaves nothing that a second one trips over."""
    base = server_folder / "half"
    with another_process(base, "stay") as owner:
        wait_for(lambda: list(base.glob("data-*/PG_VERSION")))
        owner.kill()
    with Server(base, settings=FAST) as server:
        assert server.answers()


def test_four_processes_share_one_server(server_folder: Path) -> None:
    """Whoever comes first starts it; all of them get the same one."""
    server = Server(server_folder / "four")
    owners = [another_process(server.base, "leave") for _ in range(4)]
    try:
        said = {owner.communicate()[0].strip() for owner in owners}
        assert said == {str(server.pid)}
        assert server.answers()
    finally:
        server.stop("immediate")


def test_a_socket_that_was_swept_away_heals(server_folder: Path) -> None:
    """A logout removes XDG_RUNTIME_DIR, a cleaner /tmp: the server is restarted with a new one."""
    base = server_folder / ("swept" * 25)
    with Server(base, settings=FAST) as server:
        lost, place = server.pid, sockets.folder(base)
        shutil.rmtree(place)
        server.start()
        assert server.pid != lost
        assert sockets.folder(base) != place


@pytest.mark.slow
def test_a_frozen_server_is_reported_and_not_replaced(server: Server) -> None:
    """A stopped postmaster lives: starting a second one on its data is out of the question."""
    pid = kill(server, signal.SIGSTOP)
    try:
        with pytest.raises(ServerFailed, match="lives, but does not answer"):
            Server(server.base, timeout_s=0.1).start()
    finally:
        os.kill(pid, signal.SIGCONT)
    server.start()
    assert server.pid == pid
