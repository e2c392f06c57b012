"""flat.sql → the statements of the hand-written contenders, in the notation of each driver."""

from __future__ import annotations

import re
from pathlib import Path

FILE = Path(__file__).with_name("flat.sql")
COPY_COLUMNS = (
    *("installation_id", "session_id", "seq", "role", "content", "model", "prompt_tokens"),
    *("completion_tokens", "latency_ms", "created_at"),
)
COPY_TYPES = (
    *("uuid", "uuid", "int4", "message_role", "text", "text", "int4", "int4", "int4"),
    "timestamptz",
)
_NAME = re.compile(r"^-- name: (\w+).*\n", re.MULTILINE)
_PARAMETER = re.compile(r"(?<!:):(\w+)")


def percent() -> dict[str, str]:
    """Return name → statement with `%s`."""
    return {name: _PARAMETER.sub("%s", sql) for name, sql in _statements()}


def dollar() -> dict[str, str]:
    """Return name → statement with `$1`, `$2` …; no parameter stands twice in one."""
    numbered = {}
    for name, sql in _statements():
        numbers = iter(range(1, 100))
        numbered[name] = _PARAMETER.sub(lambda _, n=numbers: f"${next(n)}", sql)  # type: ignore[misc]
    return numbered


def _statements() -> list[tuple[str, str]]:
    pieces = _NAME.split(FILE.read_text(encoding="utf-8"))[1:]
    return list(zip(pieces[::2], (sql.strip().rstrip(";") for sql in pieces[1::2]), strict=True))
