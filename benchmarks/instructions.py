"""Where a call's work goes: instructions of the client, by library, which no other load changes.

    python -m benchmarks.instructions [W1 W3 …]

Each contender runs twice under valgrind's callgrind, the second time with more calls: the difference
is what a call takes. The server and the kernel are not in it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks import world
from benchmarks.contenders.amber import Amber
from benchmarks.contenders.libpq import Libpq

WORKS = ("W1", "W2", "W3", "W4a", "W5")
CONTENDERS = {"amber-sql": Amber, "raw libpq": Libpq}
LIBRARIES = {
    "Python": r"/(lib)?python3[^/]*$|/lib-dynload/",
    "psycopg": r"/(_psycopg|pq)\.",
    "libpq": r"/libpq[-.]",
    "msgspec": r"/msgspec/",
}
"""By the name of an object file; everything else is the C library."""
FEW, MORE = 200, 1200
ROWS = {"W4a": 100}
"""How much less often a workload of so many rows is done."""


def main() -> None:
    """Count, and print a table for Markdown."""
    if not shutil.which("valgrind"):
        sys.exit("This needs valgrind: install your system's package of that name.")
    works = sys.argv[1:] or WORKS
    print(f"| | {' | '.join(LIBRARIES)} | C library | instructions a call |")
    print(f"|---|{'---:|' * (len(LIBRARIES) + 2)}")
    with world.server() as running, ThreadPoolExecutor(os.cpu_count()) as pool:
        url = world.fill(running, "instructions", world.Size().times(0.1)).url
        for work in works:
            few, more = (times // ROWS.get(work, 1) for times in (FEW, MORE))
            for name in CONTENDERS:
                begun, done = (pool.submit(count, url, name, work, times) for times in (few, more))
                spent = Counter(done.result())
                spent.subtract(begun.result())
                row = [spent[each] / (more - few) for each in (*LIBRARIES, "")]
                cells = " | ".join(f"{each:,.0f}" for each in (*row, sum(row)))
                print(f"| {work} {name} | {cells} |", flush=True)


def count(url: str, name: str, work: str, times: int) -> Counter[str]:
    """Return the instructions of a process that does `work` so many times, by library."""
    with tempfile.TemporaryDirectory() as folder:
        found = Path(folder, "callgrind")
        program = f"from benchmarks import instructions as i; i.call({url!r}, {name!r}, {work!r}, {times})"
        grind = ("valgrind", "--tool=callgrind", f"--callgrind-out-file={found}")
        subprocess.run(
            [*grind, sys.executable, "-c", program],
            env=os.environ | {"PYTHONHASHSEED": "0"},
            capture_output=True,
            check=True,
        )
        return by_library(found.read_text(encoding="utf-8", errors="replace").splitlines())


def call(url: str, name: str, work: str, times: int) -> None:
    """Do `work` so many times."""
    where = world.World(url, world.Size().times(0.1))
    contender = CONTENDERS[name](where)
    contender.open()
    keys = where.keys(work)
    contender.block(work, [keys[n % len(keys)] for n in range(times)])


def by_library(lines: list[str]) -> Counter[str]:
    """Return the costs in callgrind's own format by library ("" for the rest).

    https://valgrind.org/docs/manual/cl-format.html
    """
    files: dict[str, str] = {}
    spent: Counter[str] = Counter()
    library, called = "", False
    for line in lines:
        if line.startswith(("ob=", "cob=")):
            number, file = re.fullmatch(r"c?ob=\((\d+)\) ?(.*)", line).groups()  # type: ignore[union-attr]
            files.setdefault(number, file)
            if line.startswith("ob="):
                matching = (n for n, look in LIBRARIES.items() if re.search(look, files[number]))
                library = next(matching, "")
        elif line.startswith("calls="):
            called = True  # the next line is the cost of what was called, which is counted there
        elif line[:1] in "0123456789+-*" and line:
            if not called:
                spent[library] += int(line.split()[1])
            called = False
    return spent


if __name__ == "__main__":
    main()
