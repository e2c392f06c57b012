"""The floor: libpq's exec_prepared with ready bytes in, binary results out, and nothing decoded.

Its statements are those of the generated functions, so that what lies between the two is what
amber-sql itself costs.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import pq
from psycopg.pq import ExecStatus

from amber_sql import locate
from amber_sql.compiler.files.load import load_folder
from benchmarks.contenders.base import Sync
from benchmarks.contenders.flat import COPY_COLUMNS, COPY_TYPES
from benchmarks.world import BIG, new_messages

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.contenders.base import Timing

SQL = {
    "w1": "users.get_by_clerk_id",
    "w2": "accounts.get",
    "w3": "messages.list_recent",
    "w4": "messages.list_for_session",
    "w5": "accounts.count_one",
}
COPY = f"COPY messages ({', '.join(COPY_COLUMNS)}) FROM STDIN (FORMAT binary)"
BINARY = 1


def statements() -> dict[str, str]:
    """Return work → statement, as the generated functions send it without options."""
    folders = (locate.queries_dir(), Path(__file__).parents[1] / "sql")
    queries = [q for folder in folders for file in load_folder(folder) for q in file.queries]
    known = {f"{q.module}.{q.name}": (q.variants or (q,))[-1].sql for q in queries}
    return {work: known[name] for work, name in SQL.items()}


class Libpq(Sync):
    """psycopg's wrapper of libpq, which is C, with no psycopg above it."""

    name = "raw libpq, nothing decoded"
    typed = False

    def open(self) -> None:
        """Prepare every statement."""
        self.pg = pq.PGconn.connect(self.world.url.encode())
        for work, sql in statements().items():
            done = self.pg.prepare(work.encode(), sql.encode())
            if done.status != ExecStatus.COMMAND_OK:
                raise RuntimeError(done.error_message)

    def close(self) -> None:
        """Disconnect."""
        self.pg.finish()

    def block(self, work: str, keys: Sequence[Any]) -> Timing:
        """Make the bytes that are sent beforehand."""
        if work == "W6":
            return super().block(work, [_payload(self.world.url)] * len(keys))
        return super().block(work, [str(key).encode() for key in keys])

    def w1(self, key: bytes) -> None:
        """Find a user by Clerk id."""
        self._ask(b"w1", [key])

    def w2(self, key: bytes) -> None:
        """Find a user with subscription and installations."""
        self._ask(b"w2", [key])

    def w3(self, key: bytes) -> None:
        """Read the ten newest messages with their sessions."""
        self._ask(b"w3", [key, None])

    def w4a(self, key: bytes) -> None:
        """Read 1,000 messages."""
        self._ask(b"w4", [_BIG, _BIG, key])

    w4b = w4a

    def w5(self, key: bytes) -> None:
        """Count a message."""
        self._ask(b"w5", [key])

    def w6(self, key: bytes) -> None:
        """Send a COPY whose bytes are ready."""
        self.pg.exec_(COPY.encode())
        for start in range(0, len(key), 65_536):
            self.pg.put_copy_data(key[start : start + 65_536])
        self.pg.put_copy_end()
        done = self.pg.get_result()
        if done is None or done.status != ExecStatus.COMMAND_OK:
            raise RuntimeError(self.pg.error_message)
        self.pg.get_result()

    def _ask(self, name: bytes, values: list[bytes | None]) -> None:
        result = self.pg.exec_prepared(name, values, None, BINARY)
        if result.status != ExecStatus.TUPLES_OK or not result.ntuples:
            raise RuntimeError(result.error_message)


_BIG = str(BIG).encode()


def _payload(url: str) -> bytes:
    """Return W6's rows as the bytes of a binary COPY."""
    sent = bytearray()
    with psycopg.connect(url) as conn, conn.cursor() as cur:
        columns = ", ".join(f"{n} {t}" for n, t in zip(COPY_COLUMNS, COPY_TYPES, strict=True))
        cur.execute(f"CREATE TEMPORARY TABLE payload ({columns})")  # type: ignore[arg-type]
        with cur.copy("COPY payload FROM STDIN") as copy:
            for row in new_messages():
                copy.write_row(row)
        with cur.copy("COPY payload TO STDOUT (FORMAT binary)") as copy:
            for piece in copy:
                sent += piece
        conn.rollback()
    return bytes(sent)
