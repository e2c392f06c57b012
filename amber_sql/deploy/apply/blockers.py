"""Who holds the lock that a statement waits for: asked on a second connection, while it waits.

Afterwards nobody can say: the server names neither the table nor the holder in 55P03.
"""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING, Self

import psycopg

from amber_sql.compiler.search_path import use_own_path
from amber_sql.deploy.connect.connection import application_name

if TYPE_CHECKING:
    from types import TracebackType

_BLOCKERS = """
    SELECT a.pid, a.usename, a.application_name, coalesce(host(a.client_addr), 'a socket'), a.state,
           extract(epoch FROM clock_timestamp() - a.xact_start)::int,
           (SELECT coalesce(l.relation::regclass::text, l.locktype) FROM pg_catalog.pg_locks AS l
            WHERE l.pid = %(pid)s AND NOT l.granted LIMIT 1)
    FROM unnest(pg_blocking_pids(%(pid)s)) AS b (pid)
    JOIN pg_catalog.pg_stat_activity AS a ON a.pid = b.pid
    ORDER BY a.xact_start
    LIMIT 3
"""


class Blockers(threading.Thread):
    """While the block runs, look now and then at what the session `pid` waits for.

    Nothing is opened for a block that ends within `patience` seconds.
    """

    def __init__(self, url: str, pid: int, patience: float) -> None:
        """Prepare to watch the session with this server process id."""
        super().__init__(name="amber-sql-blockers", daemon=True)
        self.url, self.pid, self.patience = url, pid, patience
        self.seen = ""
        self._over = threading.Event()

    def __enter__(self) -> Self:
        """Begin to watch."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop watching; what was seen last stays."""
        self._over.set()
        self.join()

    def run(self) -> None:
        """Look until the block ends. A look that fails, for want of a connection, sees nothing."""
        if self._over.wait(self.patience):
            return
        with (
            contextlib.suppress(psycopg.Error),
            psycopg.connect(
                self.url,
                autocommit=True,
                connect_timeout=5,
                fallback_application_name=application_name(),
            ) as conn,
        ):
            use_own_path(conn)
            while True:
                rows = conn.execute(_BLOCKERS, {"pid": self.pid}).fetchall()
                self.seen = _describe(rows) or self.seen
                if self._over.wait(0.3):
                    return


def _describe(rows: list[tuple[object, ...]]) -> str:
    """Return one phrase: the table, and the sessions in the way, oldest transaction first."""
    if not rows:
        return ""
    sessions = [
        f"server process {pid} ({', '.join(filter(None, [str(user), str(name or ''), f'from {address}']))}"
        f"{f', {state} for {seconds} s' if state else ''})"
        for pid, user, name, address, state, seconds, _ in rows
    ]
    return f"{rows[0][-1]} is held by {' and '.join(sessions)}"
