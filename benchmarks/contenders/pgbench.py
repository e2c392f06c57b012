"""pgbench -M prepared: PostgreSQL's own client in C, which reads results and decodes nothing.

It draws its keys itself, as numbers from which the statement makes the key; W3 is left out, since
a key that is computed there makes the server plan anew each time.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from amber_sql.server import find_binaries
from benchmarks.contenders.base import POOL, Contender, Timing
from benchmarks.contenders.libpq import statements

if TYPE_CHECKING:
    from collections.abc import Sequence

CLERK = "'user_' || :n"
PERSON = "('01900001-0000-7000-8000-' || lpad(to_hex(:n::bigint), 12, '0'))::uuid"
WARM = 500
"""Transactions a client at least: the first ones of a process parse, and plan anew each."""
VALUES = {
    "W1": ("users", {1: CLERK}),
    "W2": ("users", {1: CLERK}),
    "W5": ("users", {1: PERSON}),
    "W7": ("users", {1: CLERK}),
}


class Pgbench(Contender):
    """One process a block; what it takes to connect is not counted."""

    name = "pgbench -M prepared"
    typed = False

    def open(self) -> None:
        """Write the scripts."""
        self.folder = tempfile.TemporaryDirectory()
        known = statements()
        for work, (table, values) in VALUES.items():
            sql = known["w1" if work == "W7" else work.lower()]
            sql = re.sub(r"\$(\d)", lambda m, v=values: v[int(m[1])], sql)  # type: ignore[misc]
            highest = getattr(self.world.size, table) - 1
            text = f"\\set n random(0, {highest})\n{sql};\n"
            Path(self.folder.name, work).write_text(text, encoding="utf-8")

    def close(self) -> None:
        """Remove them."""
        self.folder.cleanup()

    def can(self, work: str) -> bool:
        """Tell: those whose key is a number."""
        return work in VALUES

    def result(self, work: str, key: Any) -> Any:
        """Refuse: it has none."""
        raise NotImplementedError(work, key)

    def block(self, work: str, keys: Sequence[Any]) -> Timing:
        """See Contender; its processor time is not known."""
        clients = POOL if work == "W7" else 1
        each = max(WARM, len(keys) // clients)
        script = str(Path(self.folder.name, work))
        command = [str(find_binaries() / "pgbench"), "-n", "-M", "prepared", "-f", script]
        command += ["-c", str(clients), "-j", "1", "-t", str(each), self.world.url]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        found = re.search(r"tps = ([\d.]+) \(without initial connection time\)", said)
        if found is None:
            raise RuntimeError(said)
        return Timing(len(keys) / float(found[1]), float("nan"))
