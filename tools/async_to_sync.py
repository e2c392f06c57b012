# ruff: noqa: INP001  # a script, not a package
"""Derive the sync half of runtime, domain and examples from the async one, token by token.

    python tools/async_to_sync.py           write the sync modules
    python tools/async_to_sync.py --check   exit with 1 if one of them is not what it should be

`async` and `await` go, and so do the differences between names, which `NAMES` lists. A comment
`# SYNC code` becomes code. The rest of the file, comments included, stays as it is; ruff sorts the imports again and joins what now fits
a line.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tokenize
from io import StringIO
from itertools import pairwise
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent / "amber_sql"
RUNTIME = PACKAGE / "runtime"
AIO = PACKAGE / "aio"
"""Its files keep their names: `amber_sql.domain` is to `amber_sql.aio.domain` what the queries are."""

NAMES = {
    "AbstractAsyncContextManager": "AbstractContextManager",
    "AsyncBlock": "Block",
    "AsyncConn": "Conn",
    "AsyncConnection": "Connection",
    "AsyncConnectionPool": "ConnectionPool",
    "AsyncDependent": "Dependent",
    "AsyncIterator": "Iterator",
    "AsyncPool": "Pool",
    "AsyncPooled": "Pooled",
    "AsyncKeptCursor": "KeptCursor",
    "AsyncRawCursor": "RawCursor",
    "AsyncRecorded": "Recorded",
    "AsyncTurns": "Turns",
    "aclosing": "closing",
    "asynccontextmanager": "contextmanager",
}
HEADER = "# Derived from {source} by tools/async_to_sync.py: change that file, never this one.\n"


def sources() -> list[Path]:
    """Return the async modules, sorted."""
    beside = AIO.glob("domain/*.py")
    return sorted([*RUNTIME.glob("*_async.py"), *beside, PACKAGE / "amber" / "examples_async.py"])


def derived(source: Path) -> Path:
    """Return the sync module that comes from `source`."""
    if source.is_relative_to(AIO):
        return PACKAGE / source.relative_to(AIO)
    return source.with_name(source.name.replace("_async.py", ".py"))


def sync_name(name: str) -> str:
    """Return the sync half's word for `name`."""
    return NAMES.get(name, name.removesuffix("_async"))


def to_sync(text: str) -> str:
    """Return `text` without `async` and `await`, and with the sync half's names."""
    text = re.sub(r"(?m)^( *)# SYNC ", r"\1", text)
    text = re.sub(r"Awaitable\[(\w+)\]", r"\1", text)
    text = re.sub(r"(import .*)Awaitable, ", r"\1", text)
    for name in ("amber_sql.aio.", "amber_sql.aio ", "amber_sql.runtime.aio "):
        text = text.replace(name, name.replace(".aio", ""))
    text = text.replace("_async import", " import")
    lines = text.splitlines(keepends=True)
    tokens = list(tokenize.generate_tokens(StringIO(text).readline))
    for token, following in reversed(list(pairwise(tokens))):
        if token.type != tokenize.NAME:
            continue
        (row, start), (_, end) = token.start, token.end
        line = lines[row - 1]
        if token.string in ("async", "await"):
            lines[row - 1] = line[:start] + line[following.start[1] :]
        else:
            lines[row - 1] = line[:start] + sync_name(token.string) + line[end:]
    return "".join(lines)


def tidy(text: str, name: str) -> str:
    """Return `text` as ruff lays it out."""
    for command in (
        [
            "check",
            "--quiet",
            "--fix",
            "--fixable",
            "I,RUF100,UP028",
            "--unsafe-fixes",
            "--exit-zero",
        ],
        ["format", "--quiet"],
    ):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--stdin-filename", name, "-"],
            input=text,
            capture_output=True,
            check=True,
            text=True,
        )
        text = done.stdout
    return text


def convert(source: Path) -> str:
    """Return the sync module that `source` stands for."""
    beside = source.is_relative_to(AIO)
    name = source.relative_to(PACKAGE).as_posix() if beside else source.name
    header = HEADER.format(source=name)
    return tidy(header + to_sync(source.read_text("utf-8")), str(derived(source)))


def main() -> int:
    """Write the sync modules, or compare them."""
    check = "--check" in sys.argv
    stale = 0
    for source in sources():
        target = derived(source)
        text = convert(source)
        if target.exists() and target.read_text("utf-8") == text:
            continue
        if check:
            stale += 1
            sys.stderr.write(f"{target}: not what {source.name} says; run {Path(__file__).name}\n")
        else:
            target.write_text(text, "utf-8")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
