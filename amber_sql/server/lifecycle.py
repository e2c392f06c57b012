"""A folder → a running PostgreSQL, shared by every process that names the same folder.

    lock         held while a process starts or stops the server
    alive        held by the server's own processes, so that "nothing lives" is never a guess
    data/        the data directory, owned by whom the server runs as
    socket       a folder, or a link to a shorter one
    server.log

A server that answers costs one ping: no lock and no process. Whatever was killed, the next start
finds out by asking the socket and the lock, clears what is stale, and starts again.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import stat
import time
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self
from urllib.parse import quote

from psycopg.pq import Ping

from amber_sql.errors import ServerFailed
from amber_sql.server import cluster, databases, launch, locks, places, sockets, tcp
from amber_sql.server.account import run_as
from amber_sql.server.binaries import find_binaries
from amber_sql.server.copies import readable
from amber_sql.server.log import Log
from amber_sql.server.watchdog import Watchdog

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SIGNALS = {"smart": signal.SIGTERM, "fast": signal.SIGINT, "immediate": signal.SIGQUIT}
PAUSE_S = 0.005


class Server:
    """A PostgreSQL whose files are all in `base_dir`, an absolute or relative folder.

    `settings` are for postgresql.conf; `bin_dir` is a folder with initdb and postgres, found if
    not given. Used in a `with` block it is a throw-away server: stopped at its end or when this
    process dies, and with `disposable` its folder is removed as well. Started with `start()` it
    stays. Starting and stopping raise `ServerFailed` with the end of the
    server's log; what needs a running server raises psycopg's errors.
    """

    def __init__(
        self,
        base_dir: Path | str,
        *,
        settings: Mapping[str, object] | None = None,
        bin_dir: Path | None = None,
        disposable: bool = False,
        timeout_s: float = 60,
    ) -> None:
        self.base = Path(base_dir).absolute()
        self.data = self.base / "data"
        self.settings = dict(settings or {})
        self._bin_dir = bin_dir
        self._disposable = disposable
        self._timeout_s = timeout_s
        self._log = Log(self.base / "server.log")
        self._watchdog: Watchdog | None = None

    # -- what it is ---------------------------------------------------------------------------

    def url(self, dbname: str = "amber") -> str:
        """Return the libpq URI of one of its databases, which need not exist yet."""
        host = quote(str(sockets.folder(self.base)), safe="")
        name = quote(dbname, safe="")
        return f"postgresql://{cluster.USER}@/{name}?host={host}&port={sockets.port(self.base)}"

    def tcp_url(self, dbname: str = "amber") -> str | None:
        """Return the URI for clients that know no Unix sockets; None while it has no port."""
        if (port := tcp.port(self.base)) is None:
            return None
        secret = tcp.password(self.base, self.url("postgres"))
        return f"postgresql://{cluster.USER}:{secret}@{tcp.HOST}:{port}/{quote(dbname, safe='')}"

    @property
    def pid(self) -> int | None:
        """The postmaster's process id as its data directory has it, or None."""
        try:
            return int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):  # ValueError: it is just being written
            return None

    @property
    def version(self) -> int:
        """The running server's version as libpq counts: 180006 is 18.6."""
        return databases.version(self.url("postgres"))

    def answers(self) -> bool:
        """Tell whether it is up and takes connections."""
        return self._ping() is Ping.OK

    def lives(self) -> bool:
        """Tell whether any process of it is there, whether or not it takes connections."""
        return locks.is_held(self.base / "alive")

    @property
    def port(self) -> int | None:
        """The TCP port that it listens on besides its socket, or shall from its next start on."""
        return tcp.port(self.base)

    def ensure_database(self, name: str) -> None:
        """Create the database `name` unless it is there."""
        databases.ensure(self.url("postgres"), name)

    def drop_database(self, name: str) -> None:
        """Drop the database `name` if it is there, with all of its connections."""
        databases.drop(self.url("postgres"), name)

    # -- what can be done with it -------------------------------------------------------------

    def start(self) -> None:
        """Return as soon as it takes connections, after starting or healing it if need be."""
        if self.answers():
            return
        with _failing("start"):
            places.make(self.base)
            with locks.held(self.base / "lock"):
                if not self._settled():
                    self._launch()

    def stop(self, mode: Literal["smart", "fast", "immediate"] = "fast") -> None:
        """Stop it and wait until its last process has gone; nothing to do if it is not running."""
        if not self.base.is_dir():
            return
        with _failing("stop"), locks.held(self.base / "lock"):
            told = False
            deadline = time.monotonic() + self._timeout_s
            while self.lives():
                told = told or self._signal(SIGNALS[mode])
                self._pause(deadline, "stop", "it is still running")
            sockets.remove(self.base)

    def listen(self, port: int | None) -> None:
        """Start it on a TCP port of this machine besides its socket, or on none, if it is not so.

        A running one is restarted for that. Where the port is taken it goes on as before.
        """
        before = tcp.port(self.base)
        if port != before:
            places.make(self.base)
            self.stop()
            tcp.choose(self.base, port)
        try:
            self.start()
        except ServerFailed:
            tcp.choose(self.base, before)
            with contextlib.suppress(ServerFailed):
                self.start()
            raise

    def __enter__(self) -> Self:
        """Start it, and make sure that it does not survive this process."""
        doomed = self.base if self._disposable else None
        self._watchdog = Watchdog(self.data / "postmaster.pid", doomed)
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Stop it at once, without a checkpoint: nobody will read its files again."""
        self.stop("immediate")
        if self._watchdog:
            self._watchdog.dismiss()
        if self._disposable:
            shutil.rmtree(self.base, ignore_errors=True)

    # -- how ----------------------------------------------------------------------------------

    def _ping(self) -> Ping:
        return sockets.ask(self.base, cluster.USER)

    def _signal(self, number: signal.Signals) -> bool:
        """Send `number` to the postmaster, and tell whether there was one to send it to."""
        if (pid := self.pid) is None:
            return False
        with contextlib.suppress(ProcessLookupError):  # killed, and its last children still live
            os.kill(pid, number)
        return True

    def _settled(self) -> bool:
        """Wait while it is neither up nor dead; True for up, False for dead.

        It may be starting, stopping, or be the children of a killed postmaster, which end by
        themselves. One that lost its socket, with the whole folder as a rule, is stopped.
        """
        deadline = time.monotonic() + self._timeout_s
        told = False
        while not self.answers():
            if not self.lives():
                return False
            if not told and not sockets.file(self.base).exists():
                told = self._signal(signal.SIGINT)
            self._pause(deadline, "start", "it lives, but does not answer")
        return True

    def _launch(self) -> None:
        account = run_as(self.data)
        programs = readable(self._bin_dir or find_binaries(), account)
        if account:  # it has to get in here; what it must not see is not here
            self.base.chmod(stat.S_IMODE(self.base.stat().st_mode) | 0o011)
        if not self.data.is_dir():
            durable = self.settings.get("fsync") != "off"
            cluster.create(self.data, programs, account, durable=durable)
        cluster.require_same_major(self.data, programs)
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        if tcp.port(self.base) is not None:
            tcp.require_password(self.data)
        launch.spawn(
            programs,
            self.data,
            sockets.prepare(self.base, account),
            tcp.settings(self.base) | self.settings,
            account=account,
            alive=self.base / "alive",
            log=self._log,
        )
        deadline = time.monotonic() + self._timeout_s
        while not self.answers():
            if not self.lives():
                raise ServerFailed(action="start", reason=self._log.tail() + self._about_port())
            self._pause(deadline, "start", "it is still not ready")

    def _about_port(self) -> str:
        port = tcp.port(self.base)
        return (
            "" if port is None else f"\n`amber-sql dev --port` chose {port}; `--port 0` takes none."
        )

    def _pause(self, deadline: float, action: str, state: str) -> None:
        if time.monotonic() > deadline:
            reason = f"{state} after {self._timeout_s:g} s.\n{self._log.tail()}"
            raise ServerFailed(action=action, reason=reason)
        time.sleep(PAUSE_S)


@contextlib.contextmanager
def _failing(action: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ServerFailed(action=action, reason=str(error)) from error
